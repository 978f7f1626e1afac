// Package spago is dropout for github.com/nlpodyssey/spago v1.1.0, computed by
// github.com/fusedrop/dropout.
//
// In place of the operator, before:
//
//	h = ag.Dropout(h, 0.5)
//
// and after:
//
//	d, err := dropout.New(0.5)
//	…
//	rng := dropout.Derive(seed, layer, step, sample)
//	h = spago.Dropout(h, d, rng)
//
// In place of the model, before:
//
//	nn.ModuleList[nn.StandardModel]{linear.New[float32](in, out), nndropout.New(0.5), …}
//
// and after:
//
//	drop, err := spago.New(0.5)
//	nn.ModuleList[nn.StandardModel]{linear.New[float32](in, out), drop, …}
//	…
//	drop.Train(dropout.Derive(seed, layer, step)) // before each step
//	…
//	drop.Eval() // at test time
//
// spaGO's own dropout draws from one generator for the whole program; here every
// mask belongs to a stream that the caller chooses, so that results don't depend
// on what else is running. Masks are not stored: the gradient draws them again.
// Tensors of float32 and float64 are supported, of any shape.
package spago

import (
	"fmt"
	"math"

	"github.com/fusedrop/dropout"
	"github.com/nlpodyssey/spago/ag"
	"github.com/nlpodyssey/spago/mat"
)

// Dropout returns the operator D(x), which is for training: at test time don't
// call it. It advances rng by 8·⌈n/64⌉ words for the n elements of x, which it
// waits for.
func Dropout(x mat.Tensor, d dropout.Dropout, rng *dropout.PCG) mat.Tensor {
	f := &function{x: x, d: d, at: *rng}
	rng.Advance(8 * uint64(dropout.MaskWords(x.Size())))
	return ag.NewOperator(f).Run()
}

// function is D as a function of ag.
type function struct {
	x  mat.Tensor
	d  dropout.Dropout
	at dropout.PCG
}

func (f *function) Operands() []mat.Tensor { return []mat.Tensor{f.x} }

func (f *function) Forward() (mat.Tensor, error) {
	return apply(f.x.Value().(mat.Matrix), f.d, f.at), nil
}

func (f *function) Backward(gy mat.Tensor) error {
	if !mat.SameDims(f.x.Value().(mat.Matrix), gy.(mat.Matrix)) {
		return fmt.Errorf("spago: Dropout: the gradient has shape %v, x has %v", gy.Shape(), f.x.Shape())
	}
	if f.x.RequiresGrad() {
		f.x.AccGrad(apply(gy.(mat.Matrix), f.d, f.at))
	}
	return nil
}

// apply returns x sent through the mask at at, in new memory. It serves both
// passes, because D is linear.
func apply(x mat.Matrix, d dropout.Dropout, at dropout.PCG) mat.Matrix {
	y := x.ZerosLike()
	if x.Data().BitSize() == 64 {
		apply64(y.Data().F64(), x.Data().F64(), d, at)
	} else {
		d.Forward(y.Data().F32(), x.Data().F32(), nil, &at)
	}
	return y
}

// apply64 is Forward in double precision: the same mask, and 1/(1-p) rounded to a
// float64.
func apply64(dst, src []float64, d dropout.Dropout, at dropout.PCG) {
	const block = 4096
	scale := 1 / (1 - d.P())
	mask := dropout.NewMask(min(len(src), block))
	for lo := 0; lo < len(src); lo += block {
		x := src[lo:min(lo+block, len(src))]
		y := dst[lo : lo+len(x)]
		d.Draw(mask, len(x), &at)
		for i, v := range x {
			keep := -(mask[i/64] >> (i % 64) & 1)
			y[i] = math.Float64frombits(math.Float64bits(v*scale) & keep)
		}
	}
}
