package dropout

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	exprand "golang.org/x/exp/rand" //lint:ignore SA1019 its users are whom the stream serves as a Source

	"github.com/fusedrop/dropout/internal/reference"
)

func TestNew(t *testing.T) {
	for _, p := range []float64{math.NaN(), -1e-300, math.Nextafter(1, 2), math.Inf(1), math.Inf(-1), -1, 2} {
		d, err := New(p)
		require.Error(t, err, "p = %v", p)
		require.Zero(t, d)
	}
	_, err := New(1.5)
	require.EqualError(t, err, "dropout: New: p is 1.5, want 0 <= p <= 1")

	require.Zero(t, Dropout{}.P())
	require.EqualValues(t, 1, Dropout{}.Scale())
	for _, p := range testPs {
		d := mustNew(t, p)
		require.Equal(t, reference.Threshold(p), d.threshold(), "p = %v", p)
		require.InDelta(t, p, d.P(), 0x1p-33, "p = %v", p)
		require.Equal(t, reference.Scale(reference.Threshold(p)), d.Scale(), "p = %v", p)
	}
	for p, scale := range map[float64]float32{0: 1, 0.5: 2, 0.75: 4, 0.1: 1.1111112, 0.2: 1.25, 1 - 0x1p-32: 0x1p32, 1: float32(math.Inf(1))} {
		require.Equal(t, scale, mustNew(t, p).Scale(), "p = %v", p)
	}
	require.Equal(t, 1-0x1p-32, mustNew(t, 1-0x1p-32).P())
	require.Equal(t, 0x1p-32, mustNew(t, 0x1p-32).P())
	require.Zero(t, mustNew(t, 0x1p-34).P())
}

// TestAgainstReference is the property everything else rests on: all public
// functions, on every kernel, give the bits that the definition gives.
func TestAgainstReference(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		for i, n := range testLengths() {
			p := testPs[i%len(testPs)]
			checkAgainstReference(t, p, n, i%7, i/7%7, uint64(i))
		}
		for i, p := range testPs {
			for _, n := range []int{63, 64, 65, 300, blockLen + 1, callLen + 65} {
				checkAgainstReference(t, p, n, i%16, (i+n)%16, uint64(i))
			}
		}
	})
}

func checkAgainstReference(t *testing.T, p float64, n, from, to int, seed uint64) {
	t.Helper()
	d := mustNew(t, p)
	threshold := reference.Threshold(p)
	rng := Derive(seed, 1)
	at := *rng
	keep := reference.Keep(n, threshold, rng)
	after := *rng
	packed := reference.Pack(keep)
	src := testFloats(n+from, seed)[from:]
	want := reference.Apply(src, keep, threshold)
	name := func(f string) string { return f + " against the reference: p = %v, n = %d, seed %d" }

	*rng = at
	dst, check := guarded(n, to)
	mask := dirtyMask(n)
	d.Forward(dst, src, mask, rng)
	requireSameBits(t, want, dst, name("Forward"), p, n, seed)
	requireSameWords(t, packed, mask[:len(packed)], name("mask of Forward"), p, n, seed)
	require.EqualValues(t, dirtyWord, mask[len(packed)], "word behind the mask")
	require.Equal(t, after, *rng, "position after Forward")
	check(t, "Forward, n = %d", n)

	*rng = at
	dirty(dst)
	d.Forward(dst, src, nil, rng)
	requireSameBits(t, want, dst, name("Forward without mask"), p, n, seed)
	require.Equal(t, after, *rng, "position after Forward without mask")

	*rng = at
	drawn := dirtyMask(n)
	d.Draw(drawn, n, rng)
	requireSameWords(t, mask, drawn, name("Draw"), p, n, seed)
	require.Equal(t, after, *rng, "position after Draw")

	dirty(dst)
	d.Backward(dst, src, mask)
	requireSameBits(t, want, dst, name("Backward"), p, n, seed)
	dirty(dst)
	d.BackwardAt(dst, src, at)
	requireSameBits(t, want, dst, name("BackwardAt"), p, n, seed)
	check(t, "backward, n = %d", n)

	copy(dst, src)
	*rng = at
	d.Forward(dst, dst, nil, rng)
	requireSameBits(t, want, dst, name("Forward in place"), p, n, seed)
	copy(dst, src)
	d.Backward(dst, dst, mask)
	requireSameBits(t, want, dst, name("Backward in place"), p, n, seed)
	copy(dst, src)
	d.BackwardAt(dst, dst, at)
	requireSameBits(t, want, dst, name("BackwardAt in place"), p, n, seed)
	check(t, "in place, n = %d", n)
}

const dirtyWord uint64 = 0xDEADBEEFCAFEF00D

