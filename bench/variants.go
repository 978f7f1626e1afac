package main

import (
	"math"
	"math/rand/v2"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/bench/internal/measure"
)

// variants are the operations that do more than drop, or drop otherwise. Beside
// each runs what it stands for: the calls of this package that a program would
// make without it, with plain loops between. These work in dst where they can, so
// that they take no memory that the variant doesn't take.
var variants = []operation{
	{
		name: "ForwardReLU",
		bind: func(l layer, buf *buffers) measure.Call {
			return func(call uint64) {
				l.dropout.ForwardReLU(buf.dst, buf.src, buf.mask, dropout.NewPCG(call, stream))
			}
		},
		// Its mask is that of Forward alone: what the ReLU dropped, dst tells.
		unfused: func(l layer, buf *buffers) measure.Call {
			return func(call uint64) {
				relu(buf.dst, buf.src)
				l.dropout.Forward(buf.dst, buf.dst, buf.mask, dropout.NewPCG(call, stream))
			}
		},
		bytes: func(n int) int { return 8*n + maskBytes(n) },
	},
	{
		name: "ForwardResidual",
		bind: func(l layer, buf *buffers) measure.Call {
			return func(call uint64) {
				l.dropout.ForwardResidual(buf.dst, buf.src, buf.row, buf.residual, buf.mask, dropout.NewPCG(call, stream))
			}
		},
		unfused: func(l layer, buf *buffers) measure.Call {
			return func(call uint64) {
				addRow(buf.dst, buf.src, buf.row)
				l.dropout.Forward(buf.dst, buf.dst, buf.mask, dropout.NewPCG(call, stream))
				add(buf.dst, buf.residual)
			}
		},
		bytes: func(n int) int { return 12*n + maskBytes(n) + 4*divisor(n, rowLen) },
	},
	{
		name: "BackwardBias",
		bind: func(l layer, buf *buffers) measure.Call {
			l.dropout.Draw(buf.mask, len(buf.dst), dropout.NewPCG(1, stream))
			return func(uint64) { l.dropout.BackwardBias(buf.dst, buf.row, buf.src, buf.mask) }
		},
		unfused: func(l layer, buf *buffers) measure.Call {
			l.dropout.Draw(buf.mask, len(buf.dst), dropout.NewPCG(1, stream))
			return func(uint64) {
				l.dropout.Backward(buf.dst, buf.src, buf.mask)
				addColumns(buf.row, buf.dst)
			}
		},
		bytes: func(n int) int { return 8*n + maskBytes(n) + 8*divisor(n, rowLen) },
	},
	{
		name: "ForwardGroups",
		bind: func(l layer, buf *buffers) measure.Call {
			return func(call uint64) {
				l.dropout.ForwardGroups(buf.dst, buf.src, buf.group, buf.mask, dropout.NewPCG(call, stream))
			}
		},
		unfused: func(l layer, buf *buffers) measure.Call {
			return func(call uint64) {
				l.dropout.Draw(buf.mask, len(buf.dst)/buf.group, dropout.NewPCG(call, stream))
				expand(buf.wide, len(buf.dst), buf.mask, buf.group)
				l.dropout.Backward(buf.dst, buf.src, buf.wide)
			}
		},
		bytes: func(n int) int { return 8*n + maskBytes(n/divisor(n, groupLen)) },
	},
	{
		name: "BackwardGroups",
		bind: func(l layer, buf *buffers) measure.Call {
			l.dropout.Draw(buf.mask, len(buf.dst)/buf.group, dropout.NewPCG(1, stream))
			return func(uint64) { l.dropout.BackwardGroups(buf.dst, buf.src, buf.group, buf.mask) }
		},
		unfused: func(l layer, buf *buffers) measure.Call {
			l.dropout.Draw(buf.mask, len(buf.dst)/buf.group, dropout.NewPCG(1, stream))
			return func(uint64) {
				expand(buf.wide, len(buf.dst), buf.mask, buf.group)
				l.dropout.Backward(buf.dst, buf.src, buf.wide)
			}
		},
		bytes: func(n int) int { return 8*n + maskBytes(n/divisor(n, groupLen)) },
	},
	{
		name: "Alpha.Forward",
		bind: func(l layer, buf *buffers) measure.Call {
			return func(call uint64) { l.alpha.Forward(buf.dst, buf.src, buf.mask, dropout.NewPCG(call, stream)) }
		},
		unfused: func(l layer, buf *buffers) measure.Call {
			a := newAffine(l.alpha.P())
			return func(call uint64) {
				l.dropout.Draw(buf.mask, len(buf.dst), dropout.NewPCG(call, stream))
				a.apply(buf.dst, buf.src, buf.mask)
			}
		},
		bytes: func(n int) int { return 8*n + maskBytes(n) },
	},
	{
		name: "Alpha.Backward",
		bind: func(l layer, buf *buffers) measure.Call {
			l.dropout.Draw(buf.mask, len(buf.dst), dropout.NewPCG(1, stream))
			return func(uint64) { l.alpha.Backward(buf.dst, buf.src, buf.mask) }
		},
		unfused: func(l layer, buf *buffers) measure.Call {
			l.dropout.Draw(buf.mask, len(buf.dst), dropout.NewPCG(1, stream))
			unscaled := newAffine(l.alpha.P()).scale / l.dropout.Scale()
			return func(uint64) {
				l.dropout.Backward(buf.dst, buf.src, buf.mask)
				multiply(buf.dst, unscaled)
			}
		},
		bytes: func(n int) int { return 8*n + maskBytes(n) },
	},
	{
		name: "Alpha.BackwardAt",
		bind: func(l layer, buf *buffers) measure.Call {
			return func(call uint64) { l.alpha.BackwardAt(buf.dst, buf.src, *dropout.NewPCG(call, stream)) }
		},
		unfused: func(l layer, buf *buffers) measure.Call {
			unscaled := newAffine(l.alpha.P()).scale / l.dropout.Scale()
			return func(call uint64) {
				l.dropout.BackwardAt(buf.dst, buf.src, *dropout.NewPCG(call, stream))
				multiply(buf.dst, unscaled)
			}
		},
		bytes: func(n int) int { return 8 * n },
	},
	{
		name: "Gaussian.Forward",
		bind: func(l layer, buf *buffers) measure.Call {
			return func(call uint64) { l.gaussian.Forward(buf.dst, buf.src, dropout.NewPCG(call, stream)) }
		},
		unfused: noiseLoop,
		bytes:   func(n int) int { return 8 * n },
	},
	{
		name: "Gaussian.BackwardAt",
		bind: func(l layer, buf *buffers) measure.Call {
			return func(call uint64) { l.gaussian.BackwardAt(buf.dst, buf.src, *dropout.NewPCG(call, stream)) }
		},
		unfused: noiseLoop,
		bytes:   func(n int) int { return 8 * n },
	},
}

