// Package reference computes dropout element by element, straight from its
// definition. It is what the kernels are tested against: nothing in it is fast,
// and it shares no code with them.
package reference

import "math"

// Source is a stream of random words.
type Source interface {
	Uint64() uint64
}

// Threshold returns T = round((1-p)·2^32): an element is kept if its 32 random
// bits are below T.
func Threshold(p float64) uint64 {
	return uint64(math.Floor((1-p)*4294967296 + 0.5))
}

// Scale returns float32(2^32/T).
func Scale(t uint64) float32 {
	return float32(4294967296 / float64(t))
}

// Keep returns which of n elements are kept. For each 64 elements or part of
// them it takes 8 words from src.
func Keep(n int, t uint64, src Source) []bool {
	keep := make([]bool, n)
	var w [8]uint64
	for i := range keep {
		if i%64 == 0 {
			for k := range w {
				w[k] = src.Uint64()
			}
		}
		keep[i] = Uniform(w, i%64) < t
	}
	return keep
}

// Uniform returns the 32 random bits u_i of element i among the 64 that the
// words w belong to: 8 bits of digit over 24 bits of tie.
func Uniform(w [8]uint64, i int) uint64 {
	var digit uint64
	for _, plane := range w {
		digit = 2*digit + plane>>i%2
	}
	tie := rxsMxs(rxsMxs((w[7]+0x9E3779B97F4A7C15)^(1<<i))) / (1 << 40)
	return digit*(1<<24) + tie
}

// rxsMxs is PCG's output function RXS M XS from 64 to 64 bits.
func rxsMxs(x uint64) uint64 {
	shift := 5 + x/(1<<59)
	x ^= x >> shift
	x *= 12605985483714917081
	return x ^ x/(1<<43)
}

// Pack returns keep as a mask, 64 elements to a word, the first in the lowest bit.
func Pack(keep []bool) []uint64 {
	mask := make([]uint64, (len(keep)+63)/64)
	for i, k := range keep {
		if k {
			mask[i/64] += 1 << (i % 64)
		}
	}
	return mask
}

// Apply returns x with elements dropped and scaled; it is the forward and the
// backward pass alike. At t = 2^32 (p = 0) x is copied, bit for bit.
func Apply(x []float32, keep []bool, t uint64) []float32 {
	y := make([]float32, len(x))
	for i := range x {
		switch {
		case !keep[i]:
			y[i] = 0
		case t == 1<<32:
			y[i] = x[i]
		default:
			y[i] = x[i] * Scale(t)
		}
	}
	return y
}
