package gorgonia

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/fusedrop/dropout"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

const (
	seed  = 11
	layer = 3
	step  = 70
)

var (
	probabilities = []float64{0, 1e-3, 0.1, 0.5, 0.9, 1}
	shapes        = []tensor.Shape{{}, {1}, {63}, {64}, {65}, {1, 1}, {3, 50}, {50, 3}, {2, 3, 4, 5}, {70, 130}}
	machines      = map[string]func(*G.ExprGraph, ...G.VMOpt) G.VM{
		"tape": func(g *G.ExprGraph, opts ...G.VMOpt) G.VM { return G.NewTapeMachine(g, opts...) },
		"lisp": func(g *G.ExprGraph, opts ...G.VMOpt) G.VM { return G.NewLispMachine(g, opts...) },
	}
)

// each runs a test for both machines and types, all shapes and probabilities.
func each(t *testing.T, test func(t *testing.T, machine string, dt tensor.Dtype, shape tensor.Shape, p float64)) {
	for machine := range machines {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			for _, shape := range shapes {
				for _, p := range probabilities {
					t.Run(fmt.Sprintf("%s/%v/%v/p=%v", machine, dt, shape, p), func(t *testing.T) {
						test(t, machine, dt, shape, p)
					})
				}
			}
		}
	}
}

// values returns n values without zeros, which differ from each other.
func values(n int, from float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = from + float64(i)/16
		if i%3 == 0 {
			x[i] = -x[i]
		}
	}
	return x
}

func value(dt tensor.Dtype, shape tensor.Shape, x []float64) G.Value {
	switch {
	case dt == tensor.Float32 && shape.IsScalar():
		return G.NewF32(float32(x[0]))
	case shape.IsScalar():
		return G.NewF64(x[0])
	case len(x) == 0:
		return tensor.New(tensor.Of(dt), tensor.WithShape(shape...))
	case dt == tensor.Float32:
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(floats32(x)))
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(slices.Clone(x)))
}

