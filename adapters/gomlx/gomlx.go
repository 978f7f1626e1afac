// Package gomlx is dropout for github.com/gomlx/gomlx v0.26.0 with masks from
// github.com/fusedrop/dropout.
//
// Before:
//
//	h = layers.DropoutStatic(ctx, h, 0.5)
//	…
//	trainer.TrainStep(spec, inputs, labels)
//
// After, with a [Source] for each context:
//
//	drop := gomlx.NewSource(seed)
//	h = drop.Dropout(ctx, h, 0.5, layer)
//	…
//	drop.SetStep(step)
//	trainer.TrainStep(spec, inputs, labels)
//
// or, with a train.Loop, SetStep(0) at first and then
//
//	loop.OnStep("dropout", 0, func(loop *train.Loop, _ []*tensors.Tensor) error {
//		return drop.SetStep(uint64(loop.LoopStep) + 1)
//	})
//
// GoMLX compiles graphs of a fixed set of operators, so that a kernel from outside
// has no place in them. What does is the mask: SetStep draws it on the host into a
// variable of the context, one byte per element, and the graph selects and scales.
// The result and its gradient are the bits of Dropout.Forward and Backward on the
// stream dropout.Derive(seed, layer, step). The speed of the package's kernels is
// not.
//
// It works with any backend, with every floating-point type and in evaluation,
// where ctx.SetTraining has not been called, is the identity.
package gomlx

import (
	"fmt"
	"slices"

	"github.com/fusedrop/dropout"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/gomlx/gomlx/pkg/ml/context"
)

// Source is what all dropouts of a context have in common: the seed, the step of
// training and the variables that masks are in. It must not be used by several
// goroutines at once, and a context takes one Source.
type Source struct {
	seed, step uint64
	started    bool
	masks      []*mask
}

// mask is the variable of a layer, for one shape of its input: graphs have fixed
// shapes.
type mask struct {
	layer    uint64
	d        dropout.Dropout
	shape    shapes.Shape
	variable *context.Variable
}

// scope is where the variables are in a context.
const scope = context.ScopeSeparator + "fusedrop"

// NewSource returns a Source whose step has yet to be set.
func NewSource(seed uint64) *Source { return &Source{seed: seed} }

// SetStep makes the next executions use the masks of a step. Call it before every
// step: executions at one step have the same masks. Training graphs can't be
// built where it has never been called.
func (s *Source) SetStep(step uint64) error {
	s.step, s.started = step, true
	for _, m := range s.masks {
		if err := m.variable.SetValue(s.draw(m)); err != nil {
			return fmt.Errorf("gomlx: SetStep: layer %d: %w", m.layer, err)
		}
	}
	return nil
}

// Dropout returns D(x), where elements are dropped with probability p and the
// others scaled by 1/(1-p), or x if ctx is not in training. Each dropout of a
// model takes a layer of its own.
//
// As all functions that build graphs it panics with an error, which executors
// return: if p is NaN or outside [0, 1], if x is not floating-point, if a layer is
// used with two values of p, or before SetStep.
func (s *Source) Dropout(ctx *context.Context, x *graph.Node, p float64, layer uint64) *graph.Node {
	d, err := dropout.New(p)
	if err != nil {
		panic(err)
	}
	if !x.DType().IsFloat() {
		panic(fmt.Errorf("gomlx: Dropout: x is of %v, want floating-point", x.DType()))
	}
	g := x.Graph()
	if d.P() == 0 || x.Shape().Size() == 0 || !ctx.IsTraining(g) {
		return x
	}
	scale := 1.0 // at p = 1 any but infinity, which would make gradients NaN
	if d.P() < 1 {
		scale = 1 / (1 - d.P())
	}
	keep := s.variable(ctx, layer, d, x.Shape()).ValueGraph(g)
	return graph.Where(keep, graph.MulScalar(x, scale), graph.ZerosLike(x))
}

// variable returns the variable of a mask, making it if need be.
func (s *Source) variable(ctx *context.Context, layer uint64, d dropout.Dropout, shape shapes.Shape) *context.Variable {
	if !s.started {
		panic(fmt.Errorf("gomlx: Dropout: SetStep has not been called, layer %d", layer))
	}
	for _, m := range s.masks {
		if m.layer == layer && m.d != d {
			panic(fmt.Errorf("gomlx: Dropout: layer %d has p = %v and %v, want one", layer, m.d.P(), d.P()))
		}
		if m.layer == layer && slices.Equal(m.shape.Dimensions, shape.Dimensions) {
			return m.variable
		}
	}
	m := &mask{layer: layer, d: d, shape: shape}
	value := s.draw(m)
	m.variable = ctx.InAbsPath(scope).Checked(false).
		VariableWithValue(fmt.Sprintf("mask_%d_%v", layer, shape.Dimensions), value).
		SetTrainable(false)
	// A checkpoint may have had the variable, with another value.
	if err := m.variable.SetValuePreservingOld(value); err != nil {
		panic(err)
	}
	s.masks = append(s.masks, m)
	return m.variable
}

// draw returns the mask of the present step.
func (s *Source) draw(m *mask) *tensors.Tensor {
	n := m.shape.Size()
	bits := dropout.NewMask(n)
	m.d.Draw(bits, n, dropout.Derive(s.seed, m.layer, s.step))
	keep := make([]bool, n)
	for i := range keep {
		keep[i] = bits[i/64]>>(i%64)&1 != 0
	}
	return tensors.FromFlatDataAndDimensions(keep, m.shape.Dimensions...)
}
