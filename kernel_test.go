package dropout

import (
	"cmp"
	"math"
	"slices"
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
			for n := 1; n <= words; n++ {
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
		for _, stream := range []bool{false, true} {
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
				active.apply(dst, src, reference.Pack(keep), scale, stream)
				requireSameBits(t, want, dst, "n = %d, i = %d, stream %v", n, i, stream)
				check(t, "n = %d, stream %v", n, stream)

				active.apply(src, src, reference.Pack(keep), scale, stream)
				requireSameBits(t, want, src, "in place, n = %d, i = %d, stream %v", n, i, stream)
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
					for _, stream := range []bool{false, true} {
						clear(dst)
						active.apply(dst, s, mask, scale, stream)
						requireSameBits(t, want, dst, "n = %d, src + %d, dst + %d, stream %v", n, from, to, stream)
					}
					check(t, "n = %d, src + %d, dst + %d", n, from, to)
				}
			}
		}
	})
}

// TestSplitToTheLastInt splits as many elements as a 32-bit platform may have: the
// mask of a Draw takes a bit for each.
func TestSplitToTheLastInt(t *testing.T) {
	for _, n := range []int{math.MaxInt, math.MaxInt - blockLen + 1} {
		for _, workers := range []int{2, 3, 64} {
			parts := make(chan [2]int, workers)
			Dropout{}.Workers(workers).parallel(n, func(lo, hi int) { parts <- [2]int{lo, hi} })
			close(parts)
			var sorted [][2]int
			for part := range parts {
				sorted = append(sorted, part)
			}
			slices.SortFunc(sorted, func(x, y [2]int) int { return cmp.Compare(x[0], y[0]) })
			end := 0
			for _, part := range sorted {
				require.Equal(t, end, part[0], "n = %d, %d workers", n, workers)
				require.Less(t, part[0], part[1])
				end = part[1]
			}
			require.Equal(t, n, end, "n = %d, %d workers", n, workers)
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
	require.Equal(t, generic, kernels[len(kernels)-1].isa, "the generic kernel is always there, as the last")
	require.Equal(t, generic, choose(kernels, "generic").isa)
}
