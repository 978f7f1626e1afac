package dropout

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fusedrop/dropout/internal/reference"
)

// variantCases calls f for lengths and p that take every path of the drivers.
func variantCases(t *testing.T, f func(t *testing.T, p float64, n int, seed uint64)) {
	forEachKernel(t, func(t *testing.T) {
		for i, n := range testLengths() {
			f(t, testPs[i%len(testPs)], n, uint64(i))
		}
		for i, p := range testPs {
			for _, n := range []int{63, 64, 65, 300, blockLen + 1} {
				f(t, p, n, uint64(i+n))
			}
		}
	})
}

// TestStreamedVariants is TestStreamedStores for the variants.
func TestStreamedVariants(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		k := *active
		k.streamLen = 1
		active = &k
		seeds := uint64(16)
		if testing.Short() {
			seeds = 5
		}
		for i, n := range []int{64, 512, 1100, blockLen + 1, 3*callLen + 2048, 6 * 1100, 8 * 2200} {
			for seed := range seeds {
				p := []float64{0.3, 0.5, 0.75, 0, 1, 1e-3}[(int(seed)+i)%6]
				checkForwardReLU(t, p, n, seed)
				checkForwardResidual(t, p, n, seed)
				checkBackwardBias(t, p, n, seed)
				checkGroups(t, p, n, seed)
				checkAlpha(t, p, n, seed)
				checkGaussian(t, p, n, seed)
			}
		}
	})
}

// drawn returns what an independent draw keeps of n elements.
func drawn(d Dropout, n int, at PCG) []bool {
	return reference.Keep(n, d.threshold(), &at)
}

func TestForwardReLU(t *testing.T) {
	variantCases(t, checkForwardReLU)
}

func checkForwardReLU(t *testing.T, p float64, n int, seed uint64) {
	d, rng := mustNew(t, p), Derive(seed, 20)
	at := *rng
	from, to := int(seed%7), int(seed%5)
	src := testFloats(n+from, seed)[from:]
	keep := reference.ReLU(src, drawn(d, n, at))
	want := reference.Scaled(src, keep, d.threshold())

	dst, check := guarded(n, to)
	dirty(dst)
	mask := dirtyMask(n)
	d.ForwardReLU(dst, src, mask, rng)
	requireSameBits(t, want, dst, "p = %v, n = %d", p, n)
	requireSameWords(t, reference.Pack(keep), mask[:maskWords(n)], "mask, p = %v, n = %d", p, n)
	require.Equal(t, dirtyWord, mask[maskWords(n)])
	require.Equal(t, at.from(64*maskWords(n)), *rng, "position")
	check(t, "p = %v, n = %d", p, n)

	*rng = at
	copy(dst, src)
	d.ForwardReLU(dst, dst, nil, rng)
	requireSameBits(t, want, dst, "in place without mask, p = %v, n = %d", p, n)

	grad := testFloats(n, seed+1)
	d.Backward(dst, grad, mask)
	requireSameBits(t, reference.Apply(grad, without(keep, d), d.threshold()), dst, "Backward, p = %v, n = %d", p, n)
	check(t, "p = %v, n = %d", p, n)
}

// without returns keep, or nothing kept at p = 1.
func without(keep []bool, d Dropout) []bool {
	if d.threshold() == 0 {
		return make([]bool, len(keep))
	}
	return keep
}

// rowLengths are divisors of n, among them 1 and n.
func rowLengths(n int) []int {
	var rows []int
	for _, row := range []int{1, 2, 3, 5, 7, 8, 13, 64, 100, 512, 1024, 1100, 2200, n} {
		if row > 0 && n%row == 0 {
			rows = append(rows, row)
		}
	}
	return rows
}

func TestForwardResidual(t *testing.T) {
	variantCases(t, checkForwardResidual)
}

