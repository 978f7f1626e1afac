package spago

import (
	"bytes"
	"encoding/gob"
	"math"
	"testing"

	"github.com/fusedrop/dropout"
	"github.com/nlpodyssey/spago/ag"
	"github.com/nlpodyssey/spago/losses"
	"github.com/nlpodyssey/spago/mat"
	"github.com/nlpodyssey/spago/mat/float"
	"github.com/nlpodyssey/spago/nn"
	"github.com/nlpodyssey/spago/nn/activation"
	"github.com/nlpodyssey/spago/nn/linear"
	"github.com/nlpodyssey/spago/optimizers/sgd"
	"github.com/stretchr/testify/require"
)

const points, hidden = 64, 32

// xor are points around (±1, ±1) with noise, and the product of the signs.
func xor[T float.DType]() (x, target []mat.Tensor) {
	noise := uniform[T](2*points, 0.6, dropout.Derive(1))
	for i := range points {
		a, b := T(1-2*(i%2)), T(1-2*(i/2%2))
		x = append(x, mat.NewDense[T](mat.WithBacking([]T{a + noise[2*i], b + noise[2*i+1]})))
		target = append(target, mat.Scalar(a*b))
	}
	return x, target
}

// uniform returns n values for noise and initial weights.
func uniform[T float.DType](n int, scale T, rng *dropout.PCG) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = scale * (T(rng.Uint64()>>40)*0x1p-23 - 1)
	}
	return x
}

type layers = nn.ModuleList[nn.StandardModel]

// newLayers returns a multilayer perceptron with dropout on its hidden layers.
func newLayers[T float.DType](t *testing.T, seed uint64) layers {
	rng := dropout.Derive(seed, math.MaxUint64)
	dense := func(in, out int) nn.StandardModel {
		m := linear.New[T](in, out)
		copy(float.SliceValueOf[T](m.W.Data()), uniform(in*out, T(1/math.Sqrt(float64(in))), rng))
		return m
	}
	drop := func() nn.StandardModel {
		m, err := New(0.3)
		require.NoError(t, err)
		return m
	}
	return layers{
		dense(2, hidden), activation.New(activation.Tanh), drop(),
		dense(hidden, hidden), activation.New(activation.Tanh), drop(),
		dense(hidden, 1),
	}
}

// train takes the steps from to to, each over all points, and returns the mean
// cost of each.
func train[T float.DType](t *testing.T, m layers, seed, from, to uint64) (costs []float64) {
	x, target := xor[T]()
	optimizer := sgd.New[T](sgd.NewConfig(0.2/points, 0.9, false))
	for step := from; step < to; step++ {
		for i, layer := range m {
			if drop, ok := layer.(*Model); ok {
				drop.Train(dropout.Derive(seed, uint64(i), step))
			}
		}
		cost := 0.0
		for i := range x {
			// One graph at a time: spaGO adds up gradients in the order in which
			// goroutines come.
			loss := losses.MSE(m.Forward(x[i])[0], target[i], false)
			cost += loss.Item().F64() / points
			require.NoError(t, ag.Backward(loss))
		}
		// Not by optimizers.Optimizer, which returns before it has finished.
		for _, layer := range m {
			nn.ForEachParam(layer, func(p *nn.Param) { require.NoError(t, optimizer.OptimizeParams(p)) })
		}
		costs = append(costs, cost)
	}
	return costs
}

// evaluate returns the mean cost without dropout.
func evaluate[T float.DType](m layers) (cost float64) {
	for _, layer := range m {
		if drop, ok := layer.(*Model); ok {
			drop.Eval()
		}
	}
	x, target := xor[T]()
	for i := range x {
		cost += losses.MSE(m.Forward(x[i])[0], target[i], false).Item().F64() / points
	}
	return cost
}

// A small network on noisy XOR learns through the adapter, the same bits every
// time; saved and resumed as well.
func TestTraining(t *testing.T) {
	t.Run("float32", testTraining[float32])
	t.Run("float64", testTraining[float64])
}

func testTraining[T float.DType](t *testing.T) {
	const seed, steps = 1, 120
	first := newLayers[T](t, seed)
	costs := train[T](t, first, seed, 0, steps)
	require.Greater(t, costs[0], 0.4)
	final := evaluate[T](first)
	t.Logf("cost %v before, %v after training without dropout", costs[0], final)
	require.Less(t, final, 0.1)

	require.Equal(t, costs, train[T](t, newLayers[T](t, seed), seed, 0, steps))

	half := newLayers[T](t, seed)
	train[T](t, half, seed, 0, steps/2)
	var saved bytes.Buffer
	require.NoError(t, gob.NewEncoder(&saved).Encode(half))
	var resumed layers
	require.NoError(t, gob.NewDecoder(&saved).Decode(&resumed))
	require.Equal(t, costs[steps/2:], train[T](t, resumed, seed, steps/2, steps))

	other := train[T](t, newLayers[T](t, seed), seed+1, 0, 2)
	require.NotEqual(t, costs[:2], other)
}