func floats32(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// want is D(x) by the package itself, widened where it is of float32.
func want(t *testing.T, dt tensor.Dtype, x []float64, p float64) []float64 {
	d, err := dropout.New(p)
	require.NoError(t, err)
	rng := dropout.Derive(seed, layer, step)
	y := make([]float64, len(x))
	if dt == tensor.Float32 {
		y32 := make([]float32, len(x))
		d.Forward(y32, floats32(x), nil, rng)
		for i, v := range y32 {
			y[i] = float64(v)
		}
		return y
	}
	mask := dropout.NewMask(len(x))
	d.Draw(mask, len(x), rng)
	for i, v := range x {
		if mask.Kept(i) {
			y[i] = v * (1 / (1 - d.P()))
		}
	}
	return y
}

// floats are the elements of v, widened.
func floats(t *testing.T, v G.Value) []float64 {
	switch v := v.(type) {
	case *G.F32:
		return []float64{float64(*v)}
	case *G.F64:
		return []float64{float64(*v)}
	}
	d, ok := v.(*tensor.Dense)
	require.True(t, ok, "a value of type %T", v)
	if d.Dtype() == tensor.Float64 {
		return d.Float64s()
	}
	var x []float64
	for _, f := range d.Float32s() {
		x = append(x, float64(f))
	}
	return x
}

func requireBits(t *testing.T, want, got []float64) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		if math.Float64bits(want[i]) != math.Float64bits(got[i]) {
			require.Failf(t, "bits differ", "element %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func newSource() *Source {
	s := NewSource(seed)
	s.SetStep(step)
	return s
}

// node returns an input node that holds x.
func node(g *G.ExprGraph, name string, dt tensor.Dtype, shape tensor.Shape, x []float64) *G.Node {
	return G.NodeFromAny(g, value(dt, shape, x), G.WithName(name))
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

func TestForward(t *testing.T) {
	each(t, func(t *testing.T, machine string, dt tensor.Dtype, shape tensor.Shape, p float64) {
		g := G.NewGraph()
		x := values(shape.TotalSize(), 1)
		in := node(g, "x", dt, shape, x)
		y := must[*G.Node](t)(newSource().Dropout(in, p, layer))
		var opts []G.VMOpt
		if machine == "lisp" {
			opts = append(opts, G.ExecuteFwdOnly())
		}
		m := machines[machine](g, opts...)
		defer m.Close()
		require.NoError(t, m.RunAll())
		require.True(t, shape.Eq(y.Value().Shape()), "shape is %v, want %v", y.Value().Shape(), shape)
		requireBits(t, want(t, dt, x, p), floats(t, y.Value()))
		requireBits(t, x, floats(t, in.Value()))
	})
}

// Most of gorgonia's operators panic on a tensor without elements; this one runs.
func TestEmpty(t *testing.T) {
	g := G.NewGraph()
	shape := tensor.Shape{0}
	y := must[*G.Node](t)(newSource().Dropout(node(g, "x", tensor.Float64, shape, nil), 0.5, layer))
	m := G.NewTapeMachine(g)
	defer m.Close()
	require.NoError(t, m.RunAll())
	require.True(t, shape.Eq(y.Value().Shape()))
}

// The cost is Σ D(x)·w + x·v, so that the gradient is D(w) + v; x is used twice.
func TestGradient(t *testing.T) {
	each(t, func(t *testing.T, machine string, dt tensor.Dtype, shape tensor.Shape, p float64) {
		n := shape.TotalSize()
		x, w, v := values(n, 1), values(n, 3), values(n, 8)
		g := G.NewGraph()
		in := node(g, "x", dt, shape, x)
		y := must[*G.Node](t)(newSource().Dropout(in, p, layer))
		y = must[*G.Node](t)(G.HadamardProd(y, node(g, "w", dt, shape, w)))
		z := must[*G.Node](t)(G.HadamardProd(in, node(g, "v", dt, shape, v)))
		cost := must[*G.Node](t)(G.Add(y, z))
		if !shape.IsScalar() {
			cost = must[*G.Node](t)(G.Sum(cost))
		}
		if machine == "tape" {
			_, err := G.Grad(cost, in)
			require.NoError(t, err)
		}
		m := machines[machine](g)
		defer m.Close()
		require.NoError(t, m.RunAll())
		gradient := must[G.Value](t)(in.Grad())
		expected := want(t, dt, w, p)
		for i := range expected {
			if dt == tensor.Float32 {
				expected[i] = float64(float32(expected[i]) + float32(v[i]))
			} else {
				expected[i] += v[i]
			}
		}
		requireBits(t, expected, floats(t, gradient))
	})
}

// network is Σ tanh(D(tanh(x)·w)) with D at p = 0.3.
func network(t *testing.T, machine string, x []float64) (cost float64, gradient []float64) {
	shape := tensor.Shape{4, 30}
	g := G.NewGraph()
	in := node(g, "x", tensor.Float64, shape, x)
	h := must[*G.Node](t)(G.Tanh(in))
	h = must[*G.Node](t)(G.HadamardProd(h, node(g, "w", tensor.Float64, shape, values(120, 0.1))))
	h = must[*G.Node](t)(newSource().Dropout(h, 0.3, layer))
	c := must[*G.Node](t)(G.Sum(must[*G.Node](t)(G.Tanh(h))))
	if machine == "tape" {
		_, err := G.Grad(c, in)
		require.NoError(t, err)
	}
	m := machines[machine](g)
	defer m.Close()
	require.NoError(t, m.RunAll())
	return floats(t, c.Value())[0], floats(t, must[G.Value](t)(in.Grad()))
}

func TestFiniteDifferences(t *testing.T) {
	for machine := range machines {
		t.Run(machine, func(t *testing.T) {
			x := values(120, 0)
			for i := range x {
				x[i] /= 10
			}
			_, gradient := network(t, machine, x)
			kept := 0
			for i := range x {
				const h = 1e-5
				at := x[i]
				x[i] = at + h
				above, _ := network(t, machine, x)
				x[i] = at - h
				below, _ := network(t, machine, x)
				x[i] = at
				require.InDelta(t, (above-below)/(2*h), gradient[i], 1e-8, "element %d", i)
				if gradient[i] != 0 {
					kept++
				}
			}
			require.Greater(t, kept, 60)
			require.Less(t, kept, 110)
		})
	}
}

func TestEvaluation(t *testing.T) {
	each(t, func(t *testing.T, machine string, dt tensor.Dtype, shape tensor.Shape, p float64) {
		g := G.NewGraph()
		x := values(shape.TotalSize(), 1)
		in := node(g, "x", dt, shape, x)
		y := must[*G.Node](t)(NewSource(seed).Dropout(in, p, layer)) // no step
		opts := []G.VMOpt{G.EvalMode()}
		if machine == "lisp" {
			opts = append(opts, G.ExecuteFwdOnly())
		}
		m := machines[machine](g, opts...)
		defer m.Close()
		require.NoError(t, m.RunAll())
		requireBits(t, x, floats(t, y.Value()))
	})
}

// Transposed and sliced tensors that are still in the memory of another one have
// their mask by the position in the shape, not in memory.
func TestViews(t *testing.T) {
	const p = 0.5
	transposed := tensor.New(tensor.WithShape(20, 10), tensor.WithBacking(values(200, 1)))
	require.NoError(t, transposed.T())
	sliced, err := transposed.Slice(nil, G.S(3, 9))
	require.NoError(t, err)
	rows, err := tensor.New(tensor.WithShape(20, 10), tensor.WithBacking(values(200, 1))).Slice(G.S(3, 9), G.S(0, 10))
	require.NoError(t, err)
	for name, x := range map[string]tensor.Tensor{"transposed": transposed, "sliced": sliced, "rows": rows} {
		t.Run(name, func(t *testing.T) {
			g := G.NewGraph()
			in := G.NewMatrix(g, tensor.Float64, G.WithShape(x.Shape()...), G.WithName("x"))
			require.NoError(t, G.Let(in, x))
			y := must[*G.Node](t)(newSource().Dropout(in, p, layer))
			m := G.NewTapeMachine(g)
			defer m.Close()
			require.NoError(t, m.RunAll())
			var logical []float64
			for i := range x.Shape()[0] {
				for j := range x.Shape()[1] {
					v, err := x.At(i, j)
					require.NoError(t, err)
					logical = append(logical, v.(float64))
				}
			}
			requireBits(t, want(t, tensor.Float64, logical, p), floats(t, y.Value()))
		})
	}
}

// What is not the same function must not become the same node.
func TestNodesApart(t *testing.T) {
	g := G.NewGraph()
	x := node(g, "x", tensor.Float64, tensor.Shape{200}, values(200, 1))
	first, second := newSource(), newSource()
	second.SetStep(step + 1)
	nodes := G.Nodes{
		must[*G.Node](t)(first.Dropout(x, 0.5, layer)),
		must[*G.Node](t)(first.Dropout(x, 0.5, layer+1)),
		must[*G.Node](t)(first.Dropout(x, 0.6, layer)),
		must[*G.Node](t)(second.Dropout(x, 0.5, layer)),
	}
	m := G.NewTapeMachine(g)
	defer m.Close()
	require.NoError(t, m.RunAll())
	for i, a := range nodes {
		for _, b := range nodes[:i] {
			require.NotEqual(t, floats(t, a.Value()), floats(t, b.Value()))
		}
	}
}

// A second run draws anew exactly if the step is another one.
func TestSteps(t *testing.T) {
	g := G.NewGraph()
	x := node(g, "x", tensor.Float64, tensor.Shape{200}, values(200, 1))
	s := newSource()
	y := must[*G.Node](t)(s.Dropout(x, 0.5, layer))
	m := G.NewTapeMachine(g)
	defer m.Close()
	run := func() []float64 {
		require.NoError(t, m.RunAll())
		m.Reset()
		return slices.Clone(floats(t, y.Value()))
	}
	first := run()
	require.Equal(t, first, run())
	s.SetStep(step + 1)
	require.NotEqual(t, first, run())
	s.SetStep(step)
	require.Equal(t, first, run())
}

func TestErrors(t *testing.T) {
	g := G.NewGraph()
	x := node(g, "x", tensor.Float64, tensor.Shape{3}, values(3, 1))
	for _, p := range []float64{math.NaN(), -0.1, 1.1, math.Inf(1)} {
		_, err := newSource().Dropout(x, p, layer)
		require.ErrorContains(t, err, "want 0 <= p <= 1")
	}
	ints := G.NewVector(g, tensor.Int, G.WithShape(3), G.WithName("ints"))
	_, err := newSource().Dropout(ints, 0.5, layer)
	require.ErrorContains(t, err, "want float32 or float64")

	g = G.NewGraph()
	x = node(g, "x", tensor.Float64, tensor.Shape{3}, values(3, 1))
	must[*G.Node](t)(NewSource(seed).Dropout(x, 0.5, layer))
	m := G.NewTapeMachine(g)
	defer m.Close()
	require.ErrorContains(t, m.RunAll(), "SetStep has not been called, layer 3")
}

// Values that gorgonia's graphs don't make, but callers may bind.
func TestRefused(t *testing.T) {
	d, _ := dropout.New(0.5)
	for name, x := range map[string]G.Value{
		"column-major": tensor.New(tensor.WithShape(2, 3), tensor.AsFortran(values(6, 1))),
		"integers":     tensor.New(tensor.WithShape(2), tensor.WithBacking([]int{1, 2})),
		"bool":         G.NewB(true),
	} {
		_, err := forward(x, d, dropout.PCG{})
		require.ErrorContains(t, err, "gorgonia: Dropout: ", name)
	}
}

// The differences to gorgonia's own operator: its gradient is divided by p instead
// of 1-p, an output of 0 counts as dropped, and two of one node are one.
func TestLibrary(t *testing.T) {
	const p = 0.125
	gradient := func(x []float64, apply func(*G.Node) (*G.Node, error)) []float64 {
		g := G.NewGraph()
		in := node(g, "x", tensor.Float64, tensor.Shape{len(x)}, x)
		y := must[*G.Node](t)(apply(in))
		_, err := G.Grad(must[*G.Node](t)(G.Sum(y)), in)
		require.NoError(t, err)
		m := G.NewTapeMachine(g)
		defer m.Close()
		require.NoError(t, m.RunAll())
		return floats(t, must[G.Value](t)(in.Grad()))
	}
	library := func(x *G.Node) (*G.Node, error) { return G.Dropout(x, p) }
	ours := func(x *G.Node) (*G.Node, error) { return newSource().Dropout(x, p, layer) }

	require.Equal(t, 1/p, slices.Max(gradient(values(200, 1), library)))
	require.Equal(t, 1/(1-p), slices.Max(gradient(values(200, 1), ours)))
	require.Equal(t, 0.0, slices.Max(gradient(make([]float64, 200), library)))
	require.Equal(t, 1/(1-p), slices.Max(gradient(make([]float64, 200), ours)))

	x := node(G.NewGraph(), "x", tensor.Float64, tensor.Shape{200}, values(200, 1))
	require.Same(t, must[*G.Node](t)(G.Dropout(x, 0.5)), must[*G.Node](t)(G.Dropout(x, 0.1)))
}
