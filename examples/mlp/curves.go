package main

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// colors can be told apart with any colour vision (M. Okabe and K. Ito, "Color
// Universal Design", 2008).
var colors = []color.NRGBA{
	{0xD5, 0x5E, 0x00, 0xFF}, // vermilion
	{0x00, 0x72, 0xB2, 0xFF}, // blue
	{0x00, 0x9E, 0x73, 0xFF}, // green
}

// writeCurves draws the test error of each method against epochs, mean and 95 %
// confidence interval over the seeds, and the training error dashed.
func writeCurves(e *experiment, file string) error {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Text = "Test error with 95 % confidence band; training error dashed"
	p.Title.TextStyle.Font.Size = 12
	p.X.Label.Text = "epochs"
	p.Y.Label.Text = "error, %"
	p.Y.Min, p.X.Min = 0, 0
	// Lines before names, so that a font wider than it should be runs into nothing.
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.XOffs = 5 * vg.Inch
	p.Legend.Padding = 3
	for m, method := range methods {
		if err := addCurves(p, method.name, e.curves(m), colors[m]); err != nil {
			return err
		}
	}
	// The first epochs of the best learning rates would dwarf the rest.
	p.Y.Max = min(p.Y.Max, 60)

	const width, height, margin = 8 * vg.Inch, 5 * vg.Inch, 8
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	} = vgsvg.New(width, height)
	if filepath.Ext(file) == ".png" {
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(144), vgimg.UseBackgroundColor(color.White))}
	}
	p.Draw(draw.Crop(draw.New(canvas), margin, -margin, margin, -margin))
	var drawn bytes.Buffer
	if _, err := canvas.WriteTo(&drawn); err != nil {
		return err
	}
	// Fonts of the same widths, for readers of the SVG who don't have this one.
	const family = "font-family:Liberation Sans"
	bits := bytes.ReplaceAll(drawn.Bytes(), []byte(family), []byte(family+",Arial,sans-serif"))
	if err := os.WriteFile(file, bits, 0o666); err != nil {
		return fmt.Errorf("-o: %w", err)
	}
	return nil
}

func addCurves(p *plot.Plot, name string, curves [][]point, c color.NRGBA) error {
	var test, train, upper, lower plotter.XYs
	for i, at := range curves[0] {
		var tests, trains []float64
		for _, curve := range curves {
			tests = append(tests, 100*curve[i].Test)
			trains = append(trains, 100*curve[i].Train)
		}
		epoch := float64(at.Epoch)
		t := newInterval(tests)
		if math.IsNaN(t.half) {
			t.half = 0
		}
		test = append(test, plotter.XY{X: epoch, Y: t.mean})
		train = append(train, plotter.XY{X: epoch, Y: newInterval(trains).mean})
		upper = append(upper, plotter.XY{X: epoch, Y: t.mean + t.half})
		lower = append(lower, plotter.XY{X: epoch, Y: t.mean - t.half})
	}
	outline := upper
	for i := len(lower) - 1; i >= 0; i-- {
		outline = append(outline, lower[i])
	}
	band, err := plotter.NewPolygon(outline)
	if err != nil {
		return err
	}
	band.Color = color.NRGBA{c.R, c.G, c.B, 0x38}
	band.LineStyle.Width = 0
	line, err := plotter.NewLine(test)
	if err != nil {
		return err
	}
	line.Color, line.Width = c, 2
	dashed, err := plotter.NewLine(train)
	if err != nil {
		return err
	}
	dashed.Color, dashed.Width, dashed.Dashes = c, 1, []vg.Length{4, 3}
	p.Add(band, dashed, line)
	p.Legend.Add(name, line)
	return nil
}
