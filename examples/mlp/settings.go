package main

import (
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// settings are what the command line says. Those with a JSON name determine the
// results.
type settings struct {
	MNIST  string  `json:"mnist"`
	Train  int     `json:"train"`
	Test   int     `json:"test"`
	Hidden []int   `json:"hidden"`
	Epochs int     `json:"epochs"`
	Batch  int     `json:"batch"`
	Rate   float64 `json:"rate"`
	P      float64 `json:"p"`
	InputP float64 `json:"input-p"`
	Seed   uint64  `json:"seed"`
	Seeds  int     `json:"seeds"`

	workers    int
	curves     string
	checkpoint string
	resume     bool
	search     bool
}

func parseSettings(args []string) (settings, error) {
	var s settings
	fs := flag.NewFlagSet("mlp", flag.ContinueOnError)
	usage := func() {
		fmt.Fprint(os.Stdout, "Usage: go -C examples run ./mlp [flags]\n\n")
		fs.SetOutput(os.Stdout)
		fs.PrintDefaults()
	}
	fs.SetOutput(io.Discard) // the caller prints errors, without all the flags
	fs.Usage = func() {}
	fs.StringVar(&s.MNIST, "mnist", "", "train on the MNIST or Fashion-MNIST files in this `directory` instead of rendered digits")
	fs.IntVar(&s.Train, "train", 1000, "images to train on; with -mnist, 0 for all")
	fs.IntVar(&s.Test, "test", 4000, "images to test on; with -mnist, 0 for all")
	hidden := fs.String("hidden", "256,256", "units of each hidden layer, as in 1024,1024,2048")
	fs.IntVar(&s.Epochs, "epochs", 40, "how often to go through the training images")
	fs.IntVar(&s.Batch, "batch", 50, "images in a batch")
	fs.Float64Var(&s.Rate, "rate", 0, "learning rate at the start (default: what -search found best for each method)")
	fs.Float64Var(&s.P, "p", 0.5, "probability of dropping a hidden unit, from 0 to below 1")
	fs.Float64Var(&s.InputP, "input-p", 0.2, "probability of dropping a pixel, from 0 to below 1")
	fs.Uint64Var(&s.Seed, "seed", 1, "the first seed")
	fs.IntVar(&s.Seeds, "seeds", 5, "how many seeds")
	fs.IntVar(&s.workers, "workers", runtime.GOMAXPROCS(0), "goroutines for a long dropout call; the results are the same for any number")
	fs.StringVar(&s.curves, "o", filepath.Join(os.TempDir(), "dropout-curves.svg"), "write the learning curves to this `file`, .svg or .png")
	fs.StringVar(&s.checkpoint, "checkpoint", "", "save the state of training to this `file` every few seconds and when interrupted")
	fs.BoolVar(&s.resume, "resume", false, "go on from the -checkpoint file")
	fs.BoolVar(&s.search, "search", false, "search for the best learning rate of each method, on validation images, and end")
	if err := fs.Parse(args); err != nil {
		if err == flag.ErrHelp {
			usage()
		}
		return s, err
	}
	if fs.NArg() > 0 {
		return s, fmt.Errorf("argument %q: there are only flags, see -help", fs.Arg(0))
	}
	for field := range strings.SplitSeq(*hidden, ",") {
		units, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || units < 1 || units > 1<<16 {
			return s, fmt.Errorf("-hidden: %q is not a number of units: want 1 to %d, as in 1024,1024,2048", field, 1<<16)
		}
		s.Hidden = append(s.Hidden, units)
	}
	return s, s.check()
}

func (s settings) check() error {
	least := 1
	if s.MNIST != "" {
		least = 0
	}
	for _, f := range []struct {
		name          string
		value, lo, hi int
	}{
		{"train", s.Train, least, 1 << 20},
		{"test", s.Test, least, 1 << 20},
		{"epochs", s.Epochs, 1, 1 << 20},
		{"batch", s.Batch, 1, 1 << 16},
		{"seeds", s.Seeds, 1, 1000},
		{"workers", s.workers, 1, 1 << 10},
	} {
		if f.value < f.lo || f.value > f.hi {
			return fmt.Errorf("-%s: %d, want %d to %d", f.name, f.value, f.lo, f.hi)
		}
	}
	for name, p := range map[string]float64{"p": s.P, "input-p": s.InputP} {
		if !(p >= 0 && p < 1) {
			return fmt.Errorf("-%s: %v, want 0 <= p < 1", name, p)
		}
	}
	if !(s.Rate >= 0 && s.Rate < math.Inf(1)) {
		return fmt.Errorf("-rate: %v, want a positive number", s.Rate)
	}
	// Before minutes of training, not after.
	if ext := filepath.Ext(s.curves); ext != ".svg" && ext != ".png" {
		return fmt.Errorf("-o: %q, want a name that ends in .svg or .png", s.curves)
	}
	for name, file := range map[string]string{"o": s.curves, "checkpoint": s.checkpoint} {
		if file == "" {
			continue
		}
		if dir, err := os.Stat(filepath.Dir(file)); err != nil || !dir.IsDir() {
			return fmt.Errorf("-%s: %s: there is no directory %s", name, file, filepath.Dir(file))
		}
	}
	if s.resume && s.checkpoint == "" {
		return fmt.Errorf("-resume: -checkpoint must name the file to go on from")
	}
	return nil
}
