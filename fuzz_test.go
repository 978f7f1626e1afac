package dropout

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fusedrop/dropout/internal/reference"
)

// Every public function over slices has a target that drives each kernel of the
// machine against the reference. The fuzzer offers p, a length, a seed for the
// values and the stream, and a number that checkOperation takes everything else
// from: offsets, rows, workers, aliases, parts.

func FuzzForward(f *testing.F)            { fuzzOperation(f, "Forward") }
func FuzzBackward(f *testing.F)           { fuzzOperation(f, "Backward") }
func FuzzBackwardAt(f *testing.F)         { fuzzOperation(f, "BackwardAt") }
func FuzzDraw(f *testing.F)               { fuzzOperation(f, "Draw") }
func FuzzForwardReLU(f *testing.F)        { fuzzOperation(f, "ForwardReLU") }
func FuzzForwardResidual(f *testing.F)    { fuzzOperation(f, "ForwardResidual") }
func FuzzBackwardBias(f *testing.F)       { fuzzOperation(f, "BackwardBias") }
func FuzzForwardGroups(f *testing.F)      { fuzzOperation(f, "ForwardGroups") }
func FuzzBackwardGroups(f *testing.F)     { fuzzOperation(f, "BackwardGroups") }
func FuzzAlphaForward(f *testing.F)       { fuzzOperation(f, "Alpha.Forward") }
func FuzzAlphaBackward(f *testing.F)      { fuzzOperation(f, "Alpha.Backward") }
func FuzzAlphaBackwardAt(f *testing.F)    { fuzzOperation(f, "Alpha.BackwardAt") }
func FuzzGaussianForward(f *testing.F)    { fuzzOperation(f, "Gaussian.Forward") }
func FuzzGaussianBackwardAt(f *testing.F) { fuzzOperation(f, "Gaussian.BackwardAt") }

func fuzzOperation(f *testing.F, name string) {
	op := operations[slices.IndexFunc(operations, func(op *operation) bool { return op.name == name })]
	for i, p := range testPs {
		f.Add(uint64(i), p, uint32(i*i*53), mix64(uint64(i)))
	}
	for _, n := range []uint32{61<<26 + callLen, 62<<26 + blockLen, math.MaxUint32} {
		f.Add(uint64(n), 0.1, n, mix64(uint64(n)))
	}
	f.Fuzz(func(t *testing.T, seed uint64, p float64, n uint32, shape uint64) {
		if !(p >= 0 && p <= 1) {
			t.Skip()
		}
		// Most lengths are short: the reference is slow. One in 16 reaches beyond a
		// call of a kernel, one in 64 is worth several workers.
		switch n >> 26 {
		case 63:
			n = 2*shardLen - 100 + n%400
		case 62, 61, 60, 59:
			n %= callLen + 200
		default:
			n %= 700
		}
		checkOperation(t, op, seed, p, int(n), shape)
	})
}

