package spago

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math"
	"testing"

	"github.com/fusedrop/dropout"
	"github.com/nlpodyssey/spago/ag"
	"github.com/nlpodyssey/spago/mat"
	"github.com/nlpodyssey/spago/mat/float"
	"github.com/nlpodyssey/spago/mat/gradfn"
	"github.com/nlpodyssey/spago/mat/rand"
	"github.com/nlpodyssey/spago/nn"
	"github.com/stretchr/testify/require"
)

var (
	probabilities = []float64{0, 1e-3, 0.1, 0.5, 0.9, 1}
	shapes        = [][]int{{0, 0}, {0, 4}, {1, 1}, {63, 1}, {1, 64}, {65, 1}, {3, 50}, {50, 3}, {70, 130}}
)

func stream() *dropout.PCG { return dropout.Derive(11, 3, 70) }

func each[T float.DType](t *testing.T, test func(t *testing.T, shape []int, p float64)) {
	for _, shape := range shapes {
		for _, p := range probabilities {
			t.Run(fmt.Sprintf("%T/%v/p=%v", T(0), shape, p), func(t *testing.T) { test(t, shape, p) })
		}
	}
}

// values returns n values without zeros, which differ from each other.
func values[T float.DType](n int, from T) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = from + T(i)/16
		if i%3 == 0 {
			x[i] = -x[i]
		}
	}
	return x
}

func matrix[T float.DType](x []T, shape []int, grad bool) *mat.Dense[T] {
	return mat.NewDense[T](mat.WithShape(shape...), mat.WithBacking(x), mat.WithGrad(grad))
}

func newDropout(t *testing.T, p float64) dropout.Dropout {
	d, err := dropout.New(p)
	require.NoError(t, err)
	return d
}

// want is D(x) by the package itself.
func want[T float.DType](t *testing.T, x []T, p float64) []T {
	d, y := newDropout(t, p), make([]T, len(x))
	switch x := any(x).(type) {
	case []float32:
		d.Forward(any(y).([]float32), x, nil, stream())
	case []float64:
		mask := dropout.NewMask(len(x))
		d.Draw(mask, len(x), stream())
		for i, v := range x {
			if mask.Kept(i) {
				y[i] = T(v * (1 / (1 - d.P())))
			}
		}
	}
	return y
}

func requireBits[T float.DType](t *testing.T, want []T, got mat.Tensor) {
	t.Helper()
	y := float.SliceValueOf[T](got.Data())
	require.Len(t, y, len(want))
	for i := range want {
		// Widening keeps the bits apart; no value is NaN.
		if math.Float64bits(float64(want[i])) != math.Float64bits(float64(y[i])) {
			require.Failf(t, "bits differ", "element %d is %v, want %v", i, y[i], want[i])
		}
	}
}

func TestForwardAndGradient(t *testing.T) {
	testForwardAndGradient[float32](t)
	testForwardAndGradient[float64](t)
}

// The output is D(x) + x, to which a gradient of w comes, so that x gets D(w) + w.
func testForwardAndGradient[T float.DType](t *testing.T) {
	each[T](t, func(t *testing.T, shape []int, p float64) {
		n := shape[0] * shape[1]
		x, w := values[T](n, 1), values[T](n, 3)
		in := matrix(x, shape, true)
		rng, after := stream(), stream()
		after.Advance(8 * uint64(dropout.MaskWords(n)))
		y := Dropout(in, newDropout(t, p), rng)
		require.Equal(t, after, rng)
		require.Equal(t, shape, y.Shape())
		requireBits(t, want(t, x, p), y)
		requireBits(t, values[T](n, 1), in)

		sum := ag.Add(y, in)
		sum.AccGrad(matrix(w, shape, false))
		require.NoError(t, ag.Backward(sum))
		gradient := want(t, w, p)
		for i := range gradient {
			gradient[i] += w[i]
		}
		requireBits(t, gradient, in.Grad())
	})
}

func TestNoGradient(t *testing.T) {
	in := matrix(values[float32](100, 1), []int{100, 1}, false)
	f := &function{x: in, d: newDropout(t, 0.5), at: *stream()}
	require.NoError(t, f.Backward(matrix(values[float32](100, 1), []int{100, 1}, false)))
	require.False(t, in.HasGrad())
	require.ErrorContains(t, f.Backward(matrix(values[float32](99, 1), []int{99, 1}, false)),
		"spago: Dropout: the gradient has shape [99 1], x has [100 1]")
}

