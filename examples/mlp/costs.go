package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/examples/internal/dataset"
	"github.com/fusedrop/dropout/examples/internal/digits"
	"github.com/fusedrop/dropout/examples/internal/nn"
)

// ways are the implementations of the hidden layers' noise.
func ways(s settings) (names []string, noises []nn.Noise, err error) {
	free, err := nn.NewDropout(s.InputP, s.P, len(s.Hidden), s.workers)
	if err != nil {
		return nil, nil, err
	}
	masked, err := nn.NewMasked(s.InputP, s.P, len(s.Hidden), s.workers)
	if err != nil {
		return nil, nil, err
	}
	return []string{"ReLU alone", "this package, mask drawn again", "this package, stored mask", "usual loop, math/rand/v2"},
		[]nn.Noise{nn.None{}, free, masked, nn.NewUsual(s.InputP, s.P, len(s.Hidden))}, nil
}

// reportMemory prints what a step remembers from the forward to the backward pass.
func reportMemory(out io.Writer, e *experiment) error {
	names, noises, err := ways(e.settings)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nBytes that dropout keeps from the forward to the backward pass, %d hidden layers, batch of %d\n",
		len(e.settings.Hidden), e.settings.Batch)
	for i, noise := range noises[1:] {
		for layer, units := range e.settings.Hidden {
			noise.Hidden(layer, make([]float32, units*e.settings.Batch), dropout.Derive(e.settings.Seed))
		}
		fmt.Fprintf(out, "  %-32s %9d\n", names[i+1], noise.Bytes())
	}
	return nil
}

// shareSteps is how many steps of each kind are timed.
const shareSteps = 60

// reportShare prints which share of a step's time goes to dropout. Steps of all
// kinds take turns, so that whatever else the machine does disturbs all alike.
func reportShare(out io.Writer, e *experiment) error {
	names, noises, err := ways(e.settings)
	if err != nil {
		return err
	}
	plan := methods[withDropout].plan(e.settings, e.settings.Seed, e.data.test.Pixels())
	images := e.data.train[0]
	batch := images.Slice(0, min(plan.Batch, images.Len()))
	var timed []*nn.Timed
	var trainers []*nn.Trainer
	for _, noise := range noises {
		timed = append(timed, &nn.Timed{Noise: noise})
		trainers = append(trainers, nn.NewTrainer(plan, timed[len(timed)-1]))
	}
	steps, inside := make([][]float64, len(noises)), make([][]float64, len(noises))
	for range shareSteps {
		for i, t := range trainers {
			before, start := timed[i].Spent, time.Now()
			t.Step(batch, plan.Rate)
			steps[i] = append(steps[i], float64(time.Since(start).Microseconds()))
			inside[i] = append(inside[i], float64((timed[i].Spent-before).Nanoseconds())/1e3)
		}
	}
	fmt.Fprintf(out, "\nTime of a training step, medians of %d, and the part of it in ReLU and dropout, forward and backward\n", shareSteps)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "step, µs\tReLU and dropout, µs\tshare, %%\t\n")
	for i, name := range names {
		step, part := median(steps[i]), median(inside[i])
		fmt.Fprintf(w, "%.0f\t%.1f\t%.1f\t   %s\n", step, part, 100*part/step, name)
	}
	return w.Flush()
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

// reportWorkers trains the same network with different numbers of goroutines in
// dropout and compares all bits. Its layers are so large that calls are split.
func reportWorkers(out io.Writer, e *experiment) error {
	const units, steps = 512, 2
	batch := digits.Render(units, e.settings.Seed, trainPart)
	fmt.Fprintf(out, "\nHash of all weights after %d steps with batches of %d and layers of %d units\n", steps, batch.Len(), units)
	sums := map[uint64]bool{}
	for _, workers := range []int{1, 2, 7} {
		sum, err := weightsWith(workers, batch, units, steps)
		if err != nil {
			return err
		}
		sums[sum] = true
		fmt.Fprintf(out, "  %d workers   %016x\n", workers, sum)
	}
	if len(sums) != 1 {
		return fmt.Errorf("the weights depend on the number of workers")
	}
	fmt.Fprintln(out, "  the same, bit for bit")
	return nil
}

func weightsWith(workers int, batch dataset.Set, units, steps int) (uint64, error) {
	noise, err := nn.NewDropout(0.2, 0.5, 2, workers)
	if err != nil {
		return 0, err
	}
	t := nn.NewTrainer(nn.Plan{
		Sizes: []int{batch.Pixels(), units, units, dataset.Classes},
		Batch: batch.Len(), Epochs: 1, Momentum: momentum, MaxNorm: maxNorm, Seed: 1,
	}, noise)
	for range steps {
		t.Step(batch, 0.1)
	}
	return t.Net.Sum(), nil
}