// checkOperation compares a call with the reference, on every kernel. Slices that
// overlap must panic and leave everything as it was.
func checkOperation(t *testing.T, op *operation, seed uint64, p float64, n int, shape uint64) {
	take := func(k int) int {
		v := shape % uint64(k)
		shape /= uint64(k)
		return int(v)
	}
	rows := append(rowLengths(n), 1)
	row, alias, offset := rows[take(len(rows))], take(6), take(16)
	storedMask, extra, streamed := take(4) != 0, take(2), take(2) == 1
	withBias, withResidual := take(4) != 0, take(4) != 0

	in := &operands{
		src:      testFloats(n+16, seed)[take(16):][:n],
		residual: testFloats(n+16, seed+1)[take(16):][:n],
		bias:     testFloats(row, seed+2),
		sums:     testFloats(row, seed+3),
		group:    row,
		rng:      Derive(seed, 4),
	}
	in.setP(p, 1+take(4))
	if n == 0 || !withBias {
		in.bias = nil
	}
	if n == 0 {
		in.sums = nil
	}
	if !withResidual {
		in.residual = nil
	}
	words := maskWords(op.bits(in))
	if op.mask == readsMask || op.mask == writesMask && storedMask {
		in.mask = make(Mask, words+extra)
		for i := range in.mask {
			in.mask[i] = mix64(seed + uint64(i))
		}
	}
	part := 0
	if alias == 5 {
		part = splitUnit(op, in) * (1 + take(8))
	}
	want := op.want(in)

	before := active
	defer func() { active = before }()
	for _, k := range kernels {
		k := *k
		if streamed {
			k.streamLen = 1
		}
		active = use(&k)
		context := fmt.Sprintf("%s, %s, p = %v, n = %d, row or group %d, alias %d, parts of %d", op.name, k.name, p, n, row, alias, part)

		o := *in
		rng := *in.rng
		o.rng = &rng
		o.mask, o.sums = slices.Clone(in.mask), slices.Clone(in.sums)
		dst, check := guarded(n, offset)
		dirty(dst)
		o.dst = dst
		switch alias {
		case 1, 2:
			copy(dst, in.src)
			o.src = dst
		case 3:
			if o.residual != nil {
				copy(dst, in.residual)
				o.residual = dst
			}
		case 4:
			if n > offset+1 && op.name != "Draw" {
				checkOverlap(t, op, &o, 1+offset, context)
				continue
			}
		}
		if part > 0 {
			inParts(op, o, part)
			rng = want.rng // a part has a copy of the stream
		} else {
			op.call(&o)
		}

		switch op.name {
		case "Draw":
		case "ForwardResidual", "Gaussian.Forward", "Gaussian.BackwardAt":
			requireSameNumbers(t, want.dst, dst, "%s", context)
		default:
			requireSameBits(t, want.dst, dst, "%s", context)
		}
		check(t, "%s", context)
		requireSameNumbers(t, orElse(want.sums, in.sums), o.sums, "dbias, %s", context)
		if op.mask == writesMask && in.mask != nil {
			requireSameWords(t, want.mask, o.mask[:words], "mask, %s", context)
			requireSameWords(t, in.mask[words:], o.mask[words:], "behind the mask, %s", context)
		} else {
			requireSameWords(t, in.mask, o.mask, "mask, %s", context)
		}
		require.Equal(t, want.rng, rng, "stream, %s", context)
	}
}

func orElse(x, other []float32) []float32 {
	if x == nil {
		return other
	}
	return x
}

// checkOverlap sees that a call whose src begins shift elements into dst panics
// and changes nothing.
func checkOverlap(t *testing.T, op *operation, o *operands, shift int, context string) {
	n := len(o.src)
	both := append(testFloats(shift, 5), o.src...)
	o.dst, o.src = both[:n], both[shift:]
	before := *o
	floats, sums, mask, rng := slices.Clone(both), slices.Clone(o.sums), slices.Clone(o.mask), *o.rng
	require.Panics(t, func() { op.call(o) }, context)
	requireSameBits(t, floats, both, "after a panic, %s", context)
	requireSameBits(t, sums, before.sums, "dbias after a panic, %s", context)
	requireSameWords(t, mask, before.mask, "mask after a panic, %s", context)
	require.Equal(t, rng, *o.rng, "stream after a panic, %s", context)
}

// splitUnit is what a tensor may be split at multiples of for an operation: words
// of the mask, whole rows of a bias, the normal variates of 8 words.
func splitUnit(op *operation, o *operands) int {
	switch op.name {
	case "ForwardResidual":
		return 64 * max(1, len(o.bias))
	case "BackwardBias":
		return 64 * max(1, len(o.sums))
	case "ForwardGroups", "BackwardGroups":
		return 64 * o.group
	case "Gaussian.Forward", "Gaussian.BackwardAt":
		return normalGroup
	}
	return 64
}

// inParts calls the operation for consecutive parts, each with its own copy of the
// stream, advanced.
func inParts(op *operation, all operands, part int) {
	for lo := 0; lo < len(all.src); lo += part {
		o := partOf(op, all, lo, min(lo+part, len(all.src)))
		op.call(&o)
	}
}

// partOf returns the operands of the elements from lo, a multiple of splitUnit, to
// hi.
func partOf(op *operation, all operands, lo, hi int) operands {
	o := all
	o.src = all.src[lo:hi]
	if all.dst != nil {
		o.dst = all.dst[lo:hi]
	}
	if all.residual != nil {
		o.residual = all.residual[lo:hi]
	}
	words := lo / 64
	switch op.name {
	case "ForwardGroups", "BackwardGroups":
		words = lo / (64 * all.group)
	case "Gaussian.Forward", "Gaussian.BackwardAt":
		words = lo / normalGroup
	}
	if op.mask == noMask {
		o.mask = nil
	} else if all.mask != nil {
		o.mask = all.mask[words:]
	}
	rng := *all.rng
	rng.Advance(uint64(planes * words))
	o.rng = &rng
	return o
}