// dirtyMask returns a mask with a word more than n elements need, all dirty.
func dirtyMask(n int) Mask {
	m := NewMask(n + 64)
	for i := range m {
		m[i] = dirtyWord
	}
	return m
}

func dirty(x []float32) {
	for i := range x {
		x[i] = float32(math.NaN())
	}
}

// TestPartsAreTheWhole splits a tensor at multiples of 64 and sees that every
// part, on an advanced copy of the stream, gives its part of the whole.
func TestPartsAreTheWhole(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		const n = 3*blockLen + 100
		for _, p := range []float64{0, 0.1, 0.5, 1} {
			d := mustNew(t, p)
			src := testFloats(n, 1)
			want, mask, rng := make([]float32, n), NewMask(n), Derive(6)
			at := *rng
			d.Forward(want, src, mask, rng)
			for _, part := range []int{64, 128, 192, 1024, blockLen, blockLen + 64, 2 * blockLen} {
				got, m := make([]float32, n), NewMask(n)
				for lo := 0; lo < n; lo += part {
					hi := min(lo+part, n)
					r := at
					r.Advance(uint64(8 * (lo / 64)))
					d.Forward(got[lo:hi], src[lo:hi], m[lo/64:], &r)
				}
				requireSameBits(t, want, got, "p = %v, parts of %d", p, part)
				requireSameWords(t, mask, m, "p = %v, parts of %d", p, part)
			}
		}
	})
}

// TestWorkers checks that the number of goroutines does not show.
func TestWorkers(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 100, shardLen - 1, 2 * shardLen, 3*shardLen + 65} {
			src := testFloats(n, 2)
			want, got := make([]float32, n), make([]float32, n)
			mask, m, rng := NewMask(n), NewMask(n), Derive(7)
			at := *rng
			d := mustNew(t, 0.2)
			d.Forward(want, src, mask, rng)
			for _, workers := range []int{1, 2, 3, 8, 1000} {
				dw := d.Workers(workers)
				r := at
				dirty(got)
				clear(m)
				dw.Forward(got, src, m, &r)
				requireSameBits(t, want, got, "Forward, n = %d, %d workers", n, workers)
				requireSameWords(t, mask, m, "Forward, n = %d, %d workers", n, workers)
				require.Equal(t, *rng, r)
				dirty(got)
				dw.Backward(got, src, mask)
				requireSameBits(t, want, got, "Backward, n = %d, %d workers", n, workers)
				dirty(got)
				dw.BackwardAt(got, src, at)
				requireSameBits(t, want, got, "BackwardAt, n = %d, %d workers", n, workers)
				clear(m)
				r = at
				dw.Draw(m, n, &r)
				requireSameWords(t, mask, m, "Draw, n = %d, %d workers", n, workers)
			}
		}
	})
	require.PanicsWithValue(t, "dropout: Workers: n is 0, want at least 1", func() { Dropout{}.Workers(0) })
}

// TestShardsCoverOnce checks the arithmetic of splitting, for more workers than
// a test machine can run.
func TestShardsCoverOnce(t *testing.T) {
	for _, n := range []int{1, shardLen, 2*shardLen - 1, 2 * shardLen, 5*shardLen + 1, 40*shardLen + 4097} {
		for _, workers := range []int{1, 2, 3, 7, 64} {
			seen := make([]byte, n)
			parts := make(chan [2]int, workers)
			d := Dropout{}.Workers(workers)
			d.parallel(n, func(lo, hi int) { parts <- [2]int{lo, hi} })
			close(parts)
			for part := range parts {
				require.Zero(t, part[0]%blockLen)
				for i := part[0]; i < part[1]; i++ {
					seen[i]++
				}
			}
			require.Equal(t, n, bytes.Count(seen, []byte{1}), "elements covered once of %d, %d workers", n, workers)
		}
	}
}

// TestStreamedStores checks slices so long that stores bypass the caches, with
// the length from which they do lowered to something a test has time for.
func TestStreamedStores(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		k := *active
		k.streamLen = 1
		active = &k
		for _, n := range []int{1, 64, 100, blockLen + 1, callLen + 65, 2*callLen + 1000} {
			for offset := range 16 {
				checkAgainstReference(t, 0.3, n, 0, offset, uint64(n))
			}
		}
	})
}

