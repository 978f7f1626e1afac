package dropout

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// stateOf returns the state whose output is w.
func stateOf(w uint64) uint64 {
	inverse := uint64(outMul) // of outMul modulo 2^64, by Newton's iteration
	for range 6 {
		inverse *= 2 - outMul*inverse
	}
	x := (w ^ w>>43) * inverse
	s := x
	for range 12 { // each round makes 5 more bits right, from the top
		s = x ^ s>>(x>>59+5)
	}
	return s
}

// TestFillNormalExtremes puts words that random ones never are, those at the
// edges of normalPair, at every place among three groups.
func TestFillNormalExtremes(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		const groups = 3
		words := extremeWords()
		// Radii on both sides of √½, where e changes, and angles as well.
		for _, hi := range []uint64{0x5A827900, 0x5A827980, 0x5A827A00} {
			words = append(words, hi<<33|0x1FFFFFFF, hi<<33|0x20000000)
		}
		for i, w := range words {
			at := *Derive(40, uint64(i))
			at.state = stateOf(w)
			require.Equal(t, w, output(at.state))
			for place := range groups * normalWords {
				want, got := make([]float32, groups*normalGroup), make([]float32, groups*normalGroup)
				fillNormalGeneric(want, at.state, at.inc(), nil)
				active.fillNormal(got, at.state, at.inc(), nil)
				requireSameBits(t, want, got, "word %#x at %d", w, place)
				at.Advance(^uint64(0))
			}
		}
	})
}

// TestFillNormalMany compares so many words that the last bit of every coefficient
// shows.
func TestFillNormalMany(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		want, got := make([]float32, 1<<20), make([]float32, 1<<20)
		rng := Derive(42)
		fillNormalGeneric(want, rng.state, rng.inc(), nil)
		for lo := 0; lo < len(got); lo += callLen {
			active.fillNormal(got[lo:lo+callLen], rng.state, rng.inc(), nil)
			rng.Advance(callLen / 2)
		}
		requireSameBits(t, want, got, "many")
	})
}

// TestApplyReLUMask has hard values at every place, all kept or not, and bits set
// beyond the last element: these stay.
func TestApplyReLUMask(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		for n := 1; n <= 200; n++ {
			for i := range hardFloats {
				src := make([]float32, n)
				for j := range src {
					src[j] = hardFloats[(i+j)%len(hardFloats)]
				}
				rng := Derive(41, uint64(n), uint64(i))
				mask := make([]uint64, maskWords(n))
				for w := range mask {
					mask[w] = rng.Uint64() | -uint64(i&1)
				}
				wantMask, want, got := slices.Clone(mask), make([]float32, n), make([]float32, n)
				applyReLUGeneric(want, src, wantMask, 1.25)
				active.applyReLU(got, src, mask, 1.25)
				requireSameBits(t, want, got, "n = %d, i = %d", n, i)
				requireSameWords(t, wantMask, mask, "n = %d, i = %d", n, i)
			}
		}
	})
}

// TestBackwardBiasWideRows has rows so long that a worker's columns are more than
// one call of a kernel may cover; the build tag dropoutcontract sees to that.
func TestBackwardBiasWideRows(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		const columns = 3*callLen + 5
		d, grad, mask := mustNew(t, 0.3), testFloats(4*columns, 1), NewMask(4*columns)
		d.Draw(mask, len(grad), Derive(1))
		dst, want, got := make([]float32, len(grad)), make([]float32, columns), make([]float32, columns)
		d.BackwardBias(dst, want, grad, mask)
		d.Workers(2).BackwardBias(dst, got, grad, mask)
		requireSameNumbers(t, want, got, "dbias")
	})
}
