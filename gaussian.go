package dropout

import (
	"fmt"
	"math"
)

// Gaussian is multiplicative Gaussian noise (Srivastava et al., JMLR 15, 2014,
// section 10): each activation is multiplied by a variate of N(1, p/(1-p)), which
// has the variance that dropout with p has and needs no scale.
//
//	y[i]  = x[i]·(1 + σ·z[i])     σ = (p/(1-p))^(1/2)
//	dx[i] = dy[i]·(1 + σ·z[i])
//
// z[i] is a standard normal variate, a function of the stream and of the
// element's position in it. 16 elements take the next 8 words of the stream,
// elements j and j+8 of them word j, by the method of Box and Muller in single
// precision: z is within 3e-5 of what real arithmetic makes of the same uniform
// variates, and reaches ±6.6. Every kernel, architecture and number of goroutines gives the
// same bits, and a tensor may be split at any multiple of 16 elements. Every
// operation is rounded to float32.
//
// p = 0 copies bit for bit. The zero value has p = 0. A Gaussian may be used by
// any number of goroutines at once, as a [Dropout] may.
type Gaussian struct {
	p       float64
	sigma   float32
	workers int
}

// NewGaussian returns a Gaussian for p. It gives an error if p is NaN or outside
// [0, 1).
func NewGaussian(p float64) (Gaussian, error) {
	if !(p >= 0 && p < 1) {
		return Gaussian{}, fmt.Errorf("dropout: NewGaussian: p is %v, want 0 <= p < 1", p)
	}
	return Gaussian{p: p, sigma: float32(math.Sqrt(p / (1 - p)))}, nil
}

// P returns p as it was given to NewGaussian.
func (g Gaussian) P() float64 { return g.p }

// Workers returns a copy of g whose calls over long slices use up to n
// goroutines, as [Dropout.Workers] does. It panics if n is less than 1.
func (g Gaussian) Workers(n int) Gaussian {
	checkWorkers("Gaussian.Workers", n)
	g.workers = n
	return g
}

// Forward sets dst to src times the noise, and advances rng by 8·⌈n/16⌉ words for
// n elements, whatever p is. dst may be src.
//
// It panics if dst and src differ in length or overlap without being the same, or
// if rng is nil.
func (g Gaussian) Forward(dst, src []float32, rng *PCG) {
	checkForward("Gaussian.Forward", dst, src, nil, rng)
	raceForward(dst, src, nil, 0)
	at := *rng
	rng.skip(normalGroups(len(dst)))
	g.apply(dst, src, at)
}

// BackwardAt sets dst to grad times the noise that Forward drew with its rng at
// the position at.
//
// It panics if dst and grad differ in length or overlap without being the same.
func (g Gaussian) BackwardAt(dst, grad []float32, at PCG) {
	checkSlices("Gaussian.BackwardAt", dst, "grad", grad)
	raceBackward(dst, grad, nil, 0)
	g.apply(dst, grad, at)
}

func (g Gaussian) apply(dst, src []float32, at PCG) {
	d := Dropout{workers: g.workers}
	if g.sigma == 0 {
		d.inverted(dst, src, nil, at)
		return
	}
	if stream := active.streams(dst, src); d.splits(len(dst)) {
		g.applyParallel(dst, src, at, stream)
	} else {
		g.applyPart(dst, src, at, stream)
	}
}

func (g Gaussian) applyParallel(dst, src []float32, at PCG, stream bool) {
	Dropout{workers: g.workers}.parallel(len(dst), func(lo, hi int) {
		at := at
		at.skip(lo / normalGroup)
		g.applyPart(dst[lo:hi], src[lo:hi], at, stream)
	})
}

// normalLen is how many variates are drawn before they are used: 4 KiB of them.
const normalLen = 1024

func (g Gaussian) applyPart(dst, src []float32, at PCG, stream bool) {
	var scratch [normalLen]float32
	z := scratch[:]
	for len(dst) > 0 {
		n := min(len(dst), normalLen)
		active.fillNormal(z[:normalGroup*normalGroups(n)], at.state, at.inc(), src)
		active.applyNormal(dst[:n], src[:n], z[:n], g.sigma, stream)
		at.skip(normalLen / normalGroup)
		dst, src = dst[n:], src[n:]
	}
}

// normalGroups returns ⌈n/normalGroup⌉: n variates take normalWords words, as
// many as a mask word, times that.
func normalGroups(n int) int { return int((uint(n) + normalGroup - 1) / normalGroup) }
