package main

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/fusedrop/dropout/bench/internal/rivals"
)

// gorgonia's operator seeds itself from the clock. Its backward pass is part of a
// graph's run and can't be timed alone.
var gorgonia = rivals.Rival{
	Name:     "gorgonia",
	About:    "gorgonia.org/gorgonia v0.9.18, Dropout on a tape machine",
	Backward: "output",
	New: func(p float64, n int) rivals.Layer {
		g := G.NewGraph()
		x := G.NewVector(g, tensor.Float32, G.WithShape(n), G.WithName("x"))
		y := must(G.Dropout(x, p))
		machine := G.NewTapeMachine(g)
		return rivals.Layer{
			Forward: func(_, src []float32) []float32 {
				if err := G.Let(x, tensor.New(tensor.WithShape(n), tensor.WithBacking(src))); err != nil {
					panic(err)
				}
				if err := machine.RunAll(); err != nil {
					panic(err)
				}
				machine.Reset()
				return y.Value().Data().([]float32)
			},
			MaskBytes: -1,
		}
	},
}
