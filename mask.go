package dropout

import (
	"fmt"
	"math/bits"
)

// Mask holds one bit per element: bit i%64 of word i/64 is 1 where element i
// was kept. The bits of the last word at and above the number of elements are
// zero in every mask that this package writes.
type Mask []uint64

// NewMask returns a mask for n elements, all of them dropped.
// It panics if n is negative.
func NewMask(n int) Mask {
	if n < 0 {
		panic(fmt.Sprintf("dropout: NewMask: n is %d, want at least 0", n))
	}
	return make(Mask, MaskWords(n))
}

// MaskWords returns the number of words in a mask of n elements, ⌈n/64⌉.
// It panics if n is negative.
func MaskWords(n int) int {
	if n < 0 {
		panic(fmt.Sprintf("dropout: MaskWords: n is %d, want at least 0", n))
	}
	return maskWords(n)
}

// maskWords is MaskWords for an n that is known to be a length.
func maskWords(n int) int { return int((uint(n) + 63) / 64) }

// Kept reports whether element i was kept.
// It panics if i is outside the words of m.
func (m Mask) Kept(i int) bool {
	if i < 0 || i/64 >= len(m) {
		panic(fmt.Sprintf("dropout: Kept: element %d, mask has room for %d", i, 64*len(m)))
	}
	return m[i/64]>>(i%64)&1 != 0
}

// Count returns how many of the first n elements were kept.
// It panics if n is negative or beyond the words of m.
func (m Mask) Count(n int) int {
	if n < 0 || maskWords(n) > len(m) {
		panic(fmt.Sprintf("dropout: Count: %d elements, mask has room for %d", n, 64*len(m)))
	}
	kept := 0
	for _, w := range m[:n/64] {
		kept += bits.OnesCount64(w)
	}
	if n%64 != 0 {
		kept += bits.OnesCount64(m[n/64] & (1<<(n%64) - 1))
	}
	return kept
}

// block returns the words of elements lo to hi, lo a multiple of 64; of a mask that
// is not stored, as many of scratch.
func (m Mask) block(lo, hi int, scratch []uint64) []uint64 {
	if m == nil {
		return scratch[:maskWords(hi-lo)]
	}
	return m[lo/64:][:maskWords(hi-lo)]
}

// words returns the words of m that n elements take; those of a mask that is not
// stored are none.
func (m Mask) words(n int) Mask { return m[:min(len(m), maskWords(n))] }

// from returns the words of m from element i on, a multiple of 64 or inside the
// first word; the words of a mask that is not stored are none.
func (m Mask) from(i int) Mask {
	if m == nil {
		return nil
	}
	return m[i/64:]
}
