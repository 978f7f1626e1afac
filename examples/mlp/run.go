package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fusedrop/dropout"
)

// run does what s says and writes the report to out.
func run(ctx context.Context, s settings, out io.Writer) error {
	start := time.Now()
	data, err := load(s)
	if err != nil {
		return err
	}
	if s.search {
		return search(ctx, s, data, out)
	}
	describe(out, s, data)

	e := newExperiment(s, data)
	if err := e.compare(ctx); err != nil {
		return err
	}
	reportErrors(out, e)
	if err := writeCurves(e, s.curves); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nLearning curves: %s\n", s.curves)
	for _, report := range []func(io.Writer, *experiment) error{
		reportUncertainty, reportMemory, reportShare, reportWorkers,
	} {
		if err := report(out, e); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\n%.0f s in all.\n", time.Since(start).Seconds())
	return nil
}

// compare runs the experiment with a progress bar, from its checkpoint and to it.
func (e *experiment) compare(ctx context.Context) error {
	if err := e.attach(); err != nil {
		return err
	}
	epochs, done, err := e.epochs()
	if err != nil {
		return err
	}
	e.progress = newProgress(os.Stderr, epochs, done)
	err = e.run(ctx)
	e.progress.end()
	if e.saved != nil {
		err = errors.Join(err, e.saved.write(e))
	}
	if errors.Is(err, context.Canceled) {
		if e.saved != nil {
			return fmt.Errorf("interrupted: go on with -checkpoint %s -resume", e.settings.checkpoint)
		}
		return errors.New("interrupted")
	}
	return err
}

func describe(out io.Writer, s settings, data images) {
	source := "digits rendered from the Go fonts"
	if s.MNIST != "" {
		source = "images of " + s.MNIST
	}
	sizes := methods[0].plan(s, s.Seed, data.test.Pixels()).Sizes
	fmt.Fprintf(out, "%d %s of %d×%d pixels to train on, %d to test on, %d epochs, batches of %d\n",
		data.train[0].Len(), source, data.test.Width, data.test.Height, data.test.Len(), s.Epochs, s.Batch)
	fmt.Fprintf(out, "Layers of %s units; p = %g for pixels, %g for hidden units; seeds %d to %d\n",
		strings.Trim(strings.ReplaceAll(fmt.Sprint(sizes), " ", "-"), "[]"), s.InputP, s.P, s.Seed, s.Seed+uint64(s.Seeds)-1)
	fmt.Fprintf(out, "%s, %s/%s, GOMAXPROCS %d, dropout kernel %s\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), dropout.Kernel())
}

func reportErrors(out io.Writer, e *experiment) {
	fmt.Fprintf(out, "\nTest error in percent, mean of %d seeds and 95 %% confidence interval\n", e.settings.Seeds)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(w, "\trate\ttraining error\ttest error\tbest point of curve\tpaired difference to no dropout\n")
	base := e.finals(baseline)
	for m, method := range methods {
		var train, best []float64
		for _, curve := range e.curves(m) {
			train = append(train, curve[len(curve)-1].Train)
			least := 1.0
			for _, p := range curve {
				least = min(least, p.Test)
			}
			best = append(best, least)
		}
		finals := e.finals(m)
		difference := "–"
		if m != baseline {
			d := newInterval(minus(finals, base))
			difference = d.percent("+")
			if d.excludesZero() {
				difference += ", significant"
			}
		}
		plan := method.plan(e.settings, 0, 1)
		fmt.Fprintf(w, "%s\t%g\t%s\t%s\t%s\t%s\n", method.name, plan.Rate,
			newInterval(train).percent(""), newInterval(finals).percent(""), newInterval(best).percent(""), difference)
	}
	w.Flush()
}
