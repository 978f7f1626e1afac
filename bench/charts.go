package main

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	chartWidth  = 9 * vg.Inch
	chartHeight = 5.5 * vg.Inch
	chartDPI    = 144
	margin      = 8
)

// palette can be told apart with any colour vision (M. Okabe and K. Ito, "Color
// Universal Design", 2008).
var palette = []color.Color{
	color.RGBA{0x00, 0x72, 0xB2, 0xFF}, // blue
	color.RGBA{0xD5, 0x5E, 0x00, 0xFF}, // vermilion
	color.RGBA{0x00, 0x9E, 0x73, 0xFF}, // green
	color.RGBA{0xCC, 0x79, 0xA7, 0xFF}, // purple
	color.RGBA{0xE6, 0x9F, 0x00, 0xFF}, // orange
	color.RGBA{0x56, 0xB4, 0xE9, 0xFF}, // sky blue
}

var (
	black = color.Gray{0x20}
	grey  = color.Gray{0x78}
	pale  = color.Gray{0xC8}
)

// A chart is a plot, the name of its files and how high it is.
type chart struct {
	name   string
	plot   *plot.Plot
	height vg.Length
}

// writeCharts writes all charts that rep has the measurements for and returns the
// names of the files.
func writeCharts(rep *Report, dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	var files []string
	ops := rep.ops()
	for _, c := range slices.Concat(timeCharts(rep, ops, rep.Job.Ps), speedUpCharts(rep, ops), scalingCharts(rep),
		rooflineCharts(rep, rep.Kernels, rep.Job.Ps)) {
		for _, extension := range []string{".png", ".svg"} {
			file := filepath.Join(dir, c.name+extension)
			if err := c.write(file); err != nil {
				return nil, err
			}
			files = append(files, file)
		}
	}
	slices.Sort(files)
	return files, nil
}

// write writes c as SVG or PNG, as the name of the file ends.
func (c chart) write(file string) error {
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	} = vgsvg.New(chartWidth, c.height)
	if filepath.Ext(file) == ".png" {
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(chartWidth, c.height), vgimg.UseDPI(chartDPI))}
	}
	c.plot.Draw(draw.Crop(draw.New(canvas), margin, -margin, margin, -margin))
	var drawn bytes.Buffer
	if _, err := canvas.WriteTo(&drawn); err != nil {
		return err
	}
	// Fonts of the same widths, for readers of the SVG who don't have this one.
	const family = "font-family:Liberation Sans"
	bits := bytes.ReplaceAll(drawn.Bytes(), []byte(family), []byte(family+",Arial,Helvetica,sans-serif"))
	return os.WriteFile(file, bits, 0o666)
}

// newPlot returns an empty plot in the common style. The machine stands below the
// title, because no number means anything without it.
func newPlot(rep *Report, title, x, y string) *plot.Plot {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	plotter.DefaultFont = plot.DefaultFont
	p := plot.New()
	p.Title.Text = fmt.Sprintf("%s\n%s, %s/%s, %s, %s", title, rep.Machine.CPU, rep.Machine.OS, rep.Machine.Arch,
		rep.Machine.Go, rep.Date.Format("January 2006"))
	p.Title.TextStyle.Font.Size = 13
	p.Title.Padding = 8
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font.Size = 12
		axis.Label.Padding = 4
		axis.Tick.Label.Font.Size = 11
		axis.Color, axis.Tick.Color = grey, grey
		axis.LineStyle.Width = 0.75
		axis.Padding = 4
	}
	return p
}

// A line of a chart, with the quartiles of its points if it has them.
type line struct {
	name   string
	xy     plotter.XYs
	spread plotter.YErrors
	color  color.Color
	width  vg.Length
	dashes []vg.Length
	marks  bool
}

