package main

import (
	"github.com/nlpodyssey/spago/mat"
	"github.com/nlpodyssey/spago/mat/float"
	"github.com/nlpodyssey/spago/mat/gradfn"
	"github.com/nlpodyssey/spago/mat/rand"

	"github.com/fusedrop/dropout/bench/internal/rivals"
)

// spago's operator is called without the graph around it, which would only add to
// its time.
var spago = rivals.Rival{
	Name:     "spago",
	About:    "github.com/nlpodyssey/spago v1.1.0, gradfn.Dropout",
	Backward: "mask",
	New: func(p float64, n int) rivals.Layer {
		rng := rand.NewLockedRand(1)
		var x mat.Matrix
		var fn *gradfn.Dropout[mat.Tensor]
		return rivals.Layer{
			Seed: rng.Seed,
			Forward: func(_, src []float32) []float32 {
				x = mat.NewDense[float32](mat.WithShape(n, 1), mat.WithBacking(src), mat.WithGrad(true))
				fn = gradfn.NewDropout[mat.Tensor](x, p, rng)
				y := must(fn.Forward())
				return float.SliceValueOf[float32](y.Data())
			},
			Backward: func(_, grad []float32) []float32 {
				x.ZeroGrad()
				gy := mat.NewDense[float32](mat.WithShape(n, 1), mat.WithBacking(grad))
				if err := fn.Backward(gy); err != nil {
					panic(err)
				}
				return float.SliceValueOf[float32](x.Grad().Data())
			},
			MaskBytes: 8 * n, // a matrix of float64
		}
	},
}
