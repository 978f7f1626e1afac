package gomlx

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/fusedrop/dropout"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/gomlx/gomlx/pkg/ml/context"
	"github.com/gomlx/gomlx/pkg/ml/train"
	"github.com/gomlx/gomlx/pkg/ml/train/losses"
	"github.com/gomlx/gomlx/pkg/ml/train/optimizers"
	"github.com/stretchr/testify/require"
)

const points, hidden = 64, 32

// xor are points around (±1, ±1) with noise, each with a 1 for the bias, and the
// product of the signs.
func xor() (x, target *tensors.Tensor) {
	var xs, targets []float32
	noise := uniform(2*points, 0.6, dropout.Derive(1))
	for i := range points {
		a, b := float32(1-2*(i%2)), float32(1-2*(i/2%2))
		xs = append(xs, a+noise[2*i], b+noise[2*i+1], 1)
		targets = append(targets, a*b)
	}
	return tensors.FromFlatDataAndDimensions(xs, points, 3), tensors.FromFlatDataAndDimensions(targets, points, 1)
}

// uniform returns n values for noise and initial weights.
func uniform(n int, scale float32, rng *dropout.PCG) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = scale * (float32(rng.Uint64()>>40)*0x1p-23 - 1)
	}
	return x
}

// model is a multilayer perceptron with dropout on its hidden layers.
type model struct {
	ctx     *context.Context
	drop    *Source
	trainer *train.Trainer
}

var (
	sizes  = [][2]int{{3, hidden}, {hidden, hidden}, {hidden, 1}}
	scales = []float32{1, 0.2, 0.2}
)

func newModel(t *testing.T, seed uint64, weights [][]float32) *model {
	if weights == nil {
		rng := dropout.Derive(1, math.MaxUint64)
		for i, size := range sizes {
			weights = append(weights, uniform(size[0]*size[1], scales[i], rng))
		}
	}
	m := &model{ctx: context.New(), drop: NewSource(seed)}
	for i, size := range sizes {
		m.ctx.VariableWithValue(fmt.Sprint("w", i), tensors.FromFlatDataAndDimensions(slices.Clone(weights[i]), size[0], size[1]))
	}
	perceptron := func(ctx *context.Context, _ any, inputs []*graph.Node) []*graph.Node {
		h := inputs[0]
		for i := range sizes {
			h = graph.Dot(h, m.weight(i).ValueGraph(h.Graph()))
			if i < 2 {
				h = m.drop.Dropout(ctx, graph.Tanh(h), 0.3, uint64(i))
			}
		}
		return []*graph.Node{h}
	}
	m.trainer = train.NewTrainer(backend(t), m.ctx, perceptron, losses.MeanSquaredError,
		optimizers.StochasticGradientDescent().WithDecay(false).WithLearningRate(0.15).Done(), nil, nil)
	return m
}

func (m *model) weight(i int) *context.Variable {
	return m.ctx.GetVariableByScopeAndName(context.RootScope, fmt.Sprint("w", i))
}

func (m *model) weights() (w [][]float32) {
	for i := range sizes {
		w = append(w, tensors.MustCopyFlatData[float32](m.weight(i).MustValue()))
	}
	return w
}

// train takes the steps from to to and returns the cost of each.
func (m *model) train(t *testing.T, from, to uint64) (costs []float32) {
	x, target := xor()
	for step := from; step < to; step++ {
		require.NoError(t, m.drop.SetStep(step))
		metrics, err := m.trainer.TrainStep(nil, []*tensors.Tensor{x}, []*tensors.Tensor{target})
		require.NoError(t, err)
		costs = append(costs, tensors.ToScalar[float32](metrics[0]))
	}
	return costs
}

func (m *model) evaluate(t *testing.T) float32 {
	x, target := xor()
	metrics, err := m.trainer.EvalStep(nil, []*tensors.Tensor{x}, []*tensors.Tensor{target})
	require.NoError(t, err)
	return tensors.ToScalar[float32](metrics[0])
}

// A small network on noisy XOR learns through the adapter, the same bits every
// time; interrupted and resumed as well.
func TestTraining(t *testing.T) {
	const steps = 120
	first := newModel(t, 1, nil)
	costs := first.train(t, 0, steps)
	require.Greater(t, costs[0], float32(0.7))
	final := first.evaluate(t)
	t.Logf("cost %v before, %v after training without dropout", costs[0], final)
	require.Less(t, final, float32(0.2))

	again := newModel(t, 1, nil)
	require.Equal(t, costs, again.train(t, 0, steps))
	require.Equal(t, first.weights(), again.weights())

	half := newModel(t, 1, nil)
	half.train(t, 0, steps/2)
	resumed := newModel(t, 1, half.weights())
	require.Equal(t, costs[steps/2:], resumed.train(t, steps/2, steps))
	require.Equal(t, first.weights(), resumed.weights())

	other := newModel(t, 2, nil)
	require.NotEqual(t, costs[:2], other.train(t, 0, 2))
}
