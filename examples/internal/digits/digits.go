// Package digits renders pictures of digits from the Go fonts, each with a
// random font, position, size, slant, rotation, stroke and noise.
package digits

import (
	"image"
	"image/draw"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"golang.org/x/image/vector"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/examples/internal/dataset"
)

// Side is the width and the height of a picture in pixels.
const Side = 20

// How far the pictures vary. They are hard enough that a network of two hidden
// layers which has seen a thousand of them errs on a tenth of the others.
const (
	meanHeight = 0.66 * Side // of a digit, in pixels
	sizeSpread = 0.10        // standard deviation of the logarithm of height and width
	maxShift   = 1.2         // pixels in each direction
	maxAngle   = 0.25        // radians
	maxSlant   = 0.20        // horizontal shift for each unit of height
	thinnest   = 0.72        // coverage from which on a point is ink, after blurring
	thickest   = 0.18
	faintest   = 0.45 // ink on black
	noise      = 0.20 // standard deviation at each pixel
)

// Render returns n pictures. Picture i shows digit i mod 10, and is a function of
// seed, part and i: the parts of one seed have nothing in common, and a longer
// set begins with the shorter one.
func Render(n int, seed, part uint64) dataset.Set {
	set := dataset.Set{Width: Side, Height: Side}.Make(n)
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			r := newRenderer()
			for i := w; i < n; i += workers {
				digit := i % dataset.Classes
				set.Labels[i] = uint8(digit)
				rng := rand.New(dropout.Derive(seed, part, uint64(i)))
				r.render(set.Images[i*Side*Side:(i+1)*Side*Side], digit, rng)
			}
		})
	}
	wg.Wait()
	return set
}

// Pictures are drawn at a multiple of their resolution, where stroke widths
// change smoothly.
const (
	oversampling = 3
	fine         = oversampling * Side
)

type renderer struct {
	raster       *vector.Rasterizer
	ink          *image.Alpha
	blurred, tmp []float32
}

func newRenderer() *renderer {
	return &renderer{
		raster:  vector.NewRasterizer(fine, fine),
		ink:     image.NewAlpha(image.Rect(0, 0, fine, fine)),
		blurred: make([]float32, fine*fine),
		tmp:     make([]float32, fine*fine),
	}
}

func (r *renderer) render(dst []float32, digit int, rng *rand.Rand) {
	faces := outlines()
	outline := faces[rng.IntN(len(faces))][digit]

	height := meanHeight * math.Exp(sizeSpread*rng.NormFloat64())
	width := height * math.Exp(sizeSpread*rng.NormFloat64())
	sin, cos := math.Sincos(uniform(rng, -maxAngle, maxAngle))
	slant := uniform(rng, -maxSlant, maxSlant)
	x0 := Side/2 + uniform(rng, -maxShift, maxShift)
	y0 := Side/2 + uniform(rng, -maxShift, maxShift)
	level := uniform(rng, thickest, thinnest)
	brightness := uniform(rng, faintest, 1)

	r.raster.Reset(fine, fine)
	r.raster.DrawOp = draw.Src
	outline.trace(r.raster, func(x, y float64) (float32, float32) {
		x, y = width*(x+float64(slant*y)), height*y
		return float32(oversampling * (x0 + float64(cos*x) - float64(sin*y))),
			float32(oversampling * (y0 + float64(sin*x) + float64(cos*y)))
	})
	r.raster.Draw(r.ink, r.ink.Bounds(), image.Opaque, image.Point{})

	r.blur()
	for y := range Side {
		for x := range Side {
			var sum float64
			for dy := range oversampling {
				row := (oversampling*y + dy) * fine
				for _, v := range r.blurred[row+oversampling*x : row+oversampling*(x+1)] {
					// A soft threshold: below level is paper, above is ink.
					sum += min(max(0.5+6*(float64(v)-level), 0), 1)
				}
			}
			v := brightness*sum/(oversampling*oversampling) + float64(noise*rng.NormFloat64())
			dst[y*Side+x] = float32(min(max(v, 0), 1))
		}
	}
}

func uniform(rng *rand.Rand, lo, hi float64) float64 { return lo + float64((hi-lo)*rng.Float64()) }

// blur sets r.blurred to the means of squares of ink.
func (r *renderer) blur() {
	const radius = 2
	for i, a := range r.ink.Pix {
		r.tmp[i] = float32(a) / 255
	}
	mean := func(dst, src []float32, along, across int) {
		for line := range fine {
			for i := range fine {
				var sum float32
				for j := max(i-radius, 0); j <= min(i+radius, fine-1); j++ {
					sum += src[line*across+j*along]
				}
				dst[line*across+i*along] = sum / (2*radius + 1)
			}
		}
	}
	mean(r.blurred, r.tmp, 1, fine)
	mean(r.tmp, r.blurred, fine, 1)
	r.blurred, r.tmp = r.tmp, r.blurred
}