func checkForwardResidual(t *testing.T, p float64, n int, seed uint64) {
	d, rng := mustNew(t, p), Derive(seed, 21)
	at := *rng
	from, to := int(seed%7), int(seed%5)
	src, residual := testFloats(n+from, seed)[from:], testFloats(n+to, seed+1)[to:]
	rows := append(rowLengths(n), 0)
	bias := testFloats(rows[seed%uint64(len(rows))], seed+2)
	if len(bias) == 0 {
		bias = nil
	}
	if seed%4 == 0 {
		residual = nil
	}
	keep := drawn(d, n, at)

	// The composition, step by step. A multiplication by the scale of p = 0
	// changes nothing that an addition has not changed before.
	want := reference.Apply(reference.Add(src, bias), keep, d.threshold())
	if residual != nil {
		want = reference.Add(residual, want)
	}

	dst, check := guarded(n, to)
	dirty(dst)
	mask := dirtyMask(n)
	d.ForwardResidual(dst, src, bias, residual, mask, rng)
	requireSameNumbers(t, want, dst, "p = %v, n = %d, bias of %d", p, n, len(bias))
	requireSameWords(t, reference.Pack(keep), mask[:maskWords(n)], "mask, p = %v, n = %d", p, n)
	require.Equal(t, at.from(64*maskWords(n)), *rng, "position")
	check(t, "p = %v, n = %d", p, n)

	*rng = at
	copy(dst, src)
	d.ForwardResidual(dst, dst, bias, residual, nil, rng)
	requireSameNumbers(t, want, dst, "in place of src, p = %v, n = %d", p, n)
	if residual != nil {
		*rng = at
		copy(dst, residual)
		d.ForwardResidual(dst, src, bias, dst, nil, rng)
		requireSameNumbers(t, want, dst, "in place of residual, p = %v, n = %d", p, n)
	}
}

func TestBackwardBias(t *testing.T) {
	variantCases(t, checkBackwardBias)
}

func checkBackwardBias(t *testing.T, p float64, n int, seed uint64) {
	d := mustNew(t, p)
	mask := NewMask(n)
	d.Draw(mask, n, Derive(seed, 22))
	keep := drawn(d, n, *Derive(seed, 22))
	grad := testFloats(n, seed)
	rows := append(rowLengths(n), 1)
	sums := testFloats(rows[seed%uint64(len(rows))], seed+1)
	want := reference.Apply(grad, keep, d.threshold())
	wantSums := sums
	if n > 0 {
		wantSums = reference.ColumnSums(sums, want)
	}

	dst, check := guarded(n, int(seed%9))
	dirty(dst)
	got, checkSums := guarded(len(sums), int(seed%3))
	copy(got, sums)
	d.BackwardBias(dst, got, grad, mask)
	requireSameBits(t, want, dst, "dst, p = %v, n = %d", p, n)
	requireSameNumbers(t, wantSums, got, "dbias of %d, p = %v, n = %d", len(sums), p, n)
	check(t, "dst")
	checkSums(t, "dbias")

	copy(dst, grad)
	copy(got, sums)
	d.BackwardBias(dst, got, dst, mask)
	requireSameBits(t, want, dst, "in place, p = %v, n = %d", p, n)
	requireSameNumbers(t, wantSums, got, "in place, dbias of %d, p = %v, n = %d", len(sums), p, n)
}

// requireSameNumbers is requireSameBits, except that all NaNs are one: a sum of
// two takes the payload of either, as the compiler orders the operands.
func requireSameNumbers(t *testing.T, want, got []float32, context string, args ...any) {
	t.Helper()
	canonical := func(x []float32) []float32 {
		y := make([]float32, len(x))
		for i, v := range x {
			if y[i] = v; v != v {
				y[i] = float32(math.NaN())
			}
		}
		return y
	}
	requireSameBits(t, canonical(want), canonical(got), context, args...)
}

func TestGroups(t *testing.T) {
	variantCases(t, checkGroups)
}

