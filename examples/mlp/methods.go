package main

import (
	"github.com/fusedrop/dropout/examples/internal/dataset"
	"github.com/fusedrop/dropout/examples/internal/nn"
)

// method is a way to train.
type method struct {
	name  string
	rate  float64
	noise func(s settings) (nn.Noise, error)
}

// The methods that are compared, the baseline first. Each has the learning rate
// of searchRates with the least error on validation images (-search -epochs 30
// -seeds 3; README.md has the table), so that none is at a disadvantage;
// everything else is the same for all: the network, its first weights, the images and their order, momentum, the limit on
// norms and the falling rate. The number and the noise of the images were chosen
// so that a run is short and a network has much to gain from not overfitting.
var methods = []method{
	{"no dropout", 0.2, func(settings) (nn.Noise, error) { return nn.None{}, nil }},
	{"dropout", 0.05, func(s settings) (nn.Noise, error) {
		return nn.NewDropout(s.InputP, s.P, len(s.Hidden), s.workers)
	}},
	{"Gaussian dropout", 0.05, func(s settings) (nn.Noise, error) {
		return nn.NewGaussian(s.InputP, s.P, len(s.Hidden), s.workers)
	}},
}

// The indices of methods.
const (
	baseline    = 0
	withDropout = 1
)

// Common values (momentum), and within what Srivastava et al. recommend (2014,
// appendix A.4: 3 to 4 for the limit).
const (
	momentum = 0.9
	maxNorm  = 3
)

func (m method) plan(s settings, seed uint64, pixels int) nn.Plan {
	rate := m.rate
	if s.Rate > 0 {
		rate = s.Rate
	}
	return nn.Plan{
		Sizes:    append(append([]int{pixels}, s.Hidden...), dataset.Classes),
		Batch:    s.Batch,
		Epochs:   s.Epochs,
		Rate:     float32(rate),
		Momentum: momentum,
		MaxNorm:  maxNorm,
		Seed:     seed,
	}
}
