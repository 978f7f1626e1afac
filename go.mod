module github.com/fusedrop/dropout

go 1.25

require (
	github.com/klauspost/cpuid/v2 v2.4.2
	github.com/stretchr/testify v1.12.1
	golang.org/x/arch v0.24.0
	golang.org/x/exp v0.0.0-20250506013437-ce4c2cf36ca6
)

require (
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.41.0 // indirect
)
