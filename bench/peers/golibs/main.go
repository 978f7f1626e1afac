// Golibs measures the dropout of Go's machine-learning libraries, as a peer of
// the benchmark: it reads a job and writes messages. It is a module of its own
// because the libraries bring hundreds of packages that a first run of the
// benchmark should not have to wait for.
package main

import "github.com/fusedrop/dropout/bench/internal/rivals"

func main() {
	rivals.Serve("golibs", "go", []rivals.Rival{spago, gorgonia, gomlx})
}

// must is for errors of the libraries, which end the program: the benchmark
// reports it as missing, with what it panicked with.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
