package main

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// comparedSize is the size that speed-ups are stated at, the nearest to 64K
// elements: a layer's activations, out of the first-level cache but not bound by
// memory.
func comparedSize(rep *Report) int {
	return slices.MinFunc(rep.Job.Sizes, func(a, b int) int {
		distance := func(n int) int { return max(n, 64<<10) / min(n, 64<<10) }
		return cmp.Compare(distance(a), distance(b))
	})
}

// speedUpCharts compare the best kernel with every competitor, an operation a
// chart.
func speedUpCharts(rep *Report, ops []string) []chart {
	var charts []chart
	for _, op := range ops {
		if c, ok := speedUpChart(rep, op); ok {
			charts = append(charts, c)
		}
	}
	return charts
}

func speedUpChart(rep *Report, op string) (chart, bool) {
	if len(rep.Kernels) == 0 {
		return chart{}, false
	}
	n, kernel := comparedSize(rep), rep.Kernels[0]
	speedUp := func(impl string, p float64) float64 {
		ours, theirs := rep.find(kernel, op, n, p, 1), rep.find(impl, op, n, p, 1)
		if ours == nil || theirs == nil {
			return 0
		}
		return rep.ratio(theirs).Median / rep.ratio(ours).Median
	}
	names := slices.DeleteFunc(rep.impls(op), func(impl string) bool {
		return slices.Contains(rep.Kernels, impl) || speedUp(impl, rep.Job.Ps[0]) == 0
	})
	if len(names) == 0 {
		return chart{}, false
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Compare(speedUp(a, rep.Job.Ps[0]), speedUp(b, rep.Job.Ps[0]))
	})

	p := newPlot(rep, fmt.Sprintf("%s of %s elements: how many times faster %s is", op, sizeName(n), kernel),
		"times faster (ratios to copy compared)", " ")
	p.X.Scale = plot.LogScale{}
	p.X.Tick.Marker = plot.TickerFunc(ticks125)
	grid := plotter.NewGrid()
	grid.Horizontal.Width = 0
	grid.Vertical.Color, grid.Vertical.Width = pale, 0.5
	p.Add(grid)
	p.NominalY(names...)
	p.Y.Min, p.Y.Max = -0.6, float64(len(names))-0.4
	p.X.Min, p.X.Max = 1, 1
	for i, prob := range rep.Job.Ps {
		c := palette[i%len(palette)]
		var points plotter.XYLabels
		// Several p of one competitor lie above each other around its line.
		shift := 0.22 * (float64(len(rep.Job.Ps)-1)/2 - float64(i))
		for row, name := range names {
			s := speedUp(name, prob)
			if s == 0 {
				continue
			}
			at := plotter.XY{X: s, Y: float64(row) + shift}
			points.XYs = append(points.XYs, at)
			points.Labels = append(points.Labels, digits(s)+"×")
			p.X.Min, p.X.Max = min(p.X.Min, s/1.2), max(p.X.Max, s*1.5)
			stem, err := plotter.NewLine(plotter.XYs{{X: 1, Y: at.Y}, at})
			must(err)
			stem.Color, stem.Width = c, 2.5
			p.Add(stem)
		}
		if len(points.XYs) == 0 {
			continue
		}
		dots, err := plotter.NewScatter(points.XYs)
		must(err)
		dots.Color, dots.Shape, dots.Radius = c, draw.CircleGlyph{}, 4
		labels, err := plotter.NewLabels(points)
		must(err)
		for i := range labels.TextStyle {
			labels.TextStyle[i].YAlign = draw.YCenter
			labels.TextStyle[i].Font.Size = 11
			labels.TextStyle[i].Color = c
		}
		labels.Offset.X = 7
		p.Add(dots, labels)
		p.Legend.Add(fmt.Sprintf("p = %v", prob), dots)
	}
	p.Legend.TextStyle.Font.Size = 12
	p.Legend.Padding = vg.Length(3)
	p.Legend.XOffs = -8
	height := 1.7*vg.Inch + vg.Length(len(names))*0.17*vg.Length(len(rep.Job.Ps)+1)*vg.Inch
	return chart{fileName("speedup", op), p, max(chartHeight, height)}, true
}