func checkGroups(t *testing.T, p float64, n int, seed uint64) {
	groups := rowLengths(n)
	if len(groups) == 0 {
		groups = []int{1, 3}
	}
	group := groups[seed%uint64(len(groups))]
	d, rng := mustNew(t, p), Derive(seed, 23)
	at := *rng
	keep := drawn(d, n/group, at)
	src := testFloats(n, seed)
	want := reference.Apply(src, reference.Spread(keep, group), d.threshold())

	dst, check := guarded(n, int(seed%9))
	dirty(dst)
	mask := dirtyMask(n / group)
	d.ForwardGroups(dst, src, group, mask, rng)
	requireSameBits(t, want, dst, "p = %v, n = %d, groups of %d", p, n, group)
	requireSameWords(t, reference.Pack(keep), mask[:maskWords(n/group)], "mask, p = %v, n = %d, groups of %d", p, n, group)
	require.Equal(t, at.from(64*maskWords(n/group)), *rng, "position")

	*rng = at
	copy(dst, src)
	d.ForwardGroups(dst, dst, group, nil, rng)
	requireSameBits(t, want, dst, "in place without mask, p = %v, n = %d, groups of %d", p, n, group)

	dirty(dst)
	d.BackwardGroups(dst, src, group, mask)
	requireSameBits(t, want, dst, "backward, p = %v, n = %d, groups of %d", p, n, group)
	check(t, "groups")
}

func TestAlpha(t *testing.T) {
	variantCases(t, checkAlpha)
}

func checkAlpha(t *testing.T, p float64, n int, seed uint64) {
	alpha, err := NewAlpha(p)
	require.NoError(t, err)
	d := mustNew(t, p)
	rng := Derive(seed, 24)
	at := *rng
	keep := drawn(d, n, at)
	src := testFloats(n, seed)
	want, wantGrad := make([]float32, n), make([]float32, n)
	a, b, dropped := reference.Alpha(d.threshold())
	for i, x := range src {
		switch {
		case d.threshold() == 0:
		case d.threshold() == one:
			want[i], wantGrad[i] = x, x
		case keep[i]:
			want[i] = float32(float32(a)*x) + float32(b)
			wantGrad[i] = x * float32(a)
		default:
			want[i] = float32(dropped)
		}
	}

	dst, check := guarded(n, int(seed%9))
	dirty(dst)
	mask := dirtyMask(n)
	alpha.Forward(dst, src, mask, rng)
	requireSameBits(t, want, dst, "p = %v, n = %d", p, n)
	requireSameWords(t, reference.Pack(keep), mask[:maskWords(n)], "mask, p = %v, n = %d", p, n)
	require.Equal(t, at.from(64*maskWords(n)), *rng, "position")
	*rng = at
	copy(dst, src)
	alpha.Forward(dst, dst, nil, rng)
	requireSameBits(t, want, dst, "in place without mask, p = %v, n = %d", p, n)

	dirty(dst)
	alpha.Backward(dst, src, mask)
	requireSameBits(t, wantGrad, dst, "Backward, p = %v, n = %d", p, n)
	dirty(dst)
	alpha.BackwardAt(dst, src, at)
	requireSameBits(t, wantGrad, dst, "BackwardAt, p = %v, n = %d", p, n)
	check(t, "alpha")
}

// TestAlphaMoments checks the closed form of Klambauer et al.: an input of mean 0
// and variance 1 keeps both.
func TestAlphaMoments(t *testing.T) {
	for _, p := range []float64{0.05, 0.1, 0.5, 0.9} {
		a, b, dropped := reference.Alpha(reference.Threshold(p))
		q := 1 - mustNew(t, p).P()
		mean := q*b + (1-q)*dropped
		square := q*(a*a+b*b) + (1-q)*dropped*dropped
		require.InDelta(t, 0, mean, 1e-12, "p = %v", p)
		require.InDelta(t, 1, square-mean*mean, 1e-12, "p = %v", p)
		alpha, err := NewAlpha(p)
		require.NoError(t, err)
		require.Equal(t, float32(a), alpha.d.scale)
		require.Equal(t, float32(b), alpha.shift)
	}
}

