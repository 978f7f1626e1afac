package nn

import (
	"math"

	"gonum.org/v1/gonum/blas/blas32"
)

// SGD is stochastic gradient descent with momentum (Polyak 1964).
type SGD struct {
	Momentum float32
	MaxNorm  float32 // of the weights into a unit; 0 for no limit
	velocity Network
}

// Step takes one step of the given rate.
//
//	velocity ← momentum·velocity - rate·grad
//	net      ← net + velocity
//
// Then the weights into each hidden unit are scaled down to MaxNorm, as Srivastava
// et al. do (2014, section 5.1).
func (s *SGD) Step(net, grad Network, rate float32) {
	gs, ws := grad.Params(), net.Params()
	for i, v := range s.velocity.Params() {
		n := len(v)
		velocity := blas32.Vector{N: n, Inc: 1, Data: v}
		blas32.Scal(s.Momentum, velocity)
		blas32.Axpy(-rate, blas32.Vector{N: n, Inc: 1, Data: gs[i]}, velocity)
		blas32.Axpy(1, velocity, blas32.Vector{N: n, Inc: 1, Data: ws[i]})
	}
	if s.MaxNorm > 0 {
		for _, l := range net[:len(net)-1] {
			limitColumns(l.W, s.MaxNorm)
		}
	}
}

// limitColumns scales the columns of w that are longer than limit to that length.
func limitColumns(w blas32.General, limit float32) {
	scale := make([]float32, w.Cols)
	for r := range w.Rows {
		for j, x := range w.Data[r*w.Stride:][:w.Cols] {
			scale[j] += x * x
		}
	}
	within := true
	for j, square := range scale {
		scale[j] = 1
		if square > limit*limit {
			scale[j] = limit / float32(math.Sqrt(float64(square)))
			within = false
		}
	}
	if within {
		return
	}
	for r := range w.Rows {
		row := w.Data[r*w.Stride:][:w.Cols]
		for j := range row {
			row[j] *= scale[j]
		}
	}
}
