package gorgonia

import (
	"fmt"
	"math"

	"github.com/fusedrop/dropout"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// forward returns D(x) in new memory; elements have their positions in row-major
// order.
func forward(x G.Value, d dropout.Dropout, at dropout.PCG) (G.Value, error) {
	switch x := x.(type) {
	case *G.F32:
		y := []float32{float32(*x)}
		d.Forward(y, y, nil, &at)
		return G.NewF32(y[0]), nil
	case *G.F64:
		y := []float64{float64(*x)}
		forward64(y, y, d, at)
		return G.NewF64(y[0]), nil
	case *tensor.Dense:
		return forwardDense(x, d, at)
	}
	return nil, fmt.Errorf("gorgonia: Dropout: x is a %T, want a float32 or float64 scalar or *tensor.Dense", x)
}

func forwardDense(x *tensor.Dense, d dropout.Dropout, at dropout.PCG) (G.Value, error) {
	y := tensor.New(tensor.Of(x.Dtype()), tensor.WithShape(x.Shape().Clone()...))
	if x.Shape().TotalSize() == 0 {
		return y, nil
	}
	if x.DataOrder().IsColMajor() || x.IsMasked() {
		return nil, fmt.Errorf("gorgonia: Dropout: x of shape %v is column-major or masked, want it neither", x.Shape())
	}
	if x.RequiresIterator() {
		x = x.Materialize().(*tensor.Dense)
	}
	switch x.Dtype() {
	case tensor.Float32:
		d.Forward(y.Float32s(), x.Float32s(), nil, &at)
	case tensor.Float64:
		forward64(y.Float64s(), x.Float64s(), d, at)
	default:
		return nil, fmt.Errorf("gorgonia: Dropout: x is of %v, want float32 or float64", x.Dtype())
	}
	return y, nil
}

// forward64 is Forward in double precision: the same mask, and 1/(1-p) rounded to
// a float64.
func forward64(dst, src []float64, d dropout.Dropout, at dropout.PCG) {
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

// add adds x to sum, in the memory of sum.
func add(sum, x G.Value) error {
	switch sum := sum.(type) {
	case *G.F32:
		*sum += *x.(*G.F32)
	case *G.F64:
		*sum += *x.(*G.F64)
	case *tensor.Dense:
		_, err := tensor.Add(sum, x.(*tensor.Dense), tensor.UseUnsafe())
		return err
	default:
		return fmt.Errorf("gorgonia: Dropout: the gradient is a %T, want a scalar or *tensor.Dense", sum)
	}
	return nil
}