// TestSELUNetwork sends normal activations through 16 layers of random weights,
// SELU and alpha dropout: mean and variance stay near the attracting fixed point
// 0 and 1 (Klambauer et al. 2017, theorem 1). Over 40 seeds the last layer's mean
// had a standard deviation of 0.006 and its variance one of 0.014; the bounds are
// 5 of these.
func TestSELUNetwork(t *testing.T) {
	const units, samples, layers = 128, 256, 16
	const lambda, alphaSELU = 1.0507009873554805, 1.6732632423543772
	alpha, err := NewAlpha(0.1)
	require.NoError(t, err)
	x := normals(units*samples, Derive(25))
	for layer := range uint64(layers) {
		w := normals(units*units, Derive(26, layer))
		y := make([]float32, len(x))
		for s := range samples {
			for o := range units {
				var sum float64
				for i := range units {
					sum += float64(x[s*units+i]) * float64(w[o*units+i])
				}
				sum /= math.Sqrt(units)
				if sum > 0 {
					sum *= lambda
				} else {
					sum = lambda * alphaSELU * math.Expm1(sum)
				}
				y[s*units+o] = float32(sum)
			}
		}
		alpha.Forward(x, y, nil, Derive(27, layer))
	}
	var sum, square float64
	for _, v := range x {
		sum += float64(v)
		square += float64(v) * float64(v)
	}
	mean := sum / float64(len(x))
	require.InDelta(t, 0, mean, 0.03)
	require.InDelta(t, 1, square/float64(len(x))-mean*mean, 0.07)
}

// normals returns n standard normal variates.
func normals(n int, rng *PCG) []float32 {
	z := make([]float32, normalGroup*normalGroups(n))
	fillNormalGeneric(z, rng.state, rng.inc(), nil)
	return z[:n]
}

// TestFillNormal compares every kernel with the specification, bit by bit.
func TestFillNormal(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		for groups := 1; groups <= 70; groups++ {
			rng := Derive(28, uint64(groups))
			want := make([]float32, normalGroup*groups)
			fillNormalGeneric(want, rng.state, rng.inc(), nil)
			got, check := guarded(len(want), groups%16)
			active.fillNormal(got, rng.state, rng.inc(), nil)
			requireSameBits(t, want, got, "%d groups", groups)
			check(t, "%d groups", groups)
		}
	})
}

// extremeWords are words at the edges of normalPair: least and greatest radius,
// the ends of every quarter turn.
func extremeWords() []uint64 {
	var ws []uint64
	for _, hi := range []uint64{0, 1, 2, 3, 1 << 24, 1<<24 + 1, 1<<30 - 1, 1 << 30, 0x5A827999, 0x5A82799A, 1<<31 - 2, 1<<31 - 1} {
		for q := range uint64(8) {
			for _, off := range []uint64{0, 1, 1<<32 - 1, 1 << 16} {
				ws = append(ws, hi<<33|(q<<29+off)&0xFFFFFFFF)
			}
		}
	}
	return ws
}

// TestNormalAccuracy bounds the error against double precision on the same words.
func TestNormalAccuracy(t *testing.T) {
	var worst, reach float64
	check := func(w uint64) {
		cos, sin := normalPair(w)
		wantCos, wantSin := reference.NormalPair(w)
		worst = max(worst, math.Abs(float64(cos)-wantCos), math.Abs(float64(sin)-wantSin))
		reach = max(reach, math.Abs(float64(cos)), math.Abs(float64(sin)))
	}
	for _, w := range extremeWords() {
		check(w)
	}
	rng := Derive(29)
	for range 1 << 20 {
		w := rng.Uint64()
		check(w)
		check(w >> (w % 40)) // small radius words: the tails
		check(w | 0xFFFFFFFE<<(32+w%31))
	}
	t.Logf("largest error of z %.2g, reach %.3f", worst, reach)
	require.Less(t, worst, 3e-5)
	require.Greater(t, reach, 6.2)
}

