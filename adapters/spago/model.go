package spago

import (
	"encoding/gob"

	"github.com/fusedrop/dropout"
	"github.com/nlpodyssey/spago/mat"
	"github.com/nlpodyssey/spago/nn"
)

// Model is dropout as a model without parameters, for use where a
// nn.StandardModel is. It begins in evaluation mode. Encoding it with gob
// includes the mode and the position of its stream.
//
// A Model must not be used by several goroutines at once; where samples are
// computed at the same time call [Dropout] with a stream for each of them.
type Model struct {
	nn.Module
	P   float64      // the probability of dropping
	RNG *dropout.PCG // where the next mask begins; nil in evaluation mode
}

var _ nn.StandardModel = (*Model)(nil)

func init() { gob.Register(&Model{}) }

// New returns a Model. It gives an error if p is NaN or outside [0, 1].
func New(p float64) (*Model, error) {
	if _, err := dropout.New(p); err != nil {
		return nil, err
	}
	return &Model{P: p}, nil
}

// Train makes Forward drop elements by masks from rng, which it advances.
func (m *Model) Train(rng *dropout.PCG) { m.RNG = rng }

// Eval makes Forward return its arguments.
func (m *Model) Eval() { m.RNG = nil }

// Forward returns D(x) of each x, with a mask of its own for each. It panics if P
// has been set to what New refuses.
func (m *Model) Forward(xs ...mat.Tensor) []mat.Tensor {
	if m.RNG == nil {
		return xs
	}
	d, err := dropout.New(m.P)
	if err != nil {
		panic(err)
	}
	ys := make([]mat.Tensor, len(xs))
	for i, x := range xs {
		ys[i] = Dropout(x, d, m.RNG)
	}
	return ys
}
