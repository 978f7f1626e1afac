package main

import (
	"slices"
	"testing"
)

// TestBackwardDropsWhatForwardDropped: what is timed as a gradient is one. Its
// scale is for the report to show, since not every library has it right.
func TestBackwardDropsWhatForwardDropped(t *testing.T) {
	const n = 1000
	ones := slices.Repeat([]float32{1}, n)
	for _, r := range libraries {
		layer := r.New(0.25, n)
		if layer.Seed != nil {
			layer.Seed(7)
		}
		y := slices.Clone(layer.Forward(make([]float32, n), ones))
		backward := layer.Backward
		if backward == nil {
			layer.Seed(7)
			backward = layer.BackwardAt
		}
		dropped := 0
		for i, dx := range backward(make([]float32, n), ones) {
			if (y[i] == 0) != (dx == 0) {
				t.Fatalf("%s: element %d is %v forward and %v backward", r.Name, i, y[i], dx)
			}
			if dx == 0 {
				dropped++
			}
		}
		if dropped < 150 || dropped > 350 {
			t.Errorf("%s: %d of %d dropped at p = 0.25", r.Name, dropped, n)
		}
	}
}
