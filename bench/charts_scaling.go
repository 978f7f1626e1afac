package main

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// scalingCharts show what more workers gain.
func scalingCharts(rep *Report) []chart {
	if len(rep.Job.Workers) < 2 {
		return nil
	}
	var lines []line
	for i, k := range rep.Kernels {
		for _, n := range scalingSizes(rep.Job) {
			one := rep.find(k, "Forward", n, rep.Job.Ps[0], 1)
			if one == nil {
				continue
			}
			l := line{name: k + ", " + sizeName(n), color: palette[i%len(palette)], width: 2, marks: true}
			if n != slices.Max(rep.Job.Sizes) {
				l.dashes = []vg.Length{2, 2}
			}
			for _, w := range rep.Job.Workers {
				if m := rep.find(k, "Forward", n, rep.Job.Ps[0], w); m != nil {
					l.xy = append(l.xy, plotter.XY{X: float64(w), Y: one.Ratio.Median / m.Ratio.Median})
				}
			}
			if len(l.xy) > 1 {
				lines = append(lines, l)
			}
		}
	}
	if len(lines) == 0 {
		return nil
	}
	ideal := line{name: "ideal", color: grey, width: 1, dashes: []vg.Length{6, 3}}
	var ticks plot.ConstantTicks
	for _, w := range rep.Job.Workers {
		ideal.xy = append(ideal.xy, plotter.XY{X: float64(w), Y: float64(w)})
		ticks = append(ticks, plot.Tick{Value: float64(w), Label: fmt.Sprint(w)})
	}
	p := newPlot(rep, fmt.Sprintf("Forward, p = %v: speed-up by more workers", rep.Job.Ps[0]), "workers (goroutines)", "times faster than one")
	logAxes(p, nil)
	p.X.Tick.Marker = ticks
	must(addLines(p, append(lines, ideal)))
	return []chart{{"scaling", p, chartHeight}}
}
