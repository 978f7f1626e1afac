package stats

import "math/bits"

// group is how many words a counter takes at a time.
const group = 16

// counter counts, for each of the 64 bit positions, the words that have the bit
// set. The counts are bit-sliced: bit i of digit[k] is bit k of the count of
// position i. A tree of carry-save adders brings the cost of a word down to a
// few instructions (Harley and Seal; H. S. Warren, "Hacker's Delight", 5-1).
type counter struct {
	digit [48]uint64
}

// addCSA returns a + b + c for each position, in two bits.
func addCSA(a, b, c uint64) (high, low uint64) {
	u := a ^ b
	return a&b | u&c, u ^ c
}

func (c *counter) add(x *[group]uint64) {
	ones, twos, fours, eights := c.digit[0], c.digit[1], c.digit[2], c.digit[3]
	var carry uint64
	var four [4]uint64
	for i := range four {
		y := (*[4]uint64)(x[4*i:])
		var a, b uint64
		a, ones = addCSA(ones, y[0], y[1])
		b, ones = addCSA(ones, y[2], y[3])
		four[i], twos = addCSA(twos, a, b)
	}
	a, fours := addCSA(fours, four[0], four[1])
	b, fours := addCSA(fours, four[2], four[3])
	carry, eights = addCSA(eights, a, b)
	c.digit[0], c.digit[1], c.digit[2], c.digit[3] = ones, twos, fours, eights
	c.carry(4, carry)
}

// carry adds 2^k at the positions of x.
func (c *counter) carry(k int, x uint64) {
	for ; x != 0; k++ {
		c.digit[k], x = c.digit[k]^x, c.digit[k]&x
	}
}

// at returns the count of position i.
func (c *counter) at(i int) uint64 {
	var n uint64
	for k, d := range c.digit {
		n |= d >> i & 1 << k
	}
	return n
}

// addAnd adds the words a[i] & b[i] rotated left by r.
func (c *counter) addAnd(a, b []uint64, r int) {
	b = b[:len(a)]
	var x [group]uint64
	for ; len(a) >= group; a, b = a[group:], b[group:] {
		p, q := (*[group]uint64)(a), (*[group]uint64)(b)
		for i := range x {
			x[i] = p[i] & bits.RotateLeft64(q[i], r)
		}
		c.add(&x)
	}
	for i := range a {
		c.carry(0, a[i]&bits.RotateLeft64(b[i], r))
	}
}
