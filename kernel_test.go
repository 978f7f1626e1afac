package dropout

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fusedrop/dropout/internal/reference"
)

// kernelThresholds are values of T that take every path of fillMask: each number
// of planes, with and without ties, and both ends.
func kernelThresholds() []uint64 {
	ts := []uint64{1, 2, 1<<24 - 1, 1 << 24, 1<<24 + 1, 1<<31 - 1, 1<<31 + 1, 1<<32 - 1<<24, 1<<32 - 2, 1<<32 - 1, 0xE6666666, 0x55AA55AA}
	for k := range planes {
		bit := uint64(1) << (31 - k)
		ts = append(ts, bit, 0xA5A5A5A5&^(bit-1)|bit, 0xFFFFFFFF&^(bit-1))
	}
	return ts
}

func TestFillMask(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		words := blockWords + 3
		for i, threshold := range kernelThresholds() {
			rng := Derive(1, uint64(i))
			at := *rng
			want := reference.Pack(reference.Keep(64*words, threshold, rng))
			for n := range words + 1 {
				got := make([]uint64, n+1)
				got[n] = 0xC0FFEE
				active.fillMask(got[:n], at.state, at.inc(), threshold, nil)
				require.EqualValues(t, 0xC0FFEE, got[n], "word behind the mask, n = %d", n)
				requireSameWords(t, want[:n], got[:n], "T = %#x, n = %d", threshold, n)
			}
		}
	})
}

// TestFillMaskManyTies draws masks from words that are made to tie: with T one more
// than the digit of every element the tie bits decide each of the 64.
func TestFillMaskManyTies(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		const words = 64
		most := 0
		for seed := range uint64(20000) {
			rng := Derive(2, seed)
			at := *rng
			var w [planes]uint64
			equal := [256]int{}
			for k := range w {
				w[k] = rng.Uint64()
			}
			for i := range 64 {
				equal[reference.Uniform(w, i)>>24]++
			}
			for digit, n := range equal {
				if n < 5 || n < most {
					continue
				}
				most = n
				threshold := uint64(digit)<<24 | 0x800000
				*rng = at
				want := reference.Pack(reference.Keep(64*words, threshold, rng))
				got := make([]uint64, words)
				active.fillMask(got, at.state, at.inc(), threshold, nil)
				requireSameWords(t, want, got, "seed %d, digit %d, %d ties", seed, digit, n)
			}
		}
		require.GreaterOrEqual(t, most, 5)
	})
}

// TestFillMaskExactThreshold sets T to the very bits of an element, which drops
// it, and to one more, which keeps it.
func TestFillMaskExactThreshold(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		const words = 5
		for i := range 64 * words {
			rng := Derive(3, uint64(i))
			at := *rng
			var w [planes]uint64
			for range i/64 + 1 {
				for k := range w {
					w[k] = rng.Uint64()
				}
			}
			u := reference.Uniform(w, i%64)
			for _, threshold := range []uint64{u, u + 1} {
				if threshold == 0 || threshold == one {
					continue
				}
				got := make(Mask, words)
				active.fillMask(got, at.state, at.inc(), threshold, nil)
				require.Equal(t, u < threshold, got.Kept(i), "element %d, u = %#x, T = %#x", i, u, threshold)
			}
		}
	})
}

func TestApply(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		applies := map[string]applier{"apply": active.apply}
		if active.applyStream != nil {
			applies["applyStream"] = active.applyStream
		}
		for name, apply := range applies {
			for i, n := range testLengths() {
				if n == 0 || n > callLen {
					continue
				}
				rng := Derive(3, uint64(i))
				keep := reference.Keep(n, 0x99999999, rng)
				src := testFloats(n+16, uint64(i))[i%16:][:n]
				scale := []float32{1.1111112, 1, 2, 3e30}[i%4]
				want := make([]float32, n)
				for j := range want {
					if keep[j] {
						want[j] = src[j] * scale
					}
				}
				dst, check := guarded(n, i/16%16)
				apply(dst, src, reference.Pack(keep), scale)
				requireSameBits(t, want, dst, "%s, n = %d, i = %d", name, n, i)
				check(t, "%s, n = %d", name, n)

				apply(src, src, reference.Pack(keep), scale)
				requireSameBits(t, want, src, "%s in place, n = %d, i = %d", name, n, i)
			}
		}
	})
}

