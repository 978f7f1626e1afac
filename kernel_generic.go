package dropout

import (
	"math"
	"math/bits"
)

// This file is the specification of every kernel: the two phases in plain Go,
// without build tags, so that it is compiled, tested and selectable everywhere.
//
// Phase one, fillMask, turns words of the stream into mask words. 64 elements
// take 8 words w0…w7, bit-sliced: bit i of w0…w7, w0 first, is the 8-bit digit
// of element i, and the digits of 64 elements are compared with the top 8 bits
// of T by 8 rounds of AND and OR, as if each word were 64 one-bit processors.
// An element whose digit equals T's, 1 in 256, needs 24 bits more: they are a
// hash of w7 and the element's place, so that no further word of the stream is
// spent and the position of everything stays known beforehand.
//
// Phase two, apply, selects and scales. The mask of a block is small enough to
// stay in the L1 cache between the phases, and the floats are passed over once.
//
// Kernels get a threshold 0 < T < 2^32 and never see p; kernel.go sees to the
// ends and to splitting long slices.

// planes is how many words of the stream 64 elements take.
const planes = 8

// tieBits is how many bits of T lie below the planes.
const tieBits = 24

// fillMaskGeneric is
//
//	for i := range mask {
//		w0…w7 = the next 8 words of the stream
//		for j := range 64 {
//			d = bit j of w0…w7, w0 first
//			u = d<<24 | output((w7+golden)^(1<<j))>>40
//			bit j of mask[i] = u < t
//		}
//	}
//
// where s is the stream's state before the first of the words. It reads near,
// the elements that the mask is for, at most into the cache: apply comes next.
func fillMaskGeneric(mask []uint64, s, inc, t uint64, near []float32) {
	// Two states at a time keep the multiplier busy while the chain of steps
	// waits for it.
	var bit [planes]uint64
	for k := range bit {
		bit[k] = -(t >> (tieBits + planes - 1 - k) & 1)
	}
	for i := range mask {
		c := compare{equal: ^uint64(0)}
		var w uint64
		for k := 0; k < planes; k += 2 {
			next := s*lcgMul + inc
			c = c.plane(output(s), bit[k])
			w = output(next)
			c = c.plane(w, bit[k+1])
			s = next*lcgMul + inc
		}
		mask[i] = c.ties(w, t)
	}
}

// compare is the state of 64 comparisons of digits with T, from the most
// significant bit down: bit i of less is set where element i is known to be
// below T, bit i of equal where it has agreed with T so far.
type compare struct {
	less, equal uint64
}

// plane compares one more bit of each digit, those in w, with one of T, which
// is given 64 times.
func (c compare) plane(w, bit uint64) compare {
	differ := w ^ bit
	c.less |= c.equal & differ & bit
	c.equal &^= differ
	return c
}

// ties decides the elements that are still equal by their tie bits, drawn from
// w7, and returns those that are below t.
func (c compare) ties(w7, t uint64) uint64 {
	low := t & (1<<tieBits - 1)
	if low == 0 {
		return c.less
	}
	for ; c.equal != 0; c.equal &= c.equal - 1 {
		i := c.equal & -c.equal
		_, below := bits.Sub64(output((w7+golden)^i)>>(64-tieBits), low, 0)
		c.less |= i & -below
	}
	return c.less
}

// applyGeneric is
//
//	for i := range dst {
//		if mask[i/64]>>(i%64)&1 != 0 {
//			dst[i] = src[i] * scale
//		} else {
//			dst[i] = 0
//		}
//	}
//
// without the branch, which would be mispredicted as often as p is near 1/2.
func applyGeneric(dst, src []float32, mask []uint64, scale float32) {
	for _, m := range mask {
		n := min(len(src), 64)
		d, s := dst[:n], src[:n]
		for len(s) >= 4 {
			y, x := (*[4]float32)(d), (*[4]float32)(s)
			y[0] = selected(x[0]*scale, m<<63)
			y[1] = selected(x[1]*scale, m<<62)
			y[2] = selected(x[2]*scale, m<<61)
			y[3] = selected(x[3]*scale, m<<60)
			d, s, m = d[4:], s[4:], m>>4
		}
		for i, x := range s {
			d[i] = selected(x*scale, m<<63)
			m >>= 1
		}
		dst, src = dst[n:], src[n:]
	}
}

// selected returns x if the top bit of m is set and +0 if not, whatever x is.
func selected(x float32, m uint64) float32 {
	return math.Float32frombits(math.Float32bits(x) & uint32(int64(m)>>63))
}
