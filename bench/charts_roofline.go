package main

import (
	"fmt"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// rooflineCharts show, for each kernel, what limits Forward at each size: how fast
// its two phases are alone, the generator (Draw) and the applier (Backward), one
// after the other, and a copy, which is all that memory allows.
func rooflineCharts(rep *Report, kernels []string, ps []float64) []chart {
	var charts []chart
	for _, k := range kernels {
		for _, prob := range ps {
			if c, ok := rooflineChart(rep, k, prob); ok {
				charts = append(charts, c)
			}
		}
	}
	return charts
}

func rooflineChart(rep *Report, kernel string, prob float64) (chart, bool) {
	achieved := line{name: "Forward", color: palette[0], width: 3, marks: true}
	generator := line{name: "generator alone", color: palette[1], width: 1.5}
	applier := line{name: "applier alone", color: palette[2], width: 1.5}
	both := line{name: "one after the other", color: palette[3], width: 1.5, dashes: []vg.Length{2, 2}}
	memory := line{name: "copy", color: black, width: 1.5, dashes: []vg.Length{6, 3}}
	for _, n := range rep.Job.Sizes {
		forward := rep.find(kernel, "Forward", n, prob, 1)
		draw := rep.find(kernel, "Draw", n, prob, 1)
		apply := rep.find(kernel, "Backward", n, rep.Job.Ps[0], 1) // its time doesn't depend on p
		copied, ok := rep.copyTime("Forward", n)
		if forward == nil || draw == nil || apply == nil || !ok {
			continue
		}
		add := func(l *line, ns float64) {
			l.xy = append(l.xy, plotter.XY{X: float64(n), Y: float64(n) / ns})
		}
		add(&achieved, forward.NS.Median)
		add(&generator, draw.NS.Median)
		add(&applier, apply.NS.Median)
		add(&both, draw.NS.Median+apply.NS.Median)
		add(&memory, copied)
	}
	if len(achieved.xy) == 0 {
		return chart{}, false
	}
	p := newPlot(rep, fmt.Sprintf("What limits Forward with %s, p = %v, higher is better", kernel, prob), "elements per call", "elements per ns")
	logAxes(p, rep.Job.Sizes)
	p.Add(cacheMarks{rep.Machine})
	must(addLines(p, []line{generator, applier, both, memory, achieved}))
	return chart{fileName("roofline", kernel, fmt.Sprintf("p%v", prob)), p, chartHeight}, true
}
