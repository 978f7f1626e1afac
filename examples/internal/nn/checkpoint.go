package nn

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"slices"

	"github.com/fusedrop/dropout"
)

// state is all that training goes on from. The noise needs none of its own: its
// streams are derived from the number of the step.
type state struct {
	Sizes           []int
	Params          [][]float32
	Velocity        [][]float32
	Shuffle         []byte // dropout.PCG.MarshalBinary
	Epoch           int
	Step            uint64
	Batch, OfEpochs int
	Seed            uint64
}

// MarshalBinary returns the state between two epochs.
func (t *Trainer) MarshalBinary() ([]byte, error) {
	shuffle, err := t.shuffle.MarshalBinary()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = gob.NewEncoder(&b).Encode(state{
		t.plan.Sizes, t.Net.Params(), t.sgd.velocity.Params(), shuffle, t.epoch, t.step,
		t.plan.Batch, t.plan.Epochs, t.plan.Seed,
	})
	return b.Bytes(), err
}

// UnmarshalBinary puts t, made with the same plan, in the state that was saved.
// Where it gives an error it leaves t as it was.
func (t *Trainer) UnmarshalBinary(data []byte) error {
	var s state
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&s); err != nil {
		return fmt.Errorf("nn: checkpoint: %w", err)
	}
	if !slices.Equal(s.Sizes, t.plan.Sizes) {
		return fmt.Errorf("nn: checkpoint: layers of %v, want %v", s.Sizes, t.plan.Sizes)
	}
	if s.Batch != t.plan.Batch || s.OfEpochs != t.plan.Epochs || s.Seed != t.plan.Seed {
		return fmt.Errorf("nn: checkpoint: batches of %d, %d epochs, seed %d; want %d, %d, %d",
			s.Batch, s.OfEpochs, s.Seed, t.plan.Batch, t.plan.Epochs, t.plan.Seed)
	}
	pairs := [][2][][]float32{{t.Net.Params(), s.Params}, {t.sgd.velocity.Params(), s.Velocity}}
	for _, pair := range pairs {
		if len(pair[0]) != len(pair[1]) {
			return fmt.Errorf("nn: checkpoint: %d parameter lists, want %d", len(pair[1]), len(pair[0]))
		}
		for i := range pair[0] {
			if len(pair[0][i]) != len(pair[1][i]) {
				return fmt.Errorf("nn: checkpoint: %d parameters, want %d", len(pair[1][i]), len(pair[0][i]))
			}
		}
	}
	var shuffle dropout.PCG
	if err := shuffle.UnmarshalBinary(s.Shuffle); err != nil {
		return fmt.Errorf("nn: checkpoint: %w", err)
	}
	for _, pair := range pairs {
		for i := range pair[0] {
			copy(pair[0][i], pair[1][i])
		}
	}
	*t.shuffle, t.epoch, t.step = shuffle, s.Epoch, s.Step
	return nil
}
