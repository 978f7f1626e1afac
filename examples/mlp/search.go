package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
)

var searchRates = []float64{0.03, 0.05, 0.1, 0.2, 0.3}

// search prints the errors on the validation images for each rate and method.
func search(ctx context.Context, s settings, data images, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(w, "Validation error in percent\trate\tlast epoch\n")
	for _, rate := range searchRates {
		s.Rate = rate
		s.checkpoint = ""
		e := newExperiment(s, data)
		if err := e.compare(ctx); err != nil {
			return err
		}
		for m, method := range methods {
			fmt.Fprintf(w, "%s\t%g\t%s\n", method.name, rate, newInterval(e.finals(m)).percent(""))
		}
	}
	return w.Flush()
}