// TestOtherSources checks the mask against words of other generators: the
// definition is a function of eight words, whoever drew them.
func TestOtherSources(t *testing.T) {
	pcg := &exprand.PCGSource{}
	pcg.Seed(1)
	for name, src := range map[string]reference.Source{
		"x/exp/rand PCGSource": pcg,
		"math/rand/v2 PCG":     rand.NewPCG(1, 2),
		"math/rand/v2 ChaCha8": rand.NewChaCha8([32]byte{1}),
	} {
		t.Run(name, func(t *testing.T) {
			for _, threshold := range kernelThresholds() {
				kept := 0
				for range 20 {
					var w [planes]uint64
					for k := range w {
						w[k] = src.Uint64()
					}
					c := compare{equal: ^uint64(0)}
					for k := range w {
						c = c.plane(w[k], -(threshold >> (31 - k) & 1))
					}
					got := c.ties(w[planes-1], threshold)
					replay := replay(w[:])
					want := reference.Pack(reference.Keep(64, threshold, &replay))[0]
					require.Equal(t, want, got, "T = %#x, words %x", threshold, w)
					kept += Mask{got}.Count(64)
				}
				rate, n := float64(threshold)/one, float64(20*64)
				sigma := math.Sqrt(n*rate*(1-rate)) + 1
				require.InDelta(t, n*rate, kept, 5*sigma, "kept of %v at T = %#x", n, threshold)
			}
		})
	}
}

// replay is a source that gives recorded words.
type replay []uint64

func (r *replay) Uint64() uint64 {
	w := (*r)[0]
	*r = (*r)[1:]
	return w
}

func TestEdgeValues(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		n := 64 * len(hardFloats)
		src := make([]float32, n)
		for i := range src {
			src[i] = hardFloats[i/64]
		}
		d, rng := mustNew(t, 0.5), Derive(8)
		dst, mask := make([]float32, n), NewMask(n)
		d.Forward(dst, src, mask, rng)
		for i, x := range src {
			y := dst[i]
			switch {
			case !mask.Kept(i):
				require.Zero(t, math.Float32bits(y), "dropped %v must be +0", x)
			case x != x:
				require.True(t, y != y, "kept NaN must stay one")
			case x == 0:
				require.Equal(t, math.Float32bits(x), math.Float32bits(y), "kept zeros keep their sign")
			case math.Abs(float64(x)) > math.MaxFloat32/2:
				require.True(t, math.IsInf(float64(y), int(math.Copysign(1, float64(x)))), "%v·2 overflows to an infinity", x)
			default:
				require.Equal(t, 2*x, y)
			}
		}
	})
}

// TestPanics checks that every wrong argument panics, names itself and both
// numbers, and that nothing has been written or advanced by then.
func TestPanics(t *testing.T) {
	d := mustNew(t, 0.5)
	rng := Derive(9)
	at := *rng
	x := testFloats(100, 9)
	dst := testFloats(100, 10)
	mask := dirtyMask(100)
	before, beforeX, beforeMask := append([]float32(nil), dst...), append([]float32(nil), x...), append(Mask(nil), mask...)
	for want, f := range map[string]func(){
		"dropout: Forward: dst has 7 elements, src has 8":                                                 func() { d.Forward(dst[:7], x[:8], nil, rng) },
		"dropout: Forward: dst has 100 elements, src has 0":                                               func() { d.Forward(dst, nil, nil, rng) },
		"dropout: Forward: dst has 0 elements, src has 100":                                               func() { d.Forward(nil, x, nil, rng) },
		"dropout: Forward: mask has 1 words, 100 elements need 2":                                         func() { d.Forward(dst, x, mask[:1], rng) },
		"dropout: Forward: mask has 0 words, 100 elements need 2":                                         func() { d.Forward(dst, x, Mask{}, rng) },
		"dropout: Forward: rng is nil":                                                                    func() { d.Forward(dst, x, mask, nil) },
		"dropout: Forward: dst overlaps src of 50 elements at an offset of 4 bytes, want none or 0":       func() { d.Forward(x[1:51], x[:50], mask, rng) },
		"dropout: Forward: dst overlaps src of 50 elements at an offset of -196 bytes, want none or 0":    func() { d.Forward(x[:50], x[49:99], mask, rng) },
		"dropout: Backward: dst has 7 elements, grad has 8":                                               func() { d.Backward(dst[:7], x[:8], mask) },
		"dropout: Backward: mask has 0 words, 100 elements need 2":                                        func() { d.Backward(dst, x, nil) },
		"dropout: Backward: mask has 1 words, 65 elements need 2":                                         func() { d.Backward(dst[:65], x[:65], mask[:1]) },
		"dropout: Backward: dst overlaps grad of 50 elements at an offset of 40 bytes, want none or 0":    func() { d.Backward(x[10:60], x[:50], mask) },
		"dropout: BackwardAt: dst has 7 elements, grad has 8":                                             func() { d.BackwardAt(dst[:7], x[:8], at) },
		"dropout: BackwardAt: dst overlaps grad of 50 elements at an offset of -40 bytes, want none or 0": func() { d.BackwardAt(x[:50], x[10:60], at) },
		"dropout: Draw: mask has 1 words, 65 elements need 2":                                             func() { d.Draw(mask[:1], 65, rng) },
		"dropout: Draw: mask has 0 words, 1 elements need 1":                                              func() { d.Draw(nil, 1, rng) },
		"dropout: Draw: n is -1, want at least 0":                                                         func() { d.Draw(mask, -1, rng) },
		"dropout: Draw: rng is nil":                                                                       func() { d.Draw(mask, 1, nil) },
	} {
		require.PanicsWithValue(t, want, f)
		requireSameBits(t, before, dst, "dst after %q", want)
		requireSameBits(t, beforeX, x, "src after %q", want)
		require.Equal(t, beforeMask, mask, "mask after %q", want)
		require.Equal(t, at, *rng, "rng after %q", want)
	}
}