// network is Σ tanh(D(tanh(x)·w)) with D at p = 0.3.
func network(t *testing.T, x []float64) (cost float64, gradient []float64) {
	shape := []int{120, 1}
	in := matrix(x, shape, true)
	h := ag.Prod(ag.Tanh(in), matrix(values(len(x), 0.1), shape, false))
	c := ag.ReduceSum(ag.Tanh(Dropout(h, newDropout(t, 0.3), stream())))
	require.NoError(t, ag.Backward(c))
	return c.Item().F64(), in.Grad().Data().F64()
}

func TestFiniteDifferences(t *testing.T) {
	x := values(120, 0.)
	for i := range x {
		x[i] /= 10
	}
	_, gradient := network(t, x)
	kept := 0
	for i := range x {
		const h = 1e-5
		at := x[i]
		x[i] = at + h
		above, _ := network(t, x)
		x[i] = at - h
		below, _ := network(t, x)
		x[i] = at
		require.InDelta(t, (above-below)/(2*h), gradient[i], 1e-8, "element %d", i)
		if gradient[i] != 0 {
			kept++
		}
	}
	require.Greater(t, kept, 60)
	require.Less(t, kept, 110)
}

func TestModel(t *testing.T) {
	x := values[float32](200, 1)
	a, b := matrix(x, []int{200, 1}, true), matrix(x, []int{200, 1}, true)
	m, err := New(0.5)
	require.NoError(t, err)
	require.Equal(t, []mat.Tensor{a, b}, m.Forward(a, b), "evaluation is the default")

	m.Train(stream())
	ys := nn.ModuleList[nn.StandardModel]{m}.Forward(a, b)
	require.Len(t, ys, 2)
	requireBits(t, want(t, x, 0.5), ys[0])
	require.NotEqual(t, ys[0].Data(), ys[1].Data())

	m.Eval()
	require.Equal(t, []mat.Tensor{a, b}, m.Forward(a, b))
	nn.ForEachParam(m, func(*nn.Param) { t.Error("a parameter") })
}

func TestModelErrors(t *testing.T) {
	for _, p := range []float64{math.NaN(), -0.1, 1.1, math.Inf(1)} {
		_, err := New(p)
		require.ErrorContains(t, err, "want 0 <= p <= 1")
	}
	m := &Model{P: 2, RNG: stream()}
	require.Panics(t, func() { m.Forward(matrix([]float32{1}, []int{1, 1}, false)) })
}

// A model saved between two calls goes on as if it had not been.
func TestModelEncoding(t *testing.T) {
	x := matrix(values[float32](200, 1), []int{200, 1}, true)
	m, err := New(0.5)
	require.NoError(t, err)
	m.Train(stream())
	m.Forward(x)
	var saved bytes.Buffer
	require.NoError(t, gob.NewEncoder(&saved).Encode(m))
	var resumed *Model
	require.NoError(t, gob.NewDecoder(&saved).Decode(&resumed))
	require.Equal(t, m, resumed)
	requireBits(t, m.Forward(x)[0].Data().F32(), resumed.Forward(x)[0])

	m.Eval()
	require.NoError(t, gob.NewEncoder(&saved).Encode(m))
	resumed = nil
	require.NoError(t, gob.NewDecoder(&saved).Decode(&resumed))
	require.Equal(t, m, resumed)
}

// The difference to spaGO's own operator: it multiplies by a mask of zeros, which
// keeps infinities that it drops as NaN.
func TestLibraryInf(t *testing.T) {
	x := make([]float32, 200)
	for i := range x {
		x[i] = float32(math.Inf(1))
	}
	nans := func(y mat.Tensor) (n int) {
		for _, v := range y.Data().F32() {
			if v != v {
				n++
			}
		}
		return n
	}
	in := matrix(x, []int{200, 1}, true)
	library, err := gradfn.NewDropout[mat.Tensor](in, 0.5, rand.NewLockedRand(1)).Forward()
	require.NoError(t, err)
	require.NotZero(t, nans(library))
	require.Zero(t, nans(Dropout(in, newDropout(t, 0.5), stream())))
}