func TestGaussian(t *testing.T) {
	for _, p := range []float64{math.NaN(), -0.1, 1, 1.5, math.Inf(1)} {
		_, err := NewGaussian(p)
		require.Error(t, err, "p = %v", p)
	}
	variantCases(t, checkGaussian)
}

func checkGaussian(t *testing.T, p float64, n int, seed uint64) {
	g, err := NewGaussian(p)
	if p == 1 {
		require.EqualError(t, err, "dropout: NewGaussian: p is 1, want 0 <= p < 1")
		return
	}
	require.NoError(t, err)
	rng := Derive(seed, 30)
	at := *rng
	src := testFloats(n, seed)
	z := normals(n, rng)
	want := make([]float32, n)
	sigma := float32(math.Sqrt(p / (1 - p)))
	for i, x := range src {
		if want[i] = x; p != 0 {
			noise := float32(1 + float32(sigma*z[i]))
			want[i] = x * noise
		}
	}

	dst, check := guarded(n, int(seed%9))
	dirty(dst)
	*rng = at
	g.Forward(dst, src, rng)
	requireSameNumbers(t, want, dst, "p = %v, n = %d", p, n)
	after := at
	after.Advance(uint64(8 * ((n + 15) / 16)))
	require.Equal(t, after, *rng, "position")
	dirty(dst)
	g.BackwardAt(dst, src, at)
	requireSameNumbers(t, want, dst, "BackwardAt, p = %v, n = %d", p, n)
	copy(dst, src)
	g.BackwardAt(dst, dst, at)
	requireSameNumbers(t, want, dst, "in place, p = %v, n = %d", p, n)
	check(t, "gaussian")
}

// TestVariantParts splits tensors where the documentation says they may be.
func TestVariantParts(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		const n = 2*blockLen + 96
		d := mustNew(t, 0.3)
		g, _ := NewGaussian(0.3)
		a, _ := NewAlpha(0.3)
		src, residual := testFloats(n, 1), testFloats(n, 2)
		for name, v := range map[string]struct {
			part  int
			words int // of the stream for each part
			f     func(dst, src, residual []float32, rng *PCG)
		}{
			"Gaussian": {48, 24, func(dst, src, _ []float32, rng *PCG) { g.Forward(dst, src, rng) }},
			"Alpha":    {192, 24, func(dst, src, _ []float32, rng *PCG) { a.Forward(dst, src, nil, rng) }},
			"ReLU":     {192, 24, func(dst, src, _ []float32, rng *PCG) { d.ForwardReLU(dst, src, nil, rng) }},
			"Residual": {192, 24, func(dst, src, r []float32, rng *PCG) { d.ForwardResidual(dst, src, residual[:32], r, nil, rng) }},
			"Groups":   {128 * 2, 16, func(dst, src, _ []float32, rng *PCG) { d.ForwardGroups(dst, src, 2, nil, rng) }},
		} {
			want, got := make([]float32, n), make([]float32, n)
			v.f(want, src, residual, Derive(31))
			for lo := 0; lo < n; lo += v.part {
				hi := min(lo+v.part, n)
				rng := Derive(31)
				rng.Advance(uint64(lo / v.part * v.words))
				v.f(got[lo:hi], src[lo:hi], residual[lo:hi], rng)
			}
			requireSameNumbers(t, want, got, "%s", name)
		}
	})
}

