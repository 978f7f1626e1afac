package gomlx

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/fusedrop/dropout"
	"github.com/gomlx/gomlx/backends"
	_ "github.com/gomlx/gomlx/backends/simplego"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/gomlx/gomlx/pkg/ml/context"
	"github.com/gomlx/gomlx/pkg/ml/layers"
	"github.com/stretchr/testify/require"
)

const (
	seed  = 11
	layer = 3
	step  = 70
)

var (
	probabilities = []float64{0, 1e-3, 0.1, 0.5, 0.9, 1}
	dimensions    = [][]int{{}, {1}, {63}, {64}, {65}, {3, 50}, {2, 3, 4, 5}, {70, 130}}
)

func backend(t *testing.T) backends.Backend {
	b, err := backends.NewWithConfig("go")
	require.NoError(t, err)
	return b
}

func newSource(t *testing.T) *Source {
	s := NewSource(seed)
	require.NoError(t, s.SetStep(step))
	return s
}

type real interface{ float32 | float64 }

func each[T real](t *testing.T, test func(t *testing.T, dims []int, n int, p float64)) {
	for _, dims := range dimensions {
		n := 1
		for _, d := range dims {
			n *= d
		}
		for _, p := range probabilities {
			t.Run(fmt.Sprintf("%T/%v/p=%v", T(0), dims, p), func(t *testing.T) { test(t, dims, n, p) })
		}
	}
}

// values returns n values without zeros, which differ from each other.
func values[T real](n int, from T) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = from + T(i)/16
		if i%3 == 0 {
			x[i] = -x[i]
		}
	}
	return x
}

// want is D(x) by the package itself.
func want[T real](t *testing.T, x []T, p float64) []T {
	d, err := dropout.New(p)
	require.NoError(t, err)
	y, rng := make([]T, len(x)), dropout.Derive(seed, layer, step)
	switch x := any(x).(type) {
	case []float32:
		d.Forward(any(y).([]float32), x, nil, rng)
	case []float64:
		mask := dropout.NewMask(len(x))
		d.Draw(mask, len(x), rng)
		for i, v := range x {
			if mask.Kept(i) {
				y[i] = T(v * (1 / (1 - d.P())))
			}
		}
	}
	return y
}

func requireBits[T real](t *testing.T, want, got []T) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		// Widening keeps the bits apart; no value is NaN.
		if math.Float64bits(float64(want[i])) != math.Float64bits(float64(got[i])) {
			require.Failf(t, "bits differ", "element %d is %v, want %v", i, got[i], want[i])
		}
	}
}

// run executes a graph of x and w, in training or not, and returns its outputs.
func run[T real](t *testing.T, training bool, dims []int, x, w []T,
	f func(ctx *context.Context, x, w *graph.Node) []*graph.Node) [][]T {
	exec, err := context.NewExec(backend(t), context.New(), func(ctx *context.Context, x, w *graph.Node) []*graph.Node {
		ctx.SetTraining(x.Graph(), training)
		return f(ctx, x, w)
	})
	require.NoError(t, err)
	outs, err := exec.Exec(tensors.FromFlatDataAndDimensions(x, dims...), tensors.FromFlatDataAndDimensions(w, dims...))
	require.NoError(t, err)
	var flat [][]T
	for _, out := range outs {
		require.Equal(t, len(dims), out.Shape().Rank())
		require.True(t, slices.Equal(dims, out.Shape().Dimensions))
		data, err := tensors.CopyFlatData[T](out)
		require.NoError(t, err)
		flat = append(flat, data)
	}
	return flat
}

func TestForwardAndGradient(t *testing.T) {
	testForwardAndGradient[float32](t)
	testForwardAndGradient[float64](t)
}

func testForwardAndGradient[T real](t *testing.T) {
	each[T](t, func(t *testing.T, dims []int, n int, p float64) {
		x, w, s := values[T](n, 1), values[T](n, 3), newSource(t)
		outs := run(t, true, dims, x, w, func(ctx *context.Context, x, w *graph.Node) []*graph.Node {
			y := s.Dropout(ctx, x, p, layer)
			return []*graph.Node{y, graph.Gradient(graph.ReduceAllSum(graph.Mul(y, w)), x)[0]}
		})
		requireBits(t, want(t, x, p), outs[0])
		requireBits(t, want(t, w, p), outs[1])
	})
}

