// Package gorgonia is dropout for gorgonia.org/gorgonia v0.9.18, computed by
// github.com/fusedrop/dropout.
//
// Before:
//
//	h, err = G.Dropout(h, 0.5)
//	…
//	machine.RunAll()
//
// After, with a [Source] for each graph:
//
//	drop := gorgonia.NewSource(seed)
//	h, err = drop.Dropout(h, 0.5, layer)
//	…
//	drop.SetStep(step)
//	machine.RunAll()
//
// The mask of a step is that of dropout.Derive(seed, layer, step). It is not
// stored: the gradient draws it again. A run is resumed by calling SetStep with
// the step it had come to.
//
// Both machines are supported, float32 and float64, and shapes from scalars up.
// A machine made with G.EvalMode() leaves values as they are. As with all
// operators of gorgonia that know a mode, the machine made last sets it for every
// machine of the graph.
package gorgonia

import (
	"fmt"

	"github.com/fusedrop/dropout"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Source is what all dropouts of a graph have in common: the seed and the step of
// training. It must not be changed while a machine runs.
type Source struct {
	seed, step uint64
	started    bool
}

// NewSource returns a Source whose step has yet to be set.
func NewSource(seed uint64) *Source { return &Source{seed: seed} }

// SetStep makes the next runs of a machine draw the masks of a step. Call it
// before every run: two runs at one step have the same masks. A run in training
// mode fails where it has never been called.
func (s *Source) SetStep(step uint64) { s.step, s.started = step, true }

// Dropout returns the node of D(x), where elements are dropped with probability p
// and the others scaled by 1/(1-p). Each dropout of a graph takes a layer of its
// own. It gives an error if p is NaN or outside [0, 1], or if x is not of float32
// or float64.
func (s *Source) Dropout(x *G.Node, p float64, layer uint64) (*G.Node, error) {
	d, err := dropout.New(p)
	if err != nil {
		return nil, err
	}
	if dt := x.Dtype(); dt != tensor.Float32 && dt != tensor.Float64 {
		return nil, fmt.Errorf("gorgonia: Dropout: x is of %v, want float32 or float64", dt)
	}
	return G.ApplyOp(&op{source: s, layer: layer, d: d, training: true}, x)
}

// at returns where the masks of a layer begin.
func (s *Source) at(layer uint64) (dropout.PCG, error) {
	if !s.started {
		return dropout.PCG{}, fmt.Errorf("gorgonia: Dropout: SetStep has not been called, layer %d", layer)
	}
	return *dropout.Derive(s.seed, layer, s.step), nil
}
