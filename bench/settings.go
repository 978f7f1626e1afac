package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fusedrop/dropout/bench/internal/protocol"
)

// settings are what the command line says.
type settings struct {
	job     protocol.Job
	kernels []string // to measure, of those that are here; empty: all
	peers   bool
	json    string
	csv     string
	md      string
	charts  string
	readme  string
	from    string
}

func parseSettings(args []string) (settings, error) {
	s := settings{job: protocol.Job{
		Small: smallCall,
		Plan: protocol.Plan{
			Warm:     10 * time.Millisecond,
			Batch:    200 * time.Microsecond,
			MinPairs: 5,
			MaxPairs: 500,
			Attempts: 3,
		},
		Check: protocol.Check{Ps: []float64{0.005, 0.1, 0.3}},
	}}
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // what Parse prints comes back as its error
	fs.Usage = func() {}
	sizes := fs.String("sizes", "4K,64K,1M,64M", "elements per call; K and M are 2^10 and 2^20")
	ps := fs.String("p", "0.1,0.5", "drop probabilities")
	kernels := fs.String("kernels", "", "kernels to measure, as in avx2,generic (default all that run here)")
	ops := fs.String("ops", "", "operations to measure, as in Forward,Draw (default all)")
	impls := fs.String("competitors", "", `competitors to measure, or "none" (default all)`)
	quick := fs.Bool("quick", false, "fewer sizes, p and samples: some seconds, for a first look")
	noise := fs.Float64("noise", 15, "interquartile range of copy, in percent of its median, from which a measurement is repeated and then marked")
	fs.DurationVar(&s.job.Plan.Budget, "budget", 200*time.Millisecond, "time for each measurement")
	workers := fs.Int("workers", runtime.NumCPU(), "most goroutines to measure scaling with")
	fs.IntVar(&s.job.Check.Draws, "draws", 1<<22, "elements to drop for each drop rate, 0 for no such section")
	fs.BoolVar(&s.peers, "peers", false, "measure other libraries and languages as well, those of bench/peers that run here")
	fs.StringVar(&s.json, "json", "", "write everything as JSON to this `file`, - for standard output")
	fs.StringVar(&s.csv, "csv", "", "write the measurements as CSV to this `file`, - for standard output")
	fs.StringVar(&s.md, "md", "", "write the tables as Markdown to this `file`, - for standard output")
	fs.StringVar(&s.charts, "o", "", "write charts to this `directory`, as SVG and PNG")
	fs.StringVar(&s.readme, "readme", "", "rewrite what this `file` says of the measurements, and the charts in docs beside it")
	fs.StringVar(&s.from, "from", "", "report what this JSON `file` of an earlier run holds and measure nothing")
	switch err := fs.Parse(args); {
	case err == flag.ErrHelp:
		fs.SetOutput(os.Stdout)
		fmt.Fprint(fs.Output(), "Usage: go -C bench run . [flags]\n\n")
		fs.PrintDefaults()
		return s, err
	case err != nil:
		return s, fmt.Errorf("%w; see -help", err)
	}
	if fs.NArg() > 0 {
		return s, fmt.Errorf("argument %q: there are only flags, see -help", fs.Arg(0))
	}
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if *quick {
		for name, to := range map[string]string{"sizes": "4K,64K,1M", "p": "0.1", "budget": "40ms", "draws": "262144"} {
			if !given[name] {
				if err := fs.Set(name, to); err != nil {
					return s, err
				}
			}
		}
		s.job.Plan.Attempts = 1
	}

	var err error
	if s.job.Sizes, err = parseList(*sizes, parseSize); err != nil {
		return s, fmt.Errorf("-sizes: %w", err)
	}
	if s.job.Ps, err = parseList(*ps, parseP); err != nil {
		return s, fmt.Errorf("-p: %w", err)
	}
	if s.job.Ops, err = parseList(*ops, parseOp); err != nil {
		return s, fmt.Errorf("-ops: %w", err)
	}
	if len(s.job.Sizes) == 0 || len(s.job.Ps) == 0 {
		return s, fmt.Errorf("-sizes and -p must not be empty")
	}
	slices.Sort(s.job.Sizes)
	if s.kernels, err = parseList(*kernels, parseKernel); err != nil {
		return s, fmt.Errorf("-kernels: %w", err)
	}
	s.job.Impls, _ = parseList(*impls, parseName)
	s.job.Plan.Noise = *noise / 100
	for w := 1; w <= *workers; w *= 2 {
		s.job.Workers = append(s.job.Workers, w)
	}
	if last := len(s.job.Workers) - 1; last >= 0 && s.job.Workers[last] != *workers {
		s.job.Workers = append(s.job.Workers, *workers)
	}
	return s, nil
}

// canWrite returns an error if s asks for a file that can't be written: better
// now than when everything has been measured.
func (s settings) canWrite() error {
	for _, file := range []string{s.json, s.csv, s.md} {
		if file == "" || file == "-" {
			continue
		}
		if info, err := os.Stat(filepath.Dir(file)); err != nil {
			return err
		} else if !info.IsDir() {
			return fmt.Errorf("%s is not a directory", filepath.Dir(file))
		}
	}
	if s.charts != "" {
		if err := os.MkdirAll(s.charts, 0o777); err != nil {
			return err
		}
	}
	if s.readme != "" {
		text, err := os.ReadFile(s.readme)
		if err != nil {
			return err
		}
		if _, _, err := findBlock(text); err != nil {
			return fmt.Errorf("%s: %w", s.readme, err)
		}
	}
	return nil
}

// stdoutTaken reports whether standard output is for one of the file formats.
func (s settings) stdoutTaken() bool { return s.json == "-" || s.csv == "-" || s.md == "-" }

// command returns the command line, as it is to be repeated.
func command() string {
	return strings.Join(append([]string{"go -C bench run ."}, os.Args[1:]...), " ")
}

func parseList[T any](list string, parse func(string) (T, error)) ([]T, error) {
	var xs []T
	for field := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		x, err := parse(field)
		if err != nil {
			return nil, err
		}
		xs = append(xs, x)
	}
	return xs, nil
}

func parseName(s string) (string, error) { return s, nil }

func parseKernel(s string) (string, error) {
	if !slices.Contains(kernelNames, s) {
		return "", fmt.Errorf("no kernel %q: there are %s", s, strings.Join(kernelNames, ", "))
	}
	return s, nil
}

func parseSize(s string) (int, error) {
	number, unit := strings.ToUpper(s), 1
	for suffix, u := range map[string]int{"K": 1 << 10, "M": 1 << 20} {
		if rest, ok := strings.CutSuffix(number, suffix); ok {
			number, unit = rest, u
			break
		}
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > 1<<31/unit {
		return 0, fmt.Errorf("%q is not a size: want a number up to 2^31, with K or M or without", s)
	}
	return n * unit, nil
}

// sizeName is the inverse of parseSize where it can be.
func sizeName(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.Itoa(n>>20) + "M"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.Itoa(n>>10) + "K"
	}
	return strconv.Itoa(n)
}

func parseP(s string) (float64, error) {
	p, err := strconv.ParseFloat(s, 64)
	if err != nil || !(p >= 0 && p < 1) {
		return 0, fmt.Errorf("%q is not a drop probability: want 0 <= p < 1", s)
	}
	return p, nil
}

func parseOp(s string) (string, error) {
	var names []string
	for _, op := range operations {
		if strings.EqualFold(op.name, s) {
			return op.name, nil
		}
		names = append(names, op.name)
	}
	return "", fmt.Errorf("no operation %q: there are %s", s, strings.Join(names, ", "))
}