func TestVariantWorkers(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		const n = 3*shardLen + 3*128
		d, mask := mustNew(t, 0.2), NewMask(n)
		g, _ := NewGaussian(0.2)
		a, _ := NewAlpha(0.2)
		src, residual := testFloats(n, 3), testFloats(n, 4)
		d.Draw(mask, n, Derive(32))
		sums := make([]float32, 384)
		for name, f := range map[string]func(workers int, dst []float32, rng *PCG){
			"Gaussian": func(w int, dst []float32, rng *PCG) { g.Workers(w).Forward(dst, src, rng) },
			"Alpha":    func(w int, dst []float32, rng *PCG) { a.Workers(w).Forward(dst, src, nil, rng) },
			"ReLU":     func(w int, dst []float32, rng *PCG) { d.Workers(w).ForwardReLU(dst, src, nil, rng) },
			"Residual": func(w int, dst []float32, rng *PCG) {
				d.Workers(w).ForwardResidual(dst, src, residual[:384], residual, nil, rng)
			},
			"Groups": func(w int, dst []float32, rng *PCG) { d.Workers(w).ForwardGroups(dst, src, 192, nil, rng) },
			"BackwardBias": func(w int, dst []float32, rng *PCG) {
				clear(sums)
				d.Workers(w).BackwardBias(dst, sums, src, mask)
				copy(dst, sums)
			},
			"BackwardBias of 3": func(w int, dst []float32, rng *PCG) {
				clear(sums)
				d.Workers(w).BackwardBias(dst, sums[:3], src, mask)
				copy(dst, sums)
			},
		} {
			want, got := make([]float32, n), make([]float32, n)
			f(1, want, Derive(33))
			for _, workers := range []int{2, 3, 8} {
				dirty(got)
				f(workers, got, Derive(33))
				requireSameNumbers(t, want, got, "%s, %d workers", name, workers)
			}
		}
	})
}

