package nn

import (
	"math/rand/v2"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/examples/internal/dataset"
)

// Plan is how a network is trained.
type Plan struct {
	Sizes    []int // of the layers, that of the input first
	Batch    int
	Epochs   int
	Rate     float32 // of the first step; it falls linearly to 0 at the end
	Momentum float32
	MaxNorm  float32
	Seed     uint64
}

// Trainer is a network in training. What it does is a function of its Plan, its
// Noise and the images.
//
// All randomness comes from streams under the plan's seed, told apart by their
// identifiers: the weights of a layer from (layer), the noise from (layer, step),
// the order of the images from () which runs on from epoch to epoch.
type Trainer struct {
	Net     Network
	plan    Plan
	pass    *Pass
	grad    Network
	sgd     SGD
	shuffle *dropout.PCG
	epoch   int
	step    uint64
}

// NewTrainer returns a trainer before the first epoch.
func NewTrainer(plan Plan, noise Noise) *Trainer {
	net := New(plan.Sizes, plan.Seed)
	return &Trainer{
		Net:     net,
		plan:    plan,
		pass:    NewPass(net, noise, plan.Batch),
		grad:    Zeros(plan.Sizes),
		sgd:     SGD{Momentum: plan.Momentum, MaxNorm: plan.MaxNorm, velocity: Zeros(plan.Sizes)},
		shuffle: dropout.Derive(plan.Seed),
	}
}

// Epoch returns how many epochs are done.
func (t *Trainer) Epoch() int { return t.epoch }

// Train goes once through all images, in random order, and returns the mean cross
// entropy under noise.
func (t *Trainer) Train(images dataset.Set) (loss float64) {
	order := rand.New(t.shuffle).Perm(images.Len())
	batch := images.Make(t.plan.Batch)
	for start := 0; start < len(order); start += t.plan.Batch {
		indices := order[start:min(start+t.plan.Batch, len(order))]
		images.Gather(batch, indices)
		part := batch.Slice(0, len(indices))
		done := (float64(t.epoch) + float64(start)/float64(len(order))) / float64(t.plan.Epochs)
		loss += float64(len(indices)) * t.Step(part, t.plan.Rate*float32(1-done))
	}
	t.epoch++
	return loss / float64(images.Len())
}

// Step takes one step of the given rate with a batch, and returns its mean cross
// entropy under noise.
func (t *Trainer) Step(batch dataset.Set, rate float32) (loss float64) {
	t.pass.Forward(batch.Images, t.plan.Seed, t.step)
	loss = t.pass.Backward(t.grad, batch.Labels)
	t.sgd.Step(t.Net, t.grad, rate)
	t.step++
	return loss
}
