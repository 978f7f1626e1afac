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
//			u = d<<24 | tie(w7, 1<<j)
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
		_, below := bits.Sub64(tie(w7, i), low, 0)
		c.less |= i & -below
	}
	return c.less
}

// tie returns the tie bits of the element whose place among 64 is given by the
// one bit of place. One round of output would do for the bits of one element, but
// not for two of a word: inputs that differ in two bits give it differences that
// it is too short to hide.
func tie(w7, place uint64) uint64 {
	return output(output((w7+golden)^place)) >> (64 - tieBits)
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
// without the branch, which would be mispredicted as often as p is near 1/2. The
// masks of four elements come from a table, because to shift each bit of a word to
// all of 32 takes half as long again.
func applyGeneric(dst, src []float32, mask []uint64, scale float32) {
	for _, m := range mask {
		n := min(len(src), 64)
		d, s := dst[:n], src[:n]
		for len(s) >= 8 {
			y, x := (*[8]float32)(d), (*[8]float32)(s)
			lo, hi := &fourBits[m&15], &fourBits[m>>4&15]
			y[0] = and(x[0]*scale, lo[0])
			y[1] = and(x[1]*scale, lo[1])
			y[2] = and(x[2]*scale, lo[2])
			y[3] = and(x[3]*scale, lo[3])
			y[4] = and(x[4]*scale, hi[0])
			y[5] = and(x[5]*scale, hi[1])
			y[6] = and(x[6]*scale, hi[2])
			y[7] = and(x[7]*scale, hi[3])
			d, s, m = d[8:], s[8:], m>>8
		}
		for i, x := range s {
			d[i] = selected(x*scale, m<<63)
			m >>= 1
		}
		dst, src = dst[n:], src[n:]
	}
}

// fourBits holds the bits of its index, each 32 times.
var fourBits = func() (table [16][4]uint32) {
	for i := range table {
		for j := range table[i] {
			table[i][j] = -uint32(i >> j & 1)
		}
	}
	return table
}()

// and returns x, or +0 if mask is 0.
func and(x float32, mask uint32) float32 {
	return math.Float32frombits(math.Float32bits(x) & mask)
}

// selected returns x if the top bit of m is set and +0 if not, whatever x is.
func selected(x float32, m uint64) float32 {
	return and(x, uint32(int64(m)>>63))
}

// applyReLUGeneric is
//
//	for i := range dst {
//		if mask[i/64]>>(i%64)&1 != 0 && !(src[i] <= 0) {
//			dst[i] = src[i] * scale
//		} else {
//			dst[i] = 0
//			mask[i/64] &^= 1 << (i % 64)
//		}
//	}
//
// so that mask becomes the mask of dropout and ReLU in one.
func applyReLUGeneric(dst, src []float32, mask []uint64, scale float32) {
	for w := range mask {
		n := min(len(src), 64)
		var negative uint64
		for i, x := range src[:n] {
			var bit uint64
			if x <= 0 {
				bit = 1
			}
			negative |= bit << i
		}
		mask[w] &^= negative
		applyGeneric(dst[:n], src[:n], mask[w:w+1], scale)
		dst, src = dst[n:], src[n:]
	}
}

// applyAffineGeneric is
//
//	for i := range dst {
//		if mask[i/64]>>(i%64)&1 != 0 {
//			dst[i] = float32(src[i]*scale) + shift
//		} else {
//			dst[i] = dropped
//		}
//	}
func applyAffineGeneric(dst, src []float32, mask []uint64, scale, shift, dropped float32) {
	rest := math.Float32bits(dropped)
	for _, m := range mask {
		n := min(len(src), 64)
		d := dst[:n]
		for i, x := range src[:n] {
			keep := -uint32(m & 1)
			y := math.Float32bits(float32(x*scale) + shift)
			d[i] = math.Float32frombits(y&keep | rest&^keep)
			m >>= 1
		}
		dst, src = dst[n:], src[n:]
	}
}

// applyResidualGeneric is
//
//	for i := range dst {
//		y := float32(0)
//		if mask[i/64]>>(i%64)&1 != 0 {
//			y = float32(src[i]+bias[i]) * scale
//		}
//		dst[i] = residual[i] + float32(y)
//	}
func applyResidualGeneric(dst, src, bias, residual []float32, mask []uint64, scale float32) {
	for _, m := range mask {
		n := min(len(src), 64)
		d, b, r := dst[:n], bias[:n], residual[:n]
		for i, x := range src[:n] {
			d[i] = r[i] + selected(float32(float32(x+b[i])*scale), m<<63)
			m >>= 1
		}
		dst, src, bias, residual = dst[n:], src[n:], bias[n:], residual[n:]
	}
}

// fillApplyGeneric is fillMask and what then says, for a mask of whole words whose
// number is a multiple of mixLen/64. then.dst begins at a cache line and is not
// then.src.
func fillApplyGeneric(mask []uint64, s, inc, t uint64, then *pass) {
	active.fillMask(mask, s, inc, t, then.src)
	if then.op == opResidual {
		active.applyResidual(then.dst, then.src, then.bias, then.residual, mask, then.scale)
	} else {
		then.apply(mask, false)
	}
}

// forwardWordGeneric is fillMask and apply for the elements of one mask word, which
// it returns: many networks have small layers, and then a call is all set-up.
func forwardWordGeneric(dst, src []float32, s, inc, t uint64, scale float32) uint64 {
	var mask [1]uint64
	active.fillMask(mask[:], s, inc, t, src)
	trim(mask[:], len(dst))
	active.apply(dst, src, mask[:], scale, false)
	return mask[0]
}

// addGeneric is
//
//	for i := range sum {
//		sum[i] += x[i]
//	}
func addGeneric(sum, x []float32) {
	x = x[:len(sum)]
	for i, v := range x {
		sum[i] += v
	}
}

// normalGroup is how many normal variates take normalWords words of the stream.
const (
	normalWords = 8
	normalGroup = 2 * normalWords
)

// fillNormalGeneric is
//
//	for i := 0; i < len(z); i += normalGroup {
//		for j := range normalWords {
//			z[i+j], z[i+j+normalWords] = normalPair(next word of the stream)
//		}
//	}
//
// where s is the stream's state before the first of the words. len(z) is a
// multiple of normalGroup. It reads near, the elements that the variates are for,
// at most into the cache. The two variates of a word stand normalWords apart
// so that vectors of any width take them from whole vectors of words.
func fillNormalGeneric(z []float32, s, inc uint64, near []float32) {
	for len(z) >= normalGroup {
		for j := range normalWords {
			z[j], z[j+normalWords] = normalPair(output(s))
			s = s*lcgMul + inc
		}
		z = z[normalGroup:]
	}
}

// Polynomials of normalPair, by Remez-like minimax fits in double precision; errors
// with coefficients rounded to float32 (docs/gaussian.md):
//
//	log(1+f) = f - f²/2 + f³·(log0 + log1·f + … + log6·f⁶)   √½-1 ≤ f ≤ √2-1, relative error 3.5e-8
//	sin t    = t + t³·(sin0 + sin1·t² + sin2·t⁴)             |t| ≤ π/4, error 2.7e-9
//	cos t    = 1 - t²/2 + t⁴·(cos0 + cos1·t²)                |t| ≤ π/4, error 6.7e-8
const (
	log0, log1, log2, log3 = 0.33333911, -0.25001337, 0.19963064, -0.16577585
	log4, log5, log6       = 0.14914768, -0.14267487, 0.08700436

	sin0, sin1, sin2 = -0.16666651, 0.00833198, -0.00019496
	cos0, cos1       = 0.04166128, -0.00136525

	sqrtHalfBits = 0x3F3504F3              // √½ as a float32
	turn         = 2 * math.Pi / (1 << 32) // the angle of 1 in the low half of a word
)

// normalPair turns a word into two independent normal variates by the method of
// Box and Muller (Annals of Mathematical Statistics 29, 1958): the high half is
// the radius √(-2·ln u) with 2^-32 ≤ u ≤ 1, which reaches 6.66, and the low half
// the angle. Every operation is rounded to float32 once, in this order, on every
// kernel; products are converted so that the compiler fuses none into a sum.
func normalPair(w uint64) (cos, sin float32) {
	// ln u = e·ln 2 + ln(1+f), u = 2^e·(1+f).
	u := float32(float32(int32(w>>33))*0x1p-31) + 0x1p-32
	b := int32(math.Float32bits(u)) - sqrtHalfBits
	e := float32(b >> 23)
	f := math.Float32frombits(uint32(b&0x7FFFFF+sqrtHalfBits)) - 1
	f2 := float32(f * f)
	q := float32(float32(log6*f) + log5)
	q = float32(q*f) + log4
	q = float32(q*f) + log3
	q = float32(q*f) + log2
	q = float32(q*f) + log1
	q = float32(q*f) + log0
	l := float32(f-float32(0.5*f2)) + float32(float32(f2*f)*q)
	l = float32(e*math.Ln2) + l
	r := float32(math.Sqrt(float64(float32(-2 * l))))

	// The angle is k quarter turns and t.
	a := int32(uint32(w))
	k := (a + 1<<29) >> 30
	t := float32(float32(a-k<<30) * turn)
	t2 := float32(t * t)
	ps := float32(float32(sin2*t2) + sin1)
	ps = float32(ps*t2) + sin0
	s := t + float32(float32(t2*t)*ps)
	pc := float32(cos1*t2) + cos0
	c := float32(1-float32(0.5*t2)) + float32(float32(t2*t2)*pc)
	if k&1 != 0 {
		s, c = c, s
	}
	// The sign bits: sin is negative in the half turn below 0, cos a quarter on.
	sin = math.Float32frombits(math.Float32bits(float32(r*s)) ^ uint32(k&2)<<30)
	cos = math.Float32frombits(math.Float32bits(float32(r*c)) ^ uint32((k+1)&2)<<30)
	return cos, sin
}

// applyNormalGeneric is
//
//	for i := range dst {
//		dst[i] = src[i] * float32(1+float32(sigma*z[i]))
//	}
func applyNormalGeneric(dst, src, z []float32, sigma float32) {
	src, z = src[:len(dst)], z[:len(dst)]
	for i, x := range src {
		dst[i] = x * float32(1+float32(sigma*z[i]))
	}
}
