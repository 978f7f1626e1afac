package main

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/fusedrop/dropout/bench/internal/protocol"
	"github.com/fusedrop/dropout/bench/internal/rivals"
)

// timeCharts are time per element against size: every kernel, copy, the usual
// loop and the quickest other competitor.
func timeCharts(rep *Report, ops []string, ps []float64) []chart {
	var charts []chart
	for _, op := range ops {
		for _, p := range ps {
			if lines := timeLines(rep, op, p); len(lines) > 0 {
				plot := newPlot(rep, fmt.Sprintf("%s, p = %v: time per element, lower is better", op, p), "elements per call", "ns per element")
				logAxes(plot, rep.Job.Sizes)
				plot.Add(cacheMarks{rep.Machine})
				must(addLines(plot, lines))
				charts = append(charts, chart{fileName("time", op, fmt.Sprintf("p%v", p)), plot, chartHeight})
			}
		}
	}
	return charts
}

func timeLines(rep *Report, op string, p float64) []line {
	var lines []line
	for i, k := range rep.Kernels {
		if l, ok := timeLine(rep, k, op, p, palette[i%len(palette)]); ok {
			l.width, l.marks = 2, true
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	others := []string{rivals.Usual}
	if best := quickestRival(rep, op, p); best != "" && best != rivals.Usual {
		others = append(others, best)
	}
	for _, name := range others {
		if l, ok := timeLine(rep, name, op, p, grey); ok {
			l.width, l.spread = 1, nil
			lines = append(lines, l)
		}
	}
	base := line{name: "copy", color: black, width: 1.5, dashes: []vg.Length{6, 3}}
	for _, n := range rep.Job.Sizes {
		if ns, ok := rep.copyTime(op, n); ok {
			base.xy = append(base.xy, plotter.XY{X: float64(n), Y: ns / float64(n)})
		}
	}
	return append(lines, base)
}

// timeLine is the time per element of impl, with its quartiles.
func timeLine(rep *Report, impl, op string, p float64, c color.Color) (line, bool) {
	l := line{name: impl, color: c}
	for _, n := range rep.Job.Sizes {
		m := rep.find(impl, op, n, p, 1)
		if m == nil {
			continue
		}
		scale := 1 / float64(n)
		l.xy = append(l.xy, plotter.XY{X: float64(n), Y: m.NS.Median * scale})
		l.spread = append(l.spread, struct{ Low, High float64 }{(m.NS.Median - m.NS.Q1) * scale, (m.NS.Q3 - m.NS.Median) * scale})
	}
	return l, len(l.xy) > 0
}

// quickestRival returns the competitor with the least ratio to copy, at the size
// that comparisons are made at.
func quickestRival(rep *Report, op string, p float64) string {
	name := ""
	var best *protocol.Measurement
	n := comparedSize(rep)
	for i := range rep.Measurements {
		m := &rep.Measurements[i]
		if m.Group == "kernel" || m.Op != op || m.P != p || m.N != n {
			continue
		}
		if best == nil || rep.ratio(m).Median < rep.ratio(best).Median {
			name, best = m.Impl, m
		}
	}
	return name
}

// must is for errors of plotters, which come from points that are not numbers: a
// Report has none.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
