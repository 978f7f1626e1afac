package dropout

import (
	"fmt"
	"math"
)

// Alpha is alpha dropout, the dropout of self-normalizing networks (Klambauer et
// al., NeurIPS 2017): dropped activations become the value α' that SELU has at
// -∞, and an affine map brings mean and variance back to 0 and 1.
//
//	y[i]  = a·(keep[i] ? x[i] : α') + b
//	dx[i] = keep[i] ? a·dy[i] : +0
//
//	a = (q + α'²·p·q)^(-1/2)    b = -a·α'·p    q = 1-p
//
// with p the probability in force as for [Dropout]. a, b and the value of what is
// dropped, a·α'+b, are rounded to float32, and so are product and sum for each
// element. p = 0 copies bit for bit, and p = 1 writes +0 as PyTorch does. The zero
// value has p = 0.
type Alpha struct {
	d              Dropout // scale is a
	shift, dropped float32 // b and a·α'+b
}

// alphaPrime is α' = -λα, with the constants λ and α of SELU to double precision
// (Klambauer et al. 2017, appendix A.1).
const alphaPrime = -1.0507009873554805 * 1.6732632423543772

// NewAlpha returns an Alpha that drops with probability p, rounded as [New] does.
// It gives an error if p is NaN or outside [0, 1].
func NewAlpha(p float64) (Alpha, error) {
	if !(p >= 0 && p <= 1) {
		return Alpha{}, fmt.Errorf("dropout: NewAlpha: p is %v, want 0 <= p <= 1", p)
	}
	d, err := New(p)
	if err != nil {
		return Alpha{}, err
	}
	p = d.P()
	if p == 1 {
		return Alpha{d: d}, nil
	}
	q := 1 - p
	a := 1 / math.Sqrt(q+float64(alphaPrime*alphaPrime*p*q))
	d.scale = float32(a)
	// a·α'+b is a·α'·q: without a sum, it loses nothing when p is near 1.
	return Alpha{d: d, shift: float32(-a * alphaPrime * p), dropped: float32(a * alphaPrime * q)}, nil
}

// P returns the drop probability in force, as [Dropout.P] does.
func (a Alpha) P() float64 { return a.d.P() }

// Workers returns a copy of a whose calls over long slices use up to n
// goroutines, as [Dropout.Workers] does. It panics if n is less than 1.
func (a Alpha) Workers(n int) Alpha {
	checkWorkers("Alpha.Workers", n)
	a.d.workers = n
	return a
}

// Forward sets dst to the alpha dropout of src. Mask, stream and panics are those
// of [Dropout.Forward].
func (a Alpha) Forward(dst, src []float32, mask Mask, rng *PCG) {
	checkForward("Alpha.Forward", dst, src, mask, rng)
	raceForward(dst, src, mask, len(dst))
	at := *rng
	rng.skip(maskWords(len(dst)))
	o := pass{dst: dst, src: src, scale: a.d.scale}
	if t := a.d.threshold(); t != 0 && t != one {
		o.op, o.shift, o.dropped = opAffine, a.shift, a.dropped
	}
	a.d.forward(&o, mask, at)
}

// Backward sets dst to grad sent through the mask that Forward stored. Panics are
// those of [Dropout.Backward].
func (a Alpha) Backward(dst, grad []float32, mask Mask) {
	checkSlices("Alpha.Backward", dst, "grad", grad)
	checkMask("Alpha.Backward", mask, len(dst))
	raceBackward(dst, grad, mask, len(dst))
	a.d.backward(dst, grad, mask)
}

// BackwardAt is Backward without a stored mask: it draws again the mask that
// Forward drew with its rng at the position at. Panics are those of
// [Dropout.BackwardAt].
func (a Alpha) BackwardAt(dst, grad []float32, at PCG) {
	checkSlices("Alpha.BackwardAt", dst, "grad", grad)
	raceBackward(dst, grad, nil, 0)
	a.d.inverted(dst, grad, nil, at)
}
