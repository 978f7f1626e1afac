package dropout

import (
	"math"

	"github.com/fusedrop/dropout/internal/reference"
)

// An operation is a public function over slices, in one form for all of them, so
// that a test can say something about each.
type operation struct {
	name string
	mask maskUse
	rng  bool // advances o.rng; the others leave it where it is
	call func(o *operands)
	want func(o *operands) outcome
}

type maskUse int

const (
	noMask maskUse = iota
	readsMask
	writesMask // and takes nil
)

// operands are what an operation may use. src stands for grad too, and rng for at.
type operands struct {
	d              Dropout
	a              Alpha
	g              Gaussian
	dst, src       []float32
	bias, residual []float32
	sums           []float32
	mask           Mask
	group          int
	rng            *PCG
}

// outcome is what an operation writes, by the reference.
type outcome struct {
	dst, sums []float32
	mask      []uint64
	rng       PCG
}

// setP sets p and the number of workers. Gaussian, which has no p = 1, takes 0.
func (o *operands) setP(p float64, workers int) {
	o.d, _ = New(p)
	o.a, _ = NewAlpha(p)
	o.g, _ = NewGaussian(p)
	o.d, o.a, o.g = o.d.Workers(workers), o.a.Workers(workers), o.g.Workers(workers)
}

// bits is how many elements or groups the mask of an operation has.
func (op *operation) bits(o *operands) int {
	if op.grouped() {
		return len(o.src) / o.group
	}
	return len(o.src)
}

func (op *operation) grouped() bool {
	return op.name == "ForwardGroups" || op.name == "BackwardGroups"
}

