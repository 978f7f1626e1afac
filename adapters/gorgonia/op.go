package gorgonia

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"github.com/fusedrop/dropout"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// op is D as an operator. D is linear and multiplies elements by factors that
// depend on their position only, so that its gradient is D again.
//
// It does not offer to write into values that the machine has allocated before:
// what lies in such a register may still be the value of another node.
type op struct {
	source   *Source
	layer    uint64
	d        dropout.Dropout
	training bool
}

var (
	_ G.SDOp        = (*op)(nil)
	_ G.ADOp        = (*op)(nil)
	_ G.TrainModeOp = (*op)(nil)
)

func (o *op) Arity() int { return 1 }

// Type is a → a.
func (o *op) Type() hm.Type {
	a := hm.TypeVariable('a')
	return hm.NewFnType(a, a)
}

func (o *op) InferShape(inputs ...G.DimSizer) (tensor.Shape, error) {
	s, ok := inputs[0].(tensor.Shape)
	if !ok {
		return nil, fmt.Errorf("gorgonia: Dropout: x has a shape of type %T, want %T", inputs[0], s)
	}
	return s, nil
}

func (o *op) ReturnsPtr() bool     { return false }
func (o *op) CallsExtern() bool    { return false }
func (o *op) OverwritesInput() int { return -1 }

// WriteHash tells apart what computes different values, because gorgonia makes
// one node of two with the same hash. The mode is not part of it: it changes
// after hashing.
func (o *op) WriteHash(h hash.Hash) {
	fmt.Fprintf(h, "fusedrop.Dropout %p %d %v", o.source, o.layer, o.d.P())
}

func (o *op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *op) String() string { return fmt.Sprintf("Dropout{p=%v, layer=%d}", o.d.P(), o.layer) }

// SetTraining is called by machines when they are made.
func (o *op) SetTraining(training bool) error {
	o.training = training
	return nil
}

func (o *op) DiffWRT(inputs int) []bool { return []bool{true} }

// SymDiff returns the node of the gradient, for tape machines.
func (o *op) SymDiff(_ G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	dx, err := G.ApplyOp(o, grad)
	if err != nil {
		return nil, err
	}
	return G.Nodes{dx}, nil
}

// DoDiff adds the gradient to what x has so far, for Lisp machines.
func (o *op) DoDiff(_ G.ExecutionContext, inputs G.Nodes, output *G.Node) error {
	dy, err := output.Grad()
	if err != nil {
		return err
	}
	sum, err := inputs[0].Grad()
	if err != nil {
		return err
	}
	dx, err := o.Do(dy)
	if err != nil {
		return err
	}
	return add(sum, dx)
}

// Do returns D(x) in new memory.
func (o *op) Do(inputs ...G.Value) (G.Value, error) {
	if len(inputs) != 1 {
		return nil, fmt.Errorf("gorgonia: Dropout: %d inputs, want 1", len(inputs))
	}
	var d dropout.Dropout // p = 0, the identity
	var at dropout.PCG
	if o.training {
		var err error
		if at, err = o.source.at(o.layer); err != nil {
			return nil, err
		}
		d = o.d
	}
	return forward(inputs[0], d, at)
}
