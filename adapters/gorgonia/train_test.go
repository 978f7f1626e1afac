package gorgonia

import (
	"math"
	"testing"

	"github.com/fusedrop/dropout"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// xor are points around (±1, ±1) with noise, and the product of the signs.
func xor(n int) (x, target []float32) {
	noise := uniform(2*n, 0.6, dropout.Derive(1))
	for i := range n {
		a, b := float32(1-2*(i%2)), float32(1-2*(i/2%2))
		x = append(x, a+noise[2*i], b+noise[2*i+1])
		target = append(target, a*b)
	}
	return x, target
}

// uniform returns n values for initial weights.
func uniform(n int, scale float32, rng *dropout.PCG) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = scale * (float32(rng.Uint64()>>40)*0x1p-23 - 1)
	}
	return x
}

// model is a multilayer perceptron with dropout on its hidden layers.
type model struct {
	graph    *G.ExprGraph
	drop     *Source
	weights  G.Nodes
	cost     *G.Node
	solver   G.Solver
	costRead G.Value
}

const points, hidden = 128, 32

func newModel(t *testing.T, seed uint64, weights [][]float32) *model {
	node := must[*G.Node](t)
	m := &model{graph: G.NewGraph(), drop: NewSource(seed)}
	matrix := func(name string, rows, columns int, backing []float32) *G.Node {
		return G.NewMatrix(m.graph, tensor.Float32, G.WithName(name), G.WithShape(rows, columns),
			G.WithValue(tensor.New(tensor.WithShape(rows, columns), tensor.WithBacking(backing))))
	}
	x, target := xor(points)
	rng := dropout.Derive(seed, math.MaxUint64)
	if weights == nil {
		weights = [][]float32{uniform(3*hidden, 1, rng), uniform(hidden*hidden, 0.2, rng), uniform(hidden, 0.2, rng)}
	}
	var biased []float32
	for i := range points {
		biased = append(biased, x[2*i], x[2*i+1], 1)
	}
	m.weights = G.Nodes{
		matrix("w0", 3, hidden, weights[0]),
		matrix("w1", hidden, hidden, weights[1]),
		matrix("w2", hidden, 1, weights[2]),
	}
	h := matrix("x", points, 3, biased)
	for i, w := range m.weights {
		h = node(G.Mul(h, w))
		if i < 2 {
			h = node(G.Tanh(h))
			h = node(m.drop.Dropout(h, 0.3, uint64(i)))
		}
	}
	m.cost = node(G.Mean(node(G.Square(node(G.Sub(h, matrix("target", points, 1, target)))))))
	G.Read(m.cost, &m.costRead)
	m.solver = G.NewVanillaSolver(G.WithLearnRate(0.05))
	return m
}

// train takes the steps from to to and returns the cost of each.
func (m *model) train(t *testing.T, machine string, from, to uint64) (costs []float32) {
	if machine == "tape" {
		_, err := G.Grad(m.cost, m.weights...)
		require.NoError(t, err)
	}
	var vm G.VM
	if machine == "tape" {
		vm = G.NewTapeMachine(m.graph, G.BindDualValues(m.weights...))
		defer vm.Close()
	}
	for step := from; step < to; step++ {
		m.drop.SetStep(step)
		if machine == "lisp" {
			vm = G.NewLispMachine(m.graph)
		}
		require.NoError(t, vm.RunAll())
		require.NoError(t, m.solver.Step(G.NodesToValueGrads(m.weights)))
		vm.Reset()
		costs = append(costs, float32(*m.costRead.(*G.F32)))
	}
	return costs
}

func (m *model) evaluate(t *testing.T) float32 {
	vm := G.NewTapeMachine(m.graph, G.EvalMode())
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	return float32(*m.costRead.(*G.F32))
}

func (m *model) values() (w [][]float32) {
	for _, n := range m.weights {
		w = append(w, append([]float32(nil), n.Value().Data().([]float32)...))
	}
	return w
}

// A small network on noisy XOR learns through the adapter, the same bits every
// time; interrupted and resumed as well.
func TestTraining(t *testing.T) {
	const steps = 400
	for machine := range machines {
		t.Run(machine, func(t *testing.T) {
			first := newModel(t, 1, nil)
			costs := first.train(t, machine, 0, steps)
			require.Greater(t, costs[0], float32(0.7))
			final := first.evaluate(t)
			t.Logf("cost %v before, %v after training without dropout", costs[0], final)
			require.Less(t, final, float32(0.2))

			again := newModel(t, 1, nil)
			require.Equal(t, costs, again.train(t, machine, 0, steps))
			require.Equal(t, first.values(), again.values())

			half := newModel(t, 1, nil)
			half.train(t, machine, 0, steps/2)
			resumed := newModel(t, 1, half.values())
			require.Equal(t, costs[steps/2:], resumed.train(t, machine, steps/2, steps))
			require.Equal(t, first.values(), resumed.values())

			other := newModel(t, 1, nil)
			other.drop.seed++
			require.NotEqual(t, costs[:2], other.train(t, machine, 0, 2))
		})
	}
}
