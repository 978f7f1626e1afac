package dropout

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fusedrop/dropout/internal/reference"
)

// The fuzz targets drive every kernel of the machine against the reference.

// fuzzCase makes the arguments of a call from what the fuzzer offers.
func fuzzCase(t *testing.T, p float64, n uint16, workers uint8) (Dropout, int) {
	d, err := New(p)
	if err != nil {
		t.Skip()
	}
	return d.Workers(1 + int(workers)%4), int(n) % (callLen + 200)
}

func addFuzzCases(f *testing.F) {
	for i, p := range testPs {
		f.Add(uint64(i), p, uint16(i*i*53), uint8(i), uint8(i*7), uint8(i))
	}
	f.Add(uint64(1), math.NaN(), uint16(1), uint8(0), uint8(0), uint8(0))
}

func FuzzForward(f *testing.F) {
	addFuzzCases(f)
	f.Fuzz(func(t *testing.T, seed uint64, p float64, n16 uint16, from, to, workers uint8) {
		d, n := fuzzCase(t, p, n16, workers)
		forEachKernel(t, func(t *testing.T) {
			checkFuzzForward(t, d, n, int(from%16), int(to%16), seed)
		})
	})
}

func checkFuzzForward(t *testing.T, d Dropout, n, from, to int, seed uint64) {
	rng := Derive(seed)
	at := *rng
	keep := reference.Keep(n, d.threshold(), rng)
	after := *rng
	src := testFloats(n+from, seed)[from:]
	want := reference.Apply(src, keep, d.threshold())
	dst, check := guarded(n, to)
	dirty(dst)
	mask := dirtyMask(n)
	*rng = at
	d.Forward(dst, src, mask, rng)
	requireSameBits(t, want, dst, "Forward")
	requireSameWords(t, reference.Pack(keep), mask[:maskWords(n)], "mask")
	require.Equal(t, after, *rng)
	check(t, "Forward")
	*rng = at
	d.Forward(src, src, nil, rng)
	requireSameBits(t, want, src, "Forward in place")
}

func FuzzBackward(f *testing.F) {
	f.Add([]byte{0xFF, 0, 0x5A}, 0.3, uint16(100), uint8(1), uint8(2), uint8(0))
	f.Add([]byte{}, 1.0, uint16(65), uint8(0), uint8(0), uint8(1))
	f.Add([]byte("any bits may stand in a mask"), 0.0, uint16(400), uint8(3), uint8(0), uint8(1))
	f.Fuzz(func(t *testing.T, bits []byte, p float64, n16 uint16, from, to, workers uint8) {
		d, n := fuzzCase(t, p, n16, workers)
		mask := NewMask(n)
		for i := range mask {
			var word [8]byte
			copy(word[:], bits[min(len(bits), 8*i):])
			mask[i] = binary.LittleEndian.Uint64(word[:])
		}
		keep := make([]bool, n)
		for i := range keep {
			keep[i] = mask.Kept(i) && d.threshold() != 0
		}
		grad := testFloats(n+int(from%16), uint64(n16))[from%16:]
		want := reference.Apply(grad, keep, d.threshold())
		forEachKernel(t, func(t *testing.T) {
			dst, check := guarded(n, int(to%16))
			dirty(dst)
			d.Backward(dst, grad, mask)
			requireSameBits(t, want, dst, "Backward")
			check(t, "Backward")
			copy(dst, grad)
			d.Backward(dst, dst, mask)
			requireSameBits(t, want, dst, "Backward in place")
		})
	})
}

func FuzzBackwardAt(f *testing.F) {
	addFuzzCases(f)
	f.Fuzz(func(t *testing.T, seed uint64, p float64, n16 uint16, from, to, workers uint8) {
		d, n := fuzzCase(t, p, n16, workers)
		at := *Derive(seed)
		grad := testFloats(n+int(from%16), seed)[from%16:]
		source := at
		want := reference.Apply(grad, reference.Keep(n, d.threshold(), &source), d.threshold())
		forEachKernel(t, func(t *testing.T) {
			dst, check := guarded(n, int(to%16))
			dirty(dst)
			d.BackwardAt(dst, grad, at)
			requireSameBits(t, want, dst, "BackwardAt")
			check(t, "BackwardAt")
		})
	})
}

func FuzzDraw(f *testing.F) {
	addFuzzCases(f)
	f.Fuzz(func(t *testing.T, seed uint64, p float64, n16 uint16, skip, _, workers uint8) {
		d, n := fuzzCase(t, p, n16, workers)
		rng := Derive(seed)
		rng.Advance(uint64(skip))
		at := *rng
		want := reference.Pack(reference.Keep(n, d.threshold(), rng))
		after := *rng
		forEachKernel(t, func(t *testing.T) {
			mask := dirtyMask(n)
			*rng = at
			d.Draw(mask, n, rng)
			requireSameWords(t, want, mask[:maskWords(n)], "Draw")
			require.Equal(t, dirtyWord, mask[maskWords(n)])
			require.Equal(t, after, *rng)
			require.Equal(t, Mask(want).Count(n), mask.Count(n))
		})
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

// fuzzVariant drives check, a comparison of a variant with its reference, on every
// kernel. What else it varies, offsets, rows and groups, it takes from the seed.
func fuzzVariant(f *testing.F, check func(t *testing.T, p float64, n int, seed uint64)) {
	for i, p := range testPs {
		f.Add(uint64(i), p, uint16(i*i*29))
	}
	f.Fuzz(func(t *testing.T, seed uint64, p float64, n uint16) {
		if !(p >= 0 && p <= 1) {
			t.Skip()
		}
		forEachKernel(t, func(t *testing.T) { check(t, p, int(n)%(callLen+200), seed) })
	})
}

func FuzzForwardReLU(f *testing.F)     { fuzzVariant(f, checkForwardReLU) }
func FuzzForwardResidual(f *testing.F) { fuzzVariant(f, checkForwardResidual) }
func FuzzBackwardBias(f *testing.F)    { fuzzVariant(f, checkBackwardBias) }
func FuzzGroups(f *testing.F)          { fuzzVariant(f, checkGroups) }
func FuzzAlpha(f *testing.F)           { fuzzVariant(f, checkAlpha) }
func FuzzGaussian(f *testing.F)        { fuzzVariant(f, checkGaussian) }