func TestVariantPanics(t *testing.T) {
	d := mustNew(t, 0.5)
	a, _ := NewAlpha(0.5)
	g, _ := NewGaussian(0.5)
	x, dst, r, rng := testFloats(100, 1), testFloats(100, 2), testFloats(100, 3), Derive(34)
	bias := testFloats(10, 4)
	mask := dirtyMask(100)
	at := *rng
	kept := [][]float32{append([]float32(nil), x...), append([]float32(nil), dst...), append([]float32(nil), r...), append([]float32(nil), bias...)}
	keptMask := append(Mask(nil), mask...)
	for want, f := range map[string]func(){
		"dropout: ForwardReLU: dst has 7 elements, src has 8":                                        func() { d.ForwardReLU(dst[:7], x[:8], nil, rng) },
		"dropout: ForwardReLU: mask has 1 words, 100 elements need 2":                                func() { d.ForwardReLU(dst, x, mask[:1], rng) },
		"dropout: ForwardReLU: rng is nil":                                                           func() { d.ForwardReLU(dst, x, nil, nil) },
		"dropout: ForwardResidual: dst has 7 elements, src has 8":                                    func() { d.ForwardResidual(dst[:7], x[:8], nil, r[:7], nil, rng) },
		"dropout: ForwardResidual: dst has 100 elements, residual has 99":                            func() { d.ForwardResidual(dst, x, nil, r[:99], nil, rng) },
		"dropout: ForwardResidual: src has 100 elements, not a multiple of bias's 7":                 func() { d.ForwardResidual(dst, x, bias[:7], r, nil, rng) },
		"dropout: ForwardResidual: src has 100 elements, not a multiple of bias's 0":                 func() { d.ForwardResidual(dst, x, bias[:0], r, nil, rng) },
		"dropout: ForwardResidual: bias of 10 elements overlaps dst of 100 at an offset of 20 bytes": func() { d.ForwardResidual(dst, x, dst[5:15], r, nil, rng) },
		"dropout: ForwardResidual: dst overlaps residual of 50 elements at an offset of 4 bytes, want none or 0": func() {
			d.ForwardResidual(dst[1:51], x[:50], nil, dst[:50], nil, rng)
		},
		"dropout: ForwardResidual: rng is nil":                                                     func() { d.ForwardResidual(dst, x, nil, nil, nil, nil) },
		"dropout: BackwardBias: dst has 7 elements, grad has 8":                                    func() { d.BackwardBias(dst[:7], bias, x[:8], mask) },
		"dropout: BackwardBias: grad has 100 elements, not a multiple of dbias's 7":                func() { d.BackwardBias(dst, bias[:7], x, mask) },
		"dropout: BackwardBias: grad has 100 elements, not a multiple of dbias's 0":                func() { d.BackwardBias(dst, nil, x, mask) },
		"dropout: BackwardBias: mask has 1 words, 100 elements need 2":                             func() { d.BackwardBias(dst, bias, x, mask[:1]) },
		"dropout: BackwardBias: dbias of 10 elements overlaps grad of 100 at an offset of 0 bytes": func() { d.BackwardBias(dst, x[:10], x, mask) },
		"dropout: BackwardBias: dbias of 10 elements overlaps dst of 100 at an offset of 40 bytes": func() { d.BackwardBias(dst, dst[10:20], x, mask) },
		"dropout: ForwardGroups: group is 0, want at least 1":                                      func() { d.ForwardGroups(dst, x, 0, nil, rng) },
		"dropout: ForwardGroups: group is -3, want at least 1":                                     func() { d.ForwardGroups(dst, x, -3, nil, rng) },
		"dropout: ForwardGroups: src has 100 elements, not a multiple of group's 3":                func() { d.ForwardGroups(dst, x, 3, nil, rng) },
		"dropout: ForwardGroups: mask has 0 words, 50 elements need 1":                             func() { d.ForwardGroups(dst, x, 2, Mask{}, rng) },
		"dropout: ForwardGroups: rng is nil":                                                       func() { d.ForwardGroups(dst, x, 2, nil, nil) },
		"dropout: BackwardGroups: group is 0, want at least 1":                                     func() { d.BackwardGroups(dst, x, 0, mask) },
		"dropout: BackwardGroups: grad has 100 elements, not a multiple of group's 3":              func() { d.BackwardGroups(dst, x, 3, mask) },
		"dropout: BackwardGroups: mask has 0 words, 50 elements need 1":                            func() { d.BackwardGroups(dst, x, 2, nil) },
		"dropout: Alpha.Forward: dst has 7 elements, src has 8":                                    func() { a.Forward(dst[:7], x[:8], nil, rng) },
		"dropout: Alpha.Forward: rng is nil":                                                       func() { a.Forward(dst, x, nil, nil) },
		"dropout: Alpha.Backward: mask has 1 words, 100 elements need 2":                           func() { a.Backward(dst, x, mask[:1]) },
		"dropout: Alpha.BackwardAt: dst has 7 elements, grad has 8":                                func() { a.BackwardAt(dst[:7], x[:8], at) },
		"dropout: Alpha.Workers: n is 0, want at least 1":                                          func() { a.Workers(0) },
		"dropout: Gaussian.Forward: dst has 7 elements, src has 8":                                 func() { g.Forward(dst[:7], x[:8], rng) },
		"dropout: Gaussian.Forward: rng is nil":                                                    func() { g.Forward(dst, x, nil) },
		"dropout: Gaussian.BackwardAt: dst has 7 elements, grad has 8":                             func() { g.BackwardAt(dst[:7], x[:8], at) },
		"dropout: Gaussian.Workers: n is -1, want at least 1":                                      func() { g.Workers(-1) },
	} {
		require.PanicsWithValue(t, want, f)
		for i, s := range [][]float32{x, dst, r, bias} {
			requireSameBits(t, kept[i], s, "slice %d after %q", i, want)
		}
		require.Equal(t, keptMask, mask, "mask after %q", want)
		require.Equal(t, at, *rng, "rng after %q", want)
	}
	for _, p := range []float64{math.NaN(), -1, 1.1} {
		_, err := NewAlpha(p)
		require.Error(t, err)
	}
	_, err := NewAlpha(2)
	require.EqualError(t, err, "dropout: NewAlpha: p is 2, want 0 <= p <= 1")
}