func FuzzNewAlpha(f *testing.F) {
	for _, p := range testPs {
		f.Add(p)
	}
	f.Add(math.NaN())
	f.Fuzz(func(t *testing.T, p float64) {
		a, err := NewAlpha(p)
		if !(p >= 0 && p <= 1) {
			require.Error(t, err)
			require.Zero(t, a)
			return
		}
		require.NoError(t, err)
		require.Equal(t, mustNew(t, p).P(), a.P())
		if t32 := a.d.threshold(); t32 != 0 && t32 != one {
			scale, shift, dropped := reference.Alpha(t32)
			require.Equal(t, []float32{float32(scale), float32(shift), float32(dropped)}, []float32{a.d.scale, a.shift, a.dropped})
		}
	})
}

func FuzzNewGaussian(f *testing.F) {
	for _, p := range testPs {
		f.Add(p)
	}
	f.Add(math.NaN())
	f.Fuzz(func(t *testing.T, p float64) {
		g, err := NewGaussian(p)
		if !(p >= 0 && p < 1) {
			require.Error(t, err)
			require.Zero(t, g)
			return
		}
		require.NoError(t, err)
		require.Equal(t, p, g.P())
		require.False(t, math.IsInf(float64(g.sigma), 0) || math.IsNaN(float64(g.sigma)))
	})
}

// FuzzMask compares Kept and Count with the bits themselves.
func FuzzMask(f *testing.F) {
	f.Add(uint64(0), uint64(math.MaxUint64), uint8(65))
	f.Fuzz(func(t *testing.T, first, second uint64, n8 uint8) {
		m, n := Mask{first, second}, int(n8)%129
		kept := 0
		for i, text := 0, fmt.Sprintf("%064b%064b", second, first); i < n; i++ {
			one := text[len(text)-1-i] == '1'
			require.Equal(t, one, m.Kept(i))
			if one {
				kept++
			}
		}
		require.Equal(t, kept, m.Count(n))
		require.Panics(t, func() { m.Kept(128 + n) })
		require.Panics(t, func() { m.Count(129 + n) })
	})
}

func FuzzNew(f *testing.F) {
	for _, p := range testPs {
		f.Add(p)
	}
	f.Add(math.NaN())
	f.Fuzz(func(t *testing.T, p float64) {
		d, err := New(p)
		if !(p >= 0 && p <= 1) {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.InDelta(t, p, d.P(), 0x1p-33)
		require.LessOrEqual(t, d.threshold(), uint64(one))
		require.GreaterOrEqual(t, d.Scale(), float32(1))
	})
}

func FuzzAdvance(f *testing.F) {
	f.Add(uint64(42), uint64(54), uint64(3), uint64(1<<40))
	f.Fuzz(func(t *testing.T, seed, stream, a, b uint64) {
		r, want := NewPCG(seed, stream), reference.NewStream(seed, stream)
		start := *r
		r.Advance(a)
		r.Advance(b)
		want.Advance(new(big.Int).SetUint64(a + b))
		peek := *r
		require.Equal(t, want.Uint64(), peek.Uint64())
		r.Advance(-(a + b))
		require.Equal(t, start, *r)
	})
}

func FuzzDerive(f *testing.F) {
	f.Add(uint64(1), uint64(2), uint64(3))
	f.Fuzz(func(t *testing.T, seed, a, b uint64) {
		for _, other := range [][]uint64{{}, {a}, {b, a}, {a, b, 0}, {a + 1, b}, {a, b + 1}} {
			if len(other) == 2 && other[0] == a && other[1] == b {
				continue
			}
			require.NotEqual(t, Derive(seed, a, b).state, Derive(seed, other...).state, "ids %d", other)
		}
		require.NotEqual(t, Derive(seed, a, b).state, Derive(seed+1, a, b).state)
	})
}

func FuzzPCGUnmarshalBinary(f *testing.F) {
	good, _ := Derive(1).MarshalBinary()
	f.Add(good)
	f.Add(good[:5])
	f.Fuzz(func(t *testing.T, data []byte) {
		before := *Derive(3)
		r := before
		if r.UnmarshalBinary(data) != nil {
			require.Equal(t, before, r)
			return
		}
		back, err := r.MarshalBinary()
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, back))
	})
}
