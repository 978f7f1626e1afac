package digits

import (
	"fmt"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gobolditalic"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/gomonoitalic"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"github.com/fusedrop/dropout/examples/internal/dataset"
)

var fonts = [][]byte{
	goregular.TTF, gomedium.TTF, gobold.TTF, goitalic.TTF, gobolditalic.TTF,
	gomono.TTF, gomonobold.TTF, gomonoitalic.TTF,
}

// outline is the contour of a digit, around the origin and 1 high.
type outline struct {
	segments         sfnt.Segments
	middleX, middleY float64
	height           float64
}

// outlines returns the digits of every font.
var outlines = sync.OnceValue(func() (faces [][dataset.Classes]outline) {
	for _, ttf := range fonts {
		var face [dataset.Classes]outline
		f, err := sfnt.Parse(ttf)
		if err != nil {
			panic(fmt.Sprintf("digits: a font of golang.org/x/image: %v", err))
		}
		var buf sfnt.Buffer
		for digit := range face {
			if face[digit], err = load(f, &buf, rune('0'+digit)); err != nil {
				panic(fmt.Sprintf("digits: %c in a font of golang.org/x/image: %v", '0'+digit, err))
			}
		}
		faces = append(faces, face)
	}
	return faces
})

func load(f *sfnt.Font, buf *sfnt.Buffer, r rune) (outline, error) {
	const size = 256 // pixels per em: coordinates of 1/64 of that
	glyph, err := f.GlyphIndex(buf, r)
	if err != nil {
		return outline{}, err
	}
	segments, err := f.LoadGlyph(buf, glyph, fixed.I(size), nil)
	if err != nil {
		return outline{}, err
	}
	bounds, _, err := f.GlyphBounds(buf, glyph, fixed.I(size), font.HintingNone)
	if err != nil {
		return outline{}, err
	}
	return outline{
		segments: append(sfnt.Segments(nil), segments...), // buf is used again
		middleX:  float64(bounds.Min.X+bounds.Max.X) / 2,
		middleY:  float64(bounds.Min.Y+bounds.Max.Y) / 2,
		height:   float64(bounds.Max.Y - bounds.Min.Y),
	}, nil
}

// trace draws the contour, with every point put where place says.
func (o *outline) trace(to *vector.Rasterizer, place func(x, y float64) (float32, float32)) {
	at := func(p fixed.Point26_6) (float32, float32) {
		return place((float64(p.X)-o.middleX)/o.height, (float64(p.Y)-o.middleY)/o.height)
	}
	for _, s := range o.segments {
		ax, ay := at(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			to.ClosePath()
			to.MoveTo(ax, ay)
		case sfnt.SegmentOpLineTo:
			to.LineTo(ax, ay)
		case sfnt.SegmentOpQuadTo:
			bx, by := at(s.Args[1])
			to.QuadTo(ax, ay, bx, by)
		case sfnt.SegmentOpCubeTo:
			bx, by := at(s.Args[1])
			cx, cy := at(s.Args[2])
			to.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	to.ClosePath()
}