// TestNothingFused chooses numbers for which a product fused into the sum that
// follows it has another result, and sees that no kernel and no compiler does so.
func TestNothingFused(t *testing.T) {
	// (1+2^-12)² = 1 + 2^-11 + 2^-24: the last bit is lost when the product is
	// rounded, and shows when 1 + 2^-11 is taken away from the exact product.
	x := float32(1 + 0x1p-12)
	y := float32(-1 - 0x1p-11)
	fused := float32(float64(x)*float64(x) + float64(y))
	product := float32(x * x)
	require.NotEqual(t, fused, product+y, "these numbers tell fused from separate")

	forEachKernel(t, func(t *testing.T) {
		const n = 100
		src, residual, dst, absent := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		mask := NewMask(n)
		for i := range src {
			src[i], residual[i] = x, y
			mask[i/64] |= 1 << (i % 64)
		}
		active.applyResidual(dst, src, absent, residual, mask, x)
		for i, v := range dst {
			require.Zero(t, v, "applyResidual, element %d", i)
		}
		active.applyAffine(dst, src, mask, x, y, 9)
		for i, v := range dst {
			require.Zero(t, v, "applyAffine, element %d", i)
		}
		z, ones := src, residual
		for i := range ones {
			z[i], ones[i] = -x, 1
		}
		active.applyNormal(dst, ones, z, x, false)
		for i, v := range dst {
			require.Equal(t, 1-product, v, "applyNormal, element %d", i)
		}
	})
}

// TestVarianceIdentity checks E‖y-(M∘X)w‖² = ‖y-Xw‖² + (p/q)·Σ w_j²‖X_j‖²
// (Srivastava et al. 2014, section 9.1) for Bernoulli and Gaussian noise. The mean
// over 2^16 draws of the noise is normal, so that it is off by 6 of its standard
// errors with probability 2e-9. These are below 0.2 % of it: a σ² that is off by a
// twentieth shows, which is checked as well.
func TestVarianceIdentity(t *testing.T) {
	const rows, columns, draws = 8, 8, 1 << 16
	rng := Derive(35)
	x, y, w := normals(rows*columns, rng), normals(rows, Derive(36)), normals(columns, Derive(37))
	loss := func(x []float32) (sum float64) {
		for i := range rows {
			e := float64(y[i])
			for j := range columns {
				e -= float64(x[i*columns+j]) * float64(w[j])
			}
			sum += e * e
		}
		return sum
	}
	const p = 0.3
	var spread float64
	for i, v := range x {
		wj := float64(w[i%columns])
		spread += p / (1 - p) * wj * wj * float64(v) * float64(v)
	}
	want := loss(x) + spread
	d := mustNew(t, p)
	g, err := NewGaussian(p)
	require.NoError(t, err)
	noisy := make([]float32, len(x))
	for name, forward := range map[string]func(rng *PCG){
		"Bernoulli": func(rng *PCG) { d.Forward(noisy, x, nil, rng) },
		"Gaussian":  func(rng *PCG) { g.Forward(noisy, x, rng) },
	} {
		var sum, squares float64
		for i := range uint64(draws) {
			forward(Derive(38, i))
			v := loss(noisy)
			sum += v
			squares += v * v
		}
		mean := sum / draws
		deviation := math.Sqrt((squares/draws - mean*mean) / draws)
		t.Logf("%s: %.4f ± %.4f, expected %.4f", name, mean, deviation, want)
		require.InDelta(t, want, mean, 6*deviation, name)
		require.Greater(t, math.Abs(want+spread/20-mean), 6*deviation, "%s: not sharp enough", name)
	}
}
