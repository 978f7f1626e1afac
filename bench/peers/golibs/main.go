// Golibs measures the dropout of Go's machine-learning libraries, as a peer of
// the benchmark: it reads a job and writes messages. It is a module of its own
// because the libraries bring hundreds of packages that a first run of the
// benchmark should not have to wait for.
package main

import (
	"runtime/debug"

	"github.com/fusedrop/dropout/bench/internal/rivals"
)

func main() {
	rivals.Serve("golibs", "go", versions(), libraries)
}

var libraries = []rivals.Rival{spago, gorgonia, gomlx}

// versions returns those of the libraries that this program was built with.
func versions() []string {
	built := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			built[module.Path] = module.Version
		}
	}
	var with []string
	for _, path := range []string{"github.com/nlpodyssey/spago", "gorgonia.org/gorgonia", "github.com/gomlx/gomlx"} {
		with = append(with, path+" "+built[path])
	}
	return with
}

// must is for errors of the libraries, which end the program: the benchmark
// reports it as missing, with what it panicked with.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
