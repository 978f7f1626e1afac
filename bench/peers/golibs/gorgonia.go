package main

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/fusedrop/dropout/bench/internal/rivals"
)

// gorgonia's operator seeds itself from the clock. Its gradient, elsewhere a node of
// the network's graph, has a graph of its own here, so that it can be timed alone.
var gorgonia = rivals.Rival{
	Name:     "gorgonia",
	About:    "gorgonia.org/gorgonia v0.9.18, Dropout on a tape machine",
	Backward: "output",
	New: func(p float64, n int) rivals.Layer {
		g := G.NewGraph()
		x := G.NewVector(g, tensor.Float32, G.WithShape(n), G.WithName("x"))
		y := must(G.Dropout(x, p))
		machine := G.NewTapeMachine(g)

		back := G.NewGraph()
		vector := func(name string) *G.Node {
			return G.NewVector(back, tensor.Float32, G.WithShape(n), G.WithName(name))
		}
		input, output, dy := vector("x"), vector("y"), vector("dy")
		dx := must(y.Op().(G.SDOp).SymDiff(G.Nodes{input}, output, dy))[0]
		backward := G.NewTapeMachine(back)

		var fed []float32
		return rivals.Layer{
			Forward: func(_, src []float32) []float32 {
				fed = src
				let(x, fed)
				run(machine)
				return y.Value().Data().([]float32)
			},
			Backward: func(_, grad []float32) []float32 {
				let(input, fed)
				let(output, y.Value().Data().([]float32))
				let(dy, grad)
				run(backward)
				return dx.Value().Data().([]float32)
			},
			MaskBytes: -1,
		}
	},
}

func let(x *G.Node, to []float32) {
	if err := G.Let(x, tensor.New(tensor.WithShape(len(to)), tensor.WithBacking(to))); err != nil {
		panic(err)
	}
}

func run(m G.VM) {
	if err := m.RunAll(); err != nil {
		panic(err)
	}
	m.Reset()
}
