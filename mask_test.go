package dropout

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMaskWords(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 1, 63: 1, 64: 1, 65: 2, 128: 2, math.MaxInt: math.MaxInt/64 + 1} {
		require.Equal(t, want, MaskWords(n), "n = %d", n)
	}
	require.Len(t, NewMask(65), 2)
	require.NotNil(t, NewMask(0), "a mask of no elements is stored, not left out")
	require.PanicsWithValue(t, "dropout: MaskWords: n is -1, want at least 0", func() { MaskWords(-1) })
	require.PanicsWithValue(t, "dropout: NewMask: n is -1, want at least 0", func() { NewMask(-1) })
}

func TestMaskKeptAndCount(t *testing.T) {
	const n = 200
	m := NewMask(n)
	mustNew(t, 0.3).Draw(m, n, Derive(1))
	kept := 0
	for i := range n {
		require.Equal(t, kept, m.Count(i), "first %d", i)
		require.Equal(t, m[i/64]&(1<<(i%64)) != 0, m.Kept(i), "element %d", i)
		if m.Kept(i) {
			kept++
		}
	}
	require.Equal(t, kept, m.Count(n))
	require.Equal(t, kept, m.Count(64*len(m)), "bits above n are zero")
	require.Zero(t, Mask(nil).Count(0))

	require.PanicsWithValue(t, "dropout: Kept: element -1, mask has room for 256", func() { m.Kept(-1) })
	require.PanicsWithValue(t, "dropout: Kept: element 256, mask has room for 256", func() { m.Kept(256) })
	require.PanicsWithValue(t, "dropout: Count: 257 elements, mask has room for 256", func() { m.Count(257) })
	require.PanicsWithValue(t, "dropout: Count: -1 elements, mask has room for 256", func() { m.Count(-1) })
}