var operations = []*operation{
	{"Forward", writesMask, true,
		func(o *operands) { o.d.Forward(o.dst, o.src, o.mask, o.rng) },
		func(o *operands) outcome {
			keep, rng := o.drawn(len(o.src))
			return outcome{dst: o.applied(keep), mask: reference.Pack(keep), rng: rng}
		}},
	{"Backward", readsMask, false,
		func(o *operands) { o.d.Backward(o.dst, o.src, o.mask) },
		func(o *operands) outcome {
			return outcome{dst: o.applied(o.stored(len(o.src))), rng: *o.rng}
		}},
	{"BackwardAt", noMask, false,
		func(o *operands) { o.d.BackwardAt(o.dst, o.src, *o.rng) },
		func(o *operands) outcome {
			keep, _ := o.drawn(len(o.src))
			return outcome{dst: o.applied(keep), rng: *o.rng}
		}},
	{"Draw", writesMask, true,
		func(o *operands) {
			if o.mask != nil {
				o.d.Draw(o.mask, len(o.src), o.rng)
			} else {
				o.d.Draw(NewMask(len(o.src)), len(o.src), o.rng)
			}
		},
		func(o *operands) outcome {
			keep, rng := o.drawn(len(o.src))
			return outcome{dst: o.dst, mask: reference.Pack(keep), rng: rng}
		}},
	{"ForwardReLU", writesMask, true,
		func(o *operands) { o.d.ForwardReLU(o.dst, o.src, o.mask, o.rng) },
		func(o *operands) outcome {
			keep, rng := o.drawn(len(o.src))
			keep = reference.ReLU(o.src, keep)
			return outcome{dst: reference.Scaled(o.src, keep, o.d.threshold()), mask: reference.Pack(keep), rng: rng}
		}},
	{"ForwardResidual", writesMask, true,
		func(o *operands) { o.d.ForwardResidual(o.dst, o.src, o.bias, o.residual, o.mask, o.rng) },
		func(o *operands) outcome {
			keep, rng := o.drawn(len(o.src))
			y := reference.Apply(reference.Add(o.src, o.bias), keep, o.d.threshold())
			if o.residual != nil {
				y = reference.Add(o.residual, y)
			}
			return outcome{dst: y, mask: reference.Pack(keep), rng: rng}
		}},
	{"BackwardBias", readsMask, false,
		func(o *operands) { o.d.BackwardBias(o.dst, o.sums, o.src, o.mask) },
		func(o *operands) outcome {
			y := o.applied(o.stored(len(o.src)))
			return outcome{dst: y, sums: reference.ColumnSums(o.sums, y), rng: *o.rng}
		}},
	{"ForwardGroups", writesMask, true,
		func(o *operands) { o.d.ForwardGroups(o.dst, o.src, o.group, o.mask, o.rng) },
		func(o *operands) outcome {
			keep, rng := o.drawn(len(o.src) / o.group)
			return outcome{dst: o.applied(reference.Spread(keep, o.group)), mask: reference.Pack(keep), rng: rng}
		}},
	{"BackwardGroups", readsMask, false,
		func(o *operands) { o.d.BackwardGroups(o.dst, o.src, o.group, o.mask) },
		func(o *operands) outcome {
			keep := o.stored(len(o.src) / o.group)
			return outcome{dst: o.applied(reference.Spread(keep, o.group)), rng: *o.rng}
		}},
	{"Alpha.Forward", writesMask, true,
		func(o *operands) { o.a.Forward(o.dst, o.src, o.mask, o.rng) },
		func(o *operands) outcome {
			keep, rng := o.drawn(len(o.src))
			y := o.applied(keep)
			if t := o.d.threshold(); t != 0 && t != one {
				a, b, dropped := reference.Alpha(t)
				for i, x := range o.src {
					if y[i] = float32(dropped); keep[i] {
						y[i] = float32(x*float32(a)) + float32(b)
					}
				}
			}
			return outcome{dst: y, mask: reference.Pack(keep), rng: rng}
		}},
	{"Alpha.Backward", readsMask, false,
		func(o *operands) { o.a.Backward(o.dst, o.src, o.mask) },
		func(o *operands) outcome {
			return outcome{dst: o.alphaGrad(o.stored(len(o.src))), rng: *o.rng}
		}},
	{"Alpha.BackwardAt", noMask, false,
		func(o *operands) { o.a.BackwardAt(o.dst, o.src, *o.rng) },
		func(o *operands) outcome {
			keep, _ := o.drawn(len(o.src))
			return outcome{dst: o.alphaGrad(keep), rng: *o.rng}
		}},
	{"Gaussian.Forward", noMask, true,
		func(o *operands) { o.g.Forward(o.dst, o.src, o.rng) },
		func(o *operands) outcome {
			after := *o.rng
			after.Advance(uint64(8 * ((len(o.src) + 15) / 16)))
			return outcome{dst: o.noisy(), rng: after}
		}},
	{"Gaussian.BackwardAt", noMask, false,
		func(o *operands) { o.g.BackwardAt(o.dst, o.src, *o.rng) },
		func(o *operands) outcome { return outcome{dst: o.noisy(), rng: *o.rng} }},
}

// drawn returns what the reference keeps of n elements, and the stream after it.
func (o *operands) drawn(n int) ([]bool, PCG) {
	rng := *o.rng
	keep := reference.Keep(n, o.d.threshold(), &rng)
	return keep, rng
}

// stored returns what the mask keeps of n elements; at p = 1 nothing is kept,
// whatever stands there.
func (o *operands) stored(n int) []bool {
	keep := make([]bool, n)
	for i := range keep {
		keep[i] = o.d.threshold() != 0 && o.mask[i/64]>>(i%64)&1 != 0
	}
	return keep
}

func (o *operands) applied(keep []bool) []float32 {
	return reference.Apply(o.src, keep, o.d.threshold())
}

func (o *operands) alphaGrad(keep []bool) []float32 {
	y := o.applied(keep)
	if t := o.d.threshold(); t != 0 && t != one {
		a, _, _ := reference.Alpha(t)
		for i, x := range o.src {
			if keep[i] {
				y[i] = x * float32(a)
			}
		}
	}
	return y
}

func (o *operands) noisy() []float32 {
	y := append([]float32(nil), o.src...)
	if p := o.g.P(); p != 0 {
		sigma := float32(math.Sqrt(p / (1 - p)))
		for i, z := range normals(len(y), o.rng) {
			y[i] *= float32(1 + float32(sigma*z))
		}
	}
	return y
}