// noiseLoop multiplies by normal variates that math/rand/v2 makes of a stream of
// this package.
func noiseLoop(l layer, buf *buffers) measure.Call {
	p := l.gaussian.P()
	sigma := float32(math.Sqrt(p / (1 - p)))
	return func(call uint64) {
		rng := rand.New(dropout.NewPCG(call, stream))
		dst := buf.dst[:len(buf.src)]
		for i, x := range buf.src {
			dst[i] = x * (1 + sigma*float32(rng.NormFloat64()))
		}
	}
}

// relu sets dst to max(x, 0), and to NaN where x is, for which max needs no branch
// that could be mispredicted.
func relu(dst, x []float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = max(v, 0)
	}
}

func add(dst, x []float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] += v
	}
}

// addRow sets dst to x with row added to each of its rows.
func addRow(dst, x, row []float32) {
	for len(x) > 0 {
		d, r := dst[:len(row)], x[:len(row)]
		for i, v := range row {
			d[i] = r[i] + v
		}
		dst, x = dst[len(row):], x[len(row):]
	}
}

// addColumns adds the rows of x to sums.
func addColumns(sums, x []float32) {
	for len(x) > 0 {
		add(sums, x[:len(sums)])
		x = x[len(sums):]
	}
}

func multiply(dst []float32, factor float32) {
	for i := range dst {
		dst[i] *= factor
	}
}

// expand sets wide to the mask of n elements, given that of their groups.
func expand(wide dropout.Mask, n int, mask dropout.Mask, group int) {
	if group == 64 {
		for i := range wide {
			wide[i] = -(mask[i/64] >> (i % 64) & 1)
		}
		return
	}
	clear(wide)
	for g := range n / group {
		if mask.Kept(g) {
			for i := g * group; i < (g+1)*group; i++ {
				wide[i/64] |= 1 << (i % 64)
			}
		}
	}
}

// affine is what alpha dropout makes of an element, see [dropout.Alpha].
type affine struct{ scale, shift, dropped float32 }

func newAffine(p float64) affine {
	const prime = -1.7580993408473766
	q := 1 - p
	a := 1 / math.Sqrt(q+prime*prime*p*q)
	return affine{float32(a), float32(-a * prime * p), float32(a * prime * q)}
}

// apply selects with the bits of mask and not by a branch, which would be
// mispredicted as often as elements are dropped.
func (a affine) apply(dst, x []float32, mask dropout.Mask) {
	dst = dst[:len(x)]
	dropped := math.Float32bits(a.dropped)
	for i, v := range x {
		kept := -uint32(mask[i/64] >> (i % 64) & 1)
		y := math.Float32bits(float32(v*a.scale) + a.shift)
		dst[i] = math.Float32frombits(y&kept | dropped&^kept)
	}
}
