module github.com/fusedrop/dropout/adapters/spago

go 1.25.0

replace github.com/fusedrop/dropout => ../../

require (
	github.com/fusedrop/dropout v0.0.0-00010101000000-000000000000
	github.com/nlpodyssey/spago v1.1.0
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/google/flatbuffers v23.5.26+incompatible // indirect
	github.com/klauspost/cpuid/v2 v2.4.2 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.41.0 // indirect
)
