// Battery is the long statistical test of masks and normal variates: about 15
// minutes of the statistics of internal/stats, or half a minute with -quick. It exits with
// status 1 if the masks, or those of a planted defect, are not as random as they
// should be. README.md says what is measured and how to read it.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/internal/stats"
)

func main() {
	quick := flag.Bool("quick", false, "a sixteenth of everything: half a minute")
	seed := flag.Uint64("seed", 1, "seed of the streams; a run is a function of it")
	alpha := flag.Float64("alpha", 1e-6, "false-alarm probability of a run")
	plant := flag.String("plant", "", "test the planted defect of this `name`; \"list\" prints them")
	verbose := flag.Bool("v", false, "print every result")
	raw := flag.Bool("raw", false, "write the bytes of a stream, drawn through the kernel, to standard output without end")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "battery: unexpected argument %q\n", flag.Arg(0))
		os.Exit(2)
	}
	if *raw {
		w := bufio.NewWriterSize(os.Stdout, 1<<20)
		// A reader that has seen enough closes the pipe.
		if err := writeRaw(w, *seed); !errors.Is(err, syscall.EPIPE) {
			fmt.Fprintln(os.Stderr, "battery:", err)
			os.Exit(1)
		}
		return
	}
	shift := 0
	if *quick {
		shift = 4
	}
	start := time.Now()
	var results []stats.Result
	masks := func(g stats.Generator) {
		fmt.Printf("generator %s, kernel %s, seed %d\n", g.Name, dropout.Kernel(), *seed)
		results = append(results, run(os.Stdout, stages, g, *seed, shift, *verbose)...)
	}
	normals := func(g stats.NormalGenerator) {
		fmt.Printf("normal variates %s, kernel %s, seed %d\n", g.Name, dropout.Kernel(), *seed)
		results = append(results, run(os.Stdout, normalStages, g, *seed, shift, *verbose)...)
	}
	switch *plant {
	case "":
		masks(stats.Package)
		normals(stats.Normal)
	case "list":
		for _, d := range stats.Defects {
			fmt.Printf("%-22s %s\n", d.Name, d.Doc)
		}
		for _, d := range stats.NormalDefects {
			fmt.Printf("%-22s %s\n", d.Name, d.Doc)
		}
		return
	default:
		d, ok := stats.FindDefect(*plant)
		n, okNormal := stats.FindNormalDefect(*plant)
		switch {
		case ok:
			masks(d.Generator)
		case okNormal:
			normals(n.NormalGenerator)
		default:
			fmt.Fprintf(os.Stderr, "battery: no defect %q; -plant list prints them\n", *plant)
			os.Exit(2)
		}
	}
	failed := report(os.Stdout, results, *alpha)
	if *plant == "" {
		inform(os.Stdout, stats.Package, *seed, shift)
	}
	fmt.Printf("%.0f s\n", time.Since(start).Seconds())
	if failed {
		os.Exit(1)
	}
}

// run runs all stages at 2^-shift of their size and returns their results.
func run[G any](w io.Writer, stages []stage[G], g G, seed uint64, shift int, verbose bool) []stats.Result {
	var all []stats.Result
	for _, s := range stages {
		fmt.Fprintf(w, "%-34s ", s.name)
		start := time.Now()
		results := s.run(g, seed, shift)
		worst := results[0]
		for _, r := range results {
			if r.P < worst.P {
				worst = r
			}
		}
		fmt.Fprintf(w, "%5d results, %6.1f s, smallest p-value %.2g (%.1fσ)\n",
			len(results), time.Since(start).Seconds(), worst.P, worst.Sigma())
		if verbose {
			for _, r := range results {
				fmt.Fprintln(w, "  ", r)
			}
		}
		all = append(all, results...)
	}
	return all
}

// report prints the verdict over all results and whether it is bad.
func report(w io.Writer, results []stats.Result, alpha float64) (failed bool) {
	found := stats.Holm(results, alpha)
	const most = 20
	for i, r := range found {
		if i == most {
			fmt.Fprintf(w, "… and %d more\n", len(found)-most)
			break
		}
		fmt.Fprintln(w, "FAIL", r)
	}
	limit := stats.Result{P: alpha / float64(len(results))}
	fmt.Fprintf(w, "%d results, %d significant; false-alarm probability of the run %.2g, limit of the smallest p-value %.2g (%.1fσ)\n",
		len(results), len(found), alpha, limit.P, limit.Sigma())
	return len(found) > 0
}
