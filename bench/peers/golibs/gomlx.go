package main

import (
	"github.com/gomlx/gomlx/backends"
	_ "github.com/gomlx/gomlx/backends/simplego" // the backend in Go
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/gomlx/gomlx/pkg/ml/context"
	"github.com/gomlx/gomlx/pkg/ml/layers"

	"github.com/fusedrop/dropout/bench/internal/rivals"
)

// gomlx compiles a graph for its backend in Go, which would run nodes of one graph
// on several threads if it weren't told otherwise. A mask doesn't leave the graph
// that it is drawn in, so a graph of the gradient alone draws it again.
var gomlx = rivals.Rival{
	Name:     "gomlx",
	About:    "github.com/gomlx/gomlx v0.26.0, layers.DropoutStatic, backend simplego",
	Backward: "mask, or the generator's state",
	New: func(p float64, n int) rivals.Layer {
		ctx := context.New()
		backend := must(backends.NewWithConfig("go:ops_sequential"))
		drop := func(ctx *context.Context, x *graph.Node) *graph.Node {
			ctx.SetTraining(x.Graph(), true)
			return layers.DropoutStatic(ctx, x, p)
		}
		gradient := func(ctx *context.Context, dy *graph.Node) *graph.Node {
			x := graph.ZerosLike(dy)
			return graph.Gradient(graph.ReduceAllSum(graph.Mul(drop(ctx, x), dy)), x)[0]
		}
		return rivals.Layer{
			Seed: func(seed uint64) {
				if err := ctx.SetRNGStateFromSeed(int64(seed)); err != nil {
					panic(err)
				}
			},
			Forward:    onSlices(context.MustNewExec(backend, ctx, drop), n),
			BackwardAt: onSlices(context.MustNewExec(backend, ctx, gradient), n),
			MaskBytes:  -1,
		}
	},
}

// onSlices returns exec as a function of n floats. A tensor is made of them once
// for each slice, as a model that stays on the backend does.
func onSlices(exec *context.Exec, n int) func(_, src []float32) []float32 {
	var from *float32
	var x, y *tensors.Tensor
	return func(_, src []float32) []float32 {
		if from != &src[0] {
			from, x = &src[0], tensors.FromFlatDataAndDimensions(src, n)
		}
		if y != nil {
			y.MustFinalizeAll()
		}
		y = exec.MustExec(x)[0]
		var out []float32
		y.MustConstFlatData(func(flat any) { out = flat.([]float32) })
		return out
	}
}