// TestApplyAlignment takes apply through every alignment of dst and src to a
// 64-byte line.
func TestApplyAlignment(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		for _, n := range []int{1, 7, 8, 9, 63, 64, 65, 200} {
			keep := reference.Keep(n, 0x80000001, Derive(4, uint64(n)))
			mask := reference.Pack(keep)
			src := testFloats(n, uint64(n))
			want := reference.Apply(src, keep, 0x80000001)
			scale := reference.Scale(0x80000001)
			for from := range 16 {
				s, _ := guarded(n, from)
				copy(s, src)
				for to := range 16 {
					dst, check := guarded(n, to)
					active.apply(dst, s, mask, scale)
					requireSameBits(t, want, dst, "apply, n = %d, src + %d, dst + %d", n, from, to)
					if active.applyStream != nil {
						clear(dst)
						active.applyStream(dst, s, mask, scale)
						requireSameBits(t, want, dst, "applyStream, n = %d, src + %d, dst + %d", n, from, to)
					}
					check(t, "n = %d, src + %d, dst + %d", n, from, to)
				}
			}
		}
	})
}

// TestCalls checks what the drivers promise the kernels, with a kernel that only
// looks at what it is given.
func TestCalls(t *testing.T) {
	before := active
	t.Cleanup(func() { active = before })
	covered := 0
	checkCall := func(n, words int) {
		require.LessOrEqual(t, n, callLen)
		require.Positive(t, n)
		require.Equal(t, maskWords(n), words)
	}
	apply := func(dst, src []float32, mask []uint64, scale float32) {
		require.Len(t, src, len(dst))
		checkCall(len(dst), len(mask))
		require.False(t, math.IsInf(float64(scale), 0))
		covered += len(dst)
	}
	active = &kernel{
		name: "spy",
		fillMask: func(mask []uint64, s, inc, threshold uint64, near []float32) {
			require.LessOrEqual(t, len(mask), callLen/64)
			require.NotEmpty(t, mask)
			require.True(t, threshold > 0 && threshold < one)
			require.True(t, inc&1 == 1)
			if near != nil {
				require.Equal(t, maskWords(len(near)), len(mask))
			}
		},
		apply:       apply,
		applyStream: apply,
		streamLen:   3 * callLen,
	}
	for _, p := range []float64{0, 1e-9, 0.5, 1} {
		for _, n := range []int{0, 1, 64, blockLen, callLen, callLen + 1, 5*callLen + 17, 20 * callLen} {
			d := mustNew(t, p)
			x, y, m, rng := make([]float32, n), make([]float32, n), NewMask(n), Derive(5)
			between := p > 0 && p < 1
			for name, f := range map[string]func(){
				"Forward":       func() { d.Forward(y, x, m, rng) },
				"Forward, nil":  func() { d.Forward(y, x, nil, rng) },
				"in place":      func() { d.Forward(x, x, m, rng) },
				"Backward":      func() { d.Backward(y, x, m) },
				"BackwardAt":    func() { d.BackwardAt(y, x, *rng) },
				"longer buffer": func() { d.Forward(y, x, NewMask(n+999), rng) },
			} {
				covered = 0
				f()
				if between {
					require.Equal(t, n, covered, "%s: elements passed to the kernel", name)
				} else {
					require.Zero(t, covered, "%s: p = %v needs no kernel", name, p)
				}
			}
			d.Draw(m, n, rng)
		}
	}
}

func TestChoose(t *testing.T) {
	best, last := &kernel{name: "best"}, &kernel{name: "last"}
	ks := []*kernel{best, last}
	require.Same(t, best, choose(ks, ""))
	require.Same(t, best, choose(ks, "best"))
	require.Same(t, last, choose(ks, "last"))
	require.PanicsWithValue(t, `dropout: DROPOUT_KERNEL is "sse9", available here: best, last`, func() { choose(ks, "sse9") })
	require.Same(t, &genericKernel, kernels[len(kernels)-1])
	require.Same(t, &genericKernel, choose(kernels, "generic"))
}

func TestKernelTableIsComplete(t *testing.T) {
	for _, k := range kernels {
		require.NotNil(t, k.fillMask, k.name)
		require.NotNil(t, k.apply, k.name)
		require.True(t, k.streamLen == 0 || k.applyStream != nil, k.name)
	}
}
