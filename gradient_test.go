package dropout

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Gradient checks by central finite differences. With the stream held fixed,
// every forward pass is linear in each of its inputs, or piecewise linear with
// its bend at zero, so that a difference has no truncation error however long
// its step: a long step makes the most of single precision.
const (
	gradientLen  = 200  // three words of mask and a part
	gradientStep = 0.25 // inputs are multiples of 2^-22 of at most 2, so that x ± h is exact
)

// wrongGradient compares grad with the finite differences at x of
// Σ weight[i]·f(x)[i], in double precision, and returns the first that is off.
//
// Each f(x±h)[i] has at most roundings of three operations, each by 2^-24 of a
// value no larger than bound; the difference of two is divided by 2h. The
// gradient itself is a sum of the same number of terms with a rounding each.
// Terms that x[j] has no part in cancel exactly.
func wrongGradient(f func(x []float32) []float32, x, weight, grad []float32, bound float64) error {
	at := append([]float32(nil), x...)
	for j := range x {
		at[j] = x[j] + gradientStep
		above := append([]float32(nil), f(at)...)
		at[j] = x[j] - gradientStep
		below := f(at)
		at[j] = x[j]
		var difference, terms float64
		for i, w := range weight {
			if above[i] != below[i] {
				difference += float64(w) * (float64(above[i]) - float64(below[i]))
				terms++
			}
		}
		derivative := difference / (2 * gradientStep)
		tolerance := terms * 2 * (3 * 2 * bound / (2 * gradientStep)) * 0x1p-24 // weights are at most 2
		if !(math.Abs(derivative-float64(grad[j])) <= tolerance) {
			return fmt.Errorf("element %d: gradient %v, finite difference %v ± %.2g", j, grad[j], derivative, tolerance)
		}
	}
	return nil
}

func requireGradient(t *testing.T, f func(x []float32) []float32, x, weight, grad []float32, bound float64, context string) {
	t.Helper()
	require.NoError(t, wrongGradient(f, x, weight, grad, bound), context)
}

// awayFromZero returns x with elements that a step could take across zero moved.
func awayFromZero(x []float32) []float32 {
	for i, v := range x {
		if math.Abs(float64(v)) <= gradientStep {
			x[i] = v + float32(math.Copysign(2*gradientStep, float64(v)))
		}
	}
	return x
}

func TestGradients(t *testing.T) {
	const n, columns, group = gradientLen, 25, 8
	forEachKernel(t, func(t *testing.T) {
		for i, p := range []float64{0, 0.1, 0.5, 0.9, 1} {
			x, weight := goldenInputs(n, 50, uint64(i)), goldenInputs(n, 51, uint64(i))
			bias, residual := goldenInputs(columns, 52), goldenInputs(n, 53)
			at := *Derive(54, uint64(i))
			d, y, dx, mask := mustNew(t, p), make([]float32, n), make([]float32, n), NewMask(n)
			stream := func() *PCG {
				rng := at
				return &rng
			}
			bound := 6.0 // of any value computed: |x + bias| · scale + |residual|
			if p < 1 {
				bound = 4*float64(d.Scale()) + 2
			}

			forward := func(x []float32) []float32 { d.Forward(y, x, mask, stream()); return y }
			forward(x)
			d.Backward(dx, weight, mask)
			requireGradient(t, forward, x, weight, dx, bound, "Backward of Forward")
			d.BackwardAt(dx, weight, at)
			requireGradient(t, forward, x, weight, dx, bound, "BackwardAt of Forward")

			bent := awayFromZero(append([]float32(nil), x...))
			relu := func(x []float32) []float32 { d.ForwardReLU(y, x, mask, stream()); return y }
			relu(bent)
			d.Backward(dx, weight, mask)
			requireGradient(t, relu, bent, weight, dx, bound, "Backward of ForwardReLU")

			residualOf := func(x, bias, residual []float32) []float32 {
				d.ForwardResidual(y, x, bias, residual, mask, stream())
				return y
			}
			residualOf(x, bias, residual)
			dbias := make([]float32, columns)
			d.BackwardBias(dx, dbias, weight, mask)
			requireGradient(t, func(x []float32) []float32 { return residualOf(x, bias, residual) },
				x, weight, dx, bound, "BackwardBias of ForwardResidual, src")
			requireGradient(t, func(b []float32) []float32 { return residualOf(x, b, residual) },
				bias, weight, dbias, bound, "BackwardBias of ForwardResidual, bias")
			requireGradient(t, func(r []float32) []float32 { return residualOf(x, bias, r) },
				residual, weight, weight, bound, "the gradient itself, residual")

			groups := NewMask(n / group)
			grouped := func(x []float32) []float32 { d.ForwardGroups(y, x, group, groups, stream()); return y }
			grouped(x)
			d.BackwardGroups(dx, weight, group, groups)
			requireGradient(t, grouped, x, weight, dx, bound, "BackwardGroups of ForwardGroups")

			alpha, err := NewAlpha(p)
			require.NoError(t, err)
			// a is at most q^(-1/2), and b and the dropped value are below 2a.
			alphaOf := func(x []float32) []float32 { alpha.Forward(y, x, mask, stream()); return y }
			alphaOf(x)
			alpha.Backward(dx, weight, mask)
			requireGradient(t, alphaOf, x, weight, dx, bound, "Alpha.Backward")
			alpha.BackwardAt(dx, weight, at)
			requireGradient(t, alphaOf, x, weight, dx, bound, "Alpha.BackwardAt")

			if p == 1 {
				continue
			}
			g, err := NewGaussian(p)
			require.NoError(t, err)
			gaussian := func(x []float32) []float32 { g.Forward(y, x, stream()); return y }
			g.BackwardAt(dx, weight, at)
			// |1+σz| is below 1+7σ.
			requireGradient(t, gaussian, x, weight, dx, 2.25*(1+7*float64(g.sigma)), "Gaussian.BackwardAt")
		}
	})
}

// TestGradientChecksFindErrors gives the checks wrong gradients: of a mask with
// one bit flipped, of a scale that is off by 2^-16, of a bias row shifted by one.
func TestGradientChecksFindErrors(t *testing.T) {
	const n, columns = gradientLen, 25
	d, at := mustNew(t, 0.3), *Derive(55)
	x, weight, bias := goldenInputs(n, 56), goldenInputs(n, 57), goldenInputs(columns, 58)
	y, dx, dbias, mask := make([]float32, n), make([]float32, n), make([]float32, columns), NewMask(n)
	forward := func(x []float32) []float32 {
		rng := at
		d.ForwardResidual(y, x, bias, nil, mask, &rng)
		return y
	}
	bound := 4*float64(d.Scale()) + 2
	forward(x)
	d.BackwardBias(dx, dbias, weight, mask)
	require.NoError(t, wrongGradient(forward, x, weight, dx, bound))
	ofBias := func(b []float32) []float32 {
		rng := at
		d.ForwardResidual(y, x, b, nil, mask, &rng)
		return y
	}
	require.NoError(t, wrongGradient(ofBias, bias, weight, dbias, bound))
	require.Error(t, wrongGradient(ofBias, bias, weight, append(dbias[1:columns:columns], dbias[0]), bound), "bias row shifted")
	for i := range dx {
		dx[i] *= 1 + 0x1p-16
	}
	require.Error(t, wrongGradient(forward, x, weight, dx, bound), "scale")
	mask[1] ^= 1 << 20
	d.Backward(dx, weight, mask)
	require.Error(t, wrongGradient(forward, x, weight, dx, bound), "mask")
}
