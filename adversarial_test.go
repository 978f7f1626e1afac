package dropout

import (
	"math"
	"math/bits"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fusedrop/dropout/internal/reference"
)

// TestMaskOfAnother applies masks that were drawn for other lengths and another p:
// a longer one counts from its start, a shorter one panics, and the scale is that
// of the call.
func TestMaskOfAnother(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		const drawn = 1000
		mask, keep := NewMask(drawn), reference.Keep(drawn, reference.Threshold(0.9), Derive(50))
		mustNew(t, 0.9).Draw(mask, drawn, Derive(50))
		grad, d := testFloats(2*drawn, 50), mustNew(t, 0.1)
		for _, n := range []int{0, 1, 63, 64, 65, 500, 960, drawn} {
			want := reference.Apply(grad[:n], keep[:n], reference.Threshold(0.1))
			got := make([]float32, n)
			d.Backward(got, grad[:n], mask)
			requireSameBits(t, want, got, "n = %d", n)
		}
		got := make([]float32, 2*drawn)
		require.Panics(t, func() { d.Backward(got, grad, mask) })
		require.Equal(t, make([]float32, 2*drawn), got)
		// The last word has room for 24 elements more: they were never drawn.
		n := 64 * len(mask)
		d.Backward(got[:n], grad[:n], mask)
		for _, v := range got[drawn:n] {
			require.Zero(t, math.Float32bits(v))
		}
	})
}

// TestOneDropoutManyStreams makes calls on the same Dropout, Alpha and Gaussian at
// once, with several workers in each: that is safe, which -race confirms.
func TestOneDropoutManyStreams(t *testing.T) {
	const n = 2*shardLen + 64
	src, shared := testFloats(n, 51), operands{}
	shared.setP(0.3, 3)
	want := make([]float32, n)
	shared.d.Forward(want, src, nil, Derive(51))
	var wg sync.WaitGroup
	for range 4 {
		for _, op := range operations {
			wg.Go(func() {
				o := shared
				o.dst, o.src, o.residual, o.bias = make([]float32, n), src, src, src[:64]
				o.sums, o.mask, o.group, o.rng = make([]float32, 64), NewMask(n), 64, Derive(51)
				op.call(&o)
				if op.name != "Forward" {
					return
				}
				for i := range want {
					if math.Float32bits(want[i]) != math.Float32bits(o.dst[i]) {
						t.Errorf("element %d differs", i)
						return
					}
				}
			})
		}
	}
	wg.Wait()
}

// TestDrawMostElements draws the mask of as many elements as an int of 32 bits can
// count, where positions and sums are close to overflowing.
func TestDrawMostElements(t *testing.T) {
	if testing.Short() || bits.UintSize == 64 && !*long {
		t.Skip("takes 256 MiB and seconds")
	}
	defer debug.FreeOSMemory()
	const n = math.MaxInt32
	mask := NewMask(n)
	for _, workers := range []int{1, 3} {
		clear(mask)
		rng := Derive(52)
		at := *rng
		d := mustNew(t, 0.5).Workers(workers)
		d.Draw(mask, n, rng)
		const end = 16*64 + 63 // elements from the start of a word on
		tail := NewMask(end)
		last := at.from(n - end)
		d.Draw(tail, end, &last)
		requireSameWords(t, tail, mask[len(mask)-len(tail):], "%d workers", workers)
		require.Equal(t, last, *rng)
		require.InDelta(t, n/2, mask.Count(n), 6*math.Sqrt(n)/2)
		require.False(t, mask[len(mask)-1]>>63 != 0, "the bit behind the last element")
	}
}