// TestNeighbours checks that slices which touch without overlapping are welcome.
func TestNeighbours(t *testing.T) {
	x := make([]float32, 200)
	d := mustNew(t, 0.5)
	require.NotPanics(t, func() {
		d.Forward(x[:100], x[100:], nil, Derive(1))
		d.Forward(x[100:], x[:100], nil, Derive(1))
		d.Backward(x[50:50], x[50:50], nil)
		d.Forward(nil, []float32{}, nil, Derive(1))
	})
}

// TestGrowingStack calls functions that have their scratch space on the stack
// from every depth of a new goroutine, so that the stack moves at every place.
func TestGrowingStack(t *testing.T) {
	d := mustNew(t, 0.3)
	g, err := NewGaussian(0.3)
	require.NoError(t, err)
	src := testFloats(256, 1)
	forEachKernel(t, func(t *testing.T) {
		for name, f := range map[string]func(dst []float32){
			"Forward":         func(dst []float32) { d.Forward(dst, src, nil, Derive(11)) },
			"ForwardResidual": func(dst []float32) { d.ForwardResidual(dst, src, src[:16:16], nil, nil, Derive(11)) },
			"ForwardGroups":   func(dst []float32) { d.ForwardGroups(dst, src, 2, nil, Derive(11)) },
			"Gaussian":        func(dst []float32) { g.Forward(dst, src, Derive(11)) },
		} {
			want, got := make([]float32, len(src)), make([]float32, len(src))
			f(want)
			for depth := range 300 {
				dirty(got)
				done := make(chan struct{})
				go func() {
					atDepth(depth, func() { f(got) })
					close(done)
				}()
				<-done
				requireSameNumbers(t, want, got, "%s, %d frames deep", name, depth)
			}
		}
	})
}

// atDepth calls f below n frames of some 100 bytes.
func atDepth(n int, f func()) byte {
	if n == 0 {
		f()
		return 0
	}
	var frame [64]byte
	frame[n%64] = atDepth(n-1, f)
	return frame[n/2%64]
}

func TestAllocations(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		for _, n := range []int{1, 64, 1000, 2*callLen + 5} {
			src, dst, mask := testFloats(n, 1), make([]float32, n), NewMask(n)
			rng, sums := Derive(10), make([]float32, 1)
			for _, p := range []float64{0, 0.1, 0.5, 1} {
				d := mustNew(t, p)
				a, _ := NewAlpha(p)
				g, _ := NewGaussian(p / 2)
				for name, f := range map[string]func(){
					"Forward":              func() { d.Forward(dst, src, mask, rng) },
					"Forward without mask": func() { d.Forward(dst, src, nil, rng) },
					"Backward":             func() { d.Backward(dst, src, mask) },
					"BackwardAt":           func() { d.BackwardAt(dst, src, *rng) },
					"Draw":                 func() { d.Draw(mask, n, rng) },
					"ForwardReLU":          func() { d.ForwardReLU(dst, src, nil, rng) },
					"ForwardResidual":      func() { d.ForwardResidual(dst, src, src[:1], src, nil, rng) },
					"BackwardBias":         func() { d.BackwardBias(dst, sums, src, mask) },
					"ForwardGroups":        func() { d.ForwardGroups(dst, src, n, nil, rng) },
					"BackwardGroups":       func() { d.BackwardGroups(dst, src, n, mask) },
					"Alpha.Forward":        func() { a.Forward(dst, src, nil, rng) },
					"Alpha.Backward":       func() { a.Backward(dst, src, mask) },
					"Alpha.BackwardAt":     func() { a.BackwardAt(dst, src, *rng) },
					"Gaussian.Forward":     func() { g.Forward(dst, src, rng) },
					"Gaussian.BackwardAt":  func() { g.BackwardAt(dst, src, *rng) },
					"Derive":               func() { *rng = *Derive(1, 2, 3) },
					"NewPCG":               func() { *rng = *NewPCG(1, 2) },
				} {
					require.Zero(t, testing.AllocsPerRun(10, f), "%s, n = %d, p = %v", name, n, p)
				}
			}
		}
	})
}