// addLines draws lines and writes their names at their right ends, spread so that
// they don't run into each other. It sets the range of both axes, which must be
// logarithmic.
func addLines(p *plot.Plot, lines []line) error {
	lo, hi := math.Inf(1), math.Inf(-1)
	left, right := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, at := range l.xy {
			lo, hi = min(lo, at.Y), max(hi, at.Y)
			left, right = min(left, at.X), max(right, at.X)
		}
	}
	p.X.Min, p.X.Max = left/1.15, right*1.05
	p.Y.Min, p.Y.Max = lo/1.4, hi*1.8
	for _, l := range lines {
		drawn, err := plotter.NewLine(l.xy)
		if err != nil {
			return err
		}
		drawn.Color, drawn.Width, drawn.Dashes = l.color, l.width, l.dashes
		p.Add(drawn)
		if l.spread != nil {
			bars, err := plotter.NewYErrorBars(struct {
				plotter.XYer
				plotter.YErrorer
			}{l.xy, l.spread})
			if err != nil {
				return err
			}
			bars.Color, bars.CapWidth = l.color, 4
			p.Add(bars)
		}
		if l.marks {
			points, err := plotter.NewScatter(l.xy)
			if err != nil {
				return err
			}
			points.Color, points.Shape, points.Radius = l.color, draw.CircleGlyph{}, 2.5
			p.Add(points)
		}
	}
	return addNames(p, lines)
}

// addNames writes the names at the right ends of lines.
func addNames(p *plot.Plot, lines []line) error {
	byEnd := slices.Clone(lines)
	slices.SortFunc(byEnd, func(a, b line) int {
		if a.xy[len(a.xy)-1].Y < b.xy[len(b.xy)-1].Y {
			return -1
		}
		return 1
	})
	heights := make([]float64, len(byEnd))
	for i, l := range byEnd {
		heights[i] = math.Log(l.xy[len(l.xy)-1].Y)
	}
	spreadOut(heights, math.Log(p.Y.Max/p.Y.Min)*0.05)
	for i, l := range byEnd {
		end := l.xy[len(l.xy)-1]
		end.Y = math.Exp(heights[i])
		label, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{end}, Labels: []string{l.name + "   "}}) // the room that is made for it ends early
		if err != nil {
			return err
		}
		label.TextStyle[0].Color = l.color
		label.TextStyle[0].Font.Size = 12
		label.TextStyle[0].YAlign = draw.YCenter
		label.Offset.X = 7
		p.Add(label)
	}
	return nil
}

// spreadOut moves sorted values apart, as little as it takes for neighbours to be
// at least gap apart.
func spreadOut(values []float64, gap float64) {
	for range 200 {
		moved := false
		for i := 1; i < len(values); i++ {
			if short := gap - (values[i] - values[i-1]); short > gap/100 {
				values[i-1] -= short / 2
				values[i] += short / 2
				moved = true
			}
		}
		if !moved {
			return
		}
	}
}

// cacheMarks are lines where dst and src together fill each cache.
type cacheMarks struct{ machine Machine }

// Plot draws the marks that lie within plt.
func (m cacheMarks) Plot(c draw.Canvas, plt *plot.Plot) {
	toX, _ := plt.Transforms(&c)
	style := draw.LineStyle{Color: pale, Width: 1, Dashes: []vg.Length{2, 3}}
	words := plt.X.Tick.Label
	words.Color, words.XAlign, words.YAlign = grey, draw.XLeft, draw.YTop
	for _, cache := range m.machine.caches() {
		if n := float64(cache.bytes) / 8; n > plt.X.Min && n < plt.X.Max {
			c.StrokeLine2(style, toX(n), c.Min.Y, toX(n), c.Max.Y)
			c.FillText(words, vg.Point{X: toX(n) + 3, Y: c.Max.Y}, cache.name)
		}
	}
}

// logAxes makes both axes logarithmic, x with the names of sizes.
func logAxes(p *plot.Plot, sizes []int) {
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	var ticks plot.ConstantTicks
	for _, n := range sizes {
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: sizeName(n)})
	}
	p.X.Tick.Marker = ticks
	p.Y.Tick.Marker = plot.TickerFunc(ticks125)
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color, grid.Horizontal.Width = color.Gray{0xE4}, 0.5
	p.Add(grid)
}

// ticks125 labels 1, 2 and 5 of every decade.
func ticks125(lo, hi float64) []plot.Tick {
	var ticks []plot.Tick
	for exponent := math.Floor(math.Log10(lo)); exponent <= math.Log10(hi); exponent++ {
		for _, digit := range []float64{1, 2, 5} {
			if v := digit * math.Pow(10, exponent); v >= lo && v <= hi {
				ticks = append(ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', 3, 64)})
			}
		}
	}
	return ticks
}

// fileName makes a file's name of words.
func fileName(words ...any) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimSpace(fmt.Sprintln(words...)), " ", "-"))
}