func TestEvaluation(t *testing.T) {
	each[float32](t, func(t *testing.T, dims []int, n int, p float64) {
		x, s := values[float32](n, 1), NewSource(seed) // no step
		outs := run(t, false, dims, x, x, func(ctx *context.Context, x, w *graph.Node) []*graph.Node {
			y := s.Dropout(ctx, x, p, layer)
			require.Same(t, x, y)
			return []*graph.Node{y, graph.Neg(w)}
		})
		requireBits(t, x, outs[0])
		require.Empty(t, s.masks)
	})
}

// The backend in Go panics in Where on a tensor without elements.
func TestEmpty(t *testing.T) {
	s := newSource(t)
	outs := run(t, true, []int{0, 3}, []float32{}, []float32{}, func(ctx *context.Context, x, w *graph.Node) []*graph.Node {
		return []*graph.Node{s.Dropout(ctx, x, 0.5, layer), w}
	})
	require.Empty(t, outs[0])
}

func TestHalfPrecision(t *testing.T) {
	x, s := values[float32](200, 1), newSource(t)
	outs := run(t, true, []int{200}, x, x, func(ctx *context.Context, x, w *graph.Node) []*graph.Node {
		y := s.Dropout(ctx, graph.ConvertDType(x, dtypes.BFloat16), 0.5, layer)
		return []*graph.Node{graph.ConvertDType(y, dtypes.Float32), w}
	})
	dropped := 0
	for i, y := range want(t, x, 0.5) {
		require.InEpsilon(t, 1+math.Abs(float64(y)), 1+math.Abs(float64(outs[0][i])), 0.01)
		if y == 0 {
			require.Zero(t, outs[0][i])
			dropped++
		}
	}
	require.InDelta(t, 100, dropped, 40)
}

// Dropped infinities and NaNs are +0, forward and backward.
func TestNotFinite(t *testing.T) {
	x, s := values[float32](200, 1), newSource(t)
	for i := range x {
		x[i] = float32([]float64{math.Inf(1), math.Inf(-1), math.NaN()}[i%3])
	}
	outs := run(t, true, []int{200}, x, x, func(ctx *context.Context, x, w *graph.Node) []*graph.Node {
		y := s.Dropout(ctx, x, 0.5, layer)
		return []*graph.Node{y, graph.Gradient(graph.ReduceAllSum(graph.Mul(y, w)), x)[0]}
	})
	for i, y := range want(t, values[float32](200, 1), 0.5) {
		for _, out := range outs {
			require.Equal(t, y == 0, math.Float32bits(out[i]) == 0, "element %d is %v", i, out[i])
		}
	}
}

// The cost is Σ tanh(D(tanh(x)·w)) with D at p = 0.3.
func TestFiniteDifferences(t *testing.T) {
	s := newSource(t)
	exec, err := context.NewExec(backend(t), context.New(), func(ctx *context.Context, x, w *graph.Node) []*graph.Node {
		ctx.SetTraining(x.Graph(), true)
		y := s.Dropout(ctx, graph.Mul(graph.Tanh(x), w), 0.3, layer)
		cost := graph.ReduceAllSum(graph.Tanh(y))
		return []*graph.Node{cost, graph.Gradient(cost, x)[0]}
	})
	require.NoError(t, err)
	w := tensors.FromFlatDataAndDimensions(values(120, 0.1), 4, 30)
	network := func(x []float64) (float64, []float64) {
		outs, err := exec.Exec(tensors.FromFlatDataAndDimensions(slices.Clone(x), 4, 30), w)
		require.NoError(t, err)
		gradient, err := tensors.CopyFlatData[float64](outs[1])
		require.NoError(t, err)
		return tensors.ToScalar[float64](outs[0]), gradient
	}
	x := values(120, 0.)
	for i := range x {
		x[i] /= 10
	}
	_, gradient := network(x)
	kept := 0
	for i := range x {
		const h = 1e-5
		at := x[i]
		x[i] = at + h
		above, _ := network(x)
		x[i] = at - h
		below, _ := network(x)
		x[i] = at
		require.InDelta(t, (above-below)/(2*h), gradient[i], 1e-8, "element %d", i)
		if gradient[i] != 0 {
			kept++
		}
	}
	require.Greater(t, kept, 60)
	require.Less(t, kept, 110)
}

// One compiled graph uses the masks of the step, of the layer and of the shape.
func TestSteps(t *testing.T) {
	s := newSource(t)
	ctx := context.New()
	exec, err := context.NewExec(backend(t), ctx, func(ctx *context.Context, x *graph.Node) []*graph.Node {
		ctx.SetTraining(x.Graph(), true)
		return []*graph.Node{s.Dropout(ctx, x, 0.5, layer), s.Dropout(ctx, x, 0.5, layer+1)}
	})
	require.NoError(t, err)
	ones := func(n int) (x []float32) { return slices.Repeat([]float32{1}, n) }
	outputs := func(n int) (a, b []float32) {
		outs, err := exec.Exec(tensors.FromFlatDataAndDimensions(ones(n), n))
		require.NoError(t, err)
		return tensors.MustCopyFlatData[float32](outs[0]), tensors.MustCopyFlatData[float32](outs[1])
	}
	first, other := outputs(200)
	requireBits(t, want(t, ones(200), 0.5), first)
	require.NotEqual(t, first, other)
	for range 2 {
		again, _ := outputs(200)
		requireBits(t, first, again)
		short, _ := outputs(70) // the last batch
		requireBits(t, first[:70], short)
	}
	require.NoError(t, s.SetStep(step+1))
	next, _ := outputs(200)
	require.NotEqual(t, first, next)
	short, _ := outputs(70)
	requireBits(t, next[:70], short)
	require.NoError(t, s.SetStep(step))
	again, _ := outputs(200)
	requireBits(t, first, again)

	for v := range ctx.IterVariables() {
		require.False(t, v.Trainable, v.ScopeAndName())
	}
}

func TestErrors(t *testing.T) {
	fails := func(message string, s *Source, x any, p ...float64) {
		exec, err := context.NewExec(backend(t), context.New(), func(ctx *context.Context, x *graph.Node) *graph.Node {
			ctx.SetTraining(x.Graph(), true)
			for _, p := range p {
				x = s.Dropout(ctx, x, p, layer)
			}
			return x
		})
		require.NoError(t, err)
		_, err = exec.Exec(x)
		require.ErrorContains(t, err, message)
	}
	x := []float32{1, 2, 3}
	for _, p := range []float64{math.NaN(), -0.1, 1.1, math.Inf(1)} {
		fails("want 0 <= p <= 1", newSource(t), x, p)
	}
	fails("want floating-point", newSource(t), []int32{1, 2}, 0.5)
	fails("SetStep has not been called, layer 3", NewSource(seed), x, 0.5)
	fails("layer 3 has p = 0.5 and 0.25, want one", newSource(t), x, 0.5, 0.25)
}

// The difference to GoMLX's own layer: dividing by 1-p, it gives NaN at p = 1.
func TestLibraryDropsAll(t *testing.T) {
	x, s := values[float32](100, 1), newSource(t)
	outs := run(t, true, []int{100}, x, x, func(ctx *context.Context, x, w *graph.Node) []*graph.Node {
		return []*graph.Node{layers.DropoutStatic(ctx, x, 1), s.Dropout(ctx, w, 1, layer)}
	})
	for i := range x {
		require.True(t, outs[0][i] != outs[0][i], "the library's element %d is %v", i, outs[0][i])
	}
	requireBits(t, make([]float32, 100), outs[1])
}

// A resumed program finds the variables of the one before in its checkpoint.
func TestLoadedVariable(t *testing.T) {
	ctx := context.New()
	old := tensors.FromFlatDataAndDimensions(make([]bool, 200), 200)
	ctx.InAbsPath(scope).VariableWithValue("mask_3_[200]", old)
	s := newSource(t)
	exec, err := context.NewExec(backend(t), ctx, func(ctx *context.Context, x *graph.Node) *graph.Node {
		ctx.SetTraining(x.Graph(), true)
		return s.Dropout(ctx, x, 0.5, layer)
	})
	require.NoError(t, err)
	x := values[float32](200, 1)
	outs, err := exec.Exec(tensors.FromFlatDataAndDimensions(slices.Clone(x), 200))
	require.NoError(t, err)
	requireBits(t, want(t, x, 0.5), tensors.MustCopyFlatData[float32](outs[0]))
	require.Equal(t, 1, ctx.NumVariables())
}
