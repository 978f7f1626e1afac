package dropout

import (
	"encoding"
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	exprand "golang.org/x/exp/rand" //lint:ignore SA1019 its users are whom the stream serves as a Source

	"github.com/fusedrop/dropout/internal/reference"
)

var (
	_ exprand.Source             = (*PCG)(nil)
	_ encoding.BinaryAppender    = (*PCG)(nil)
	_ encoding.BinaryMarshaler   = (*PCG)(nil)
	_ encoding.BinaryUnmarshaler = (*PCG)(nil)
)

// TestPCGCanonical compares with the output of the C library's
// pcg_setseq_64_rxs_m_xs_64_random_r after pcg_setseq_64_srandom_r(42, 54).
func TestPCGCanonical(t *testing.T) {
	r := NewPCG(42, 54)
	for i, want := range []uint64{
		0xe1cbc180b69606bb, 0x6573bce7abaee684, 0xc744f07442006076,
		0x9e9f98ccbd60b8fc, 0xde693821ee9629ae, 0x263cc2cdc66ebc25,
	} {
		require.Equal(t, want, r.Uint64(), "word %d", i)
	}
}

// pcgSeeds are seeds, streams and distances with every kind of carry.
var pcgSeeds = []uint64{0, 1, 2, 42, 1<<32 - 1, 1 << 32, 1<<63 - 1, 1 << 63, math.MaxUint64, 0x123456789ABCDEF0}

func TestPCGAgainstBig(t *testing.T) {
	for _, seed := range pcgSeeds {
		for _, stream := range pcgSeeds {
			r, want := NewPCG(seed, stream), reference.NewStream(seed, stream)
			for i := range 20 {
				require.Equal(t, want.Uint64(), r.Uint64(), "seed %d, stream %d, word %d", seed, stream, i)
			}
			for _, n := range pcgSeeds {
				r.Advance(n)
				want.Advance(new(big.Int).SetUint64(n))
				require.Equal(t, want.Uint64(), r.Uint64(), "seed %d, stream %d, %d words on", seed, stream, n)
			}
		}
	}
}

func TestAdvanceIsReading(t *testing.T) {
	for n := range uint64(300) {
		read, jumped := NewPCG(7, n), NewPCG(7, n)
		start := *read
		for range n {
			read.Uint64()
		}
		jumped.Advance(n)
		require.Equal(t, *read, *jumped, "%d words", n)
		jumped.Advance(-n)
		require.Equal(t, start, *jumped, "%d words back", n)
		jumped.skip(int(n))
		read.Advance(7 * n)
		require.Equal(t, *read, *jumped, "%d mask words", n)
	}
}

// TestLaneTables checks the constants that SIMD kernels set up their lanes with.
func TestLaneTables(t *testing.T) {
	power, sum := uint64(1), uint64(0)
	for n := range 8 * planes {
		k, j := n%planes, n/planes
		require.Equal(t, power, lcgPow[k][j], "A^%d", n)
		require.Equal(t, sum, lcgSum[k][j], "sum of the first %d powers", n)
		sum += power
		power *= lcgMul
	}
}

func TestSeed(t *testing.T) {
	r := NewPCG(1, 99)
	r.Uint64()
	r.Seed(5)
	require.Equal(t, *NewPCG(5, 99), *r, "Seed keeps the stream")
	zero := PCG{}
	require.EqualValues(t, 1, zero.inc(), "the zero PCG has an odd increment")
	zero.Seed(0)
	require.Equal(t, *NewPCG(0, 0), zero)
	require.Equal(t, *NewPCG(3, 5), *NewPCG(3, 5|1<<63), "the top bit of a stream is not used")
}

func TestPCGAsSource(t *testing.T) {
	r := NewPCG(42, 54)
	require.EqualValues(t, uint64(0xe1cbc180b69606bb), exprand.New(r).Uint64())
}

// TestDerive checks that lists of ids which are easily confused have streams of
// their own, in state and increment alike.
func TestDerive(t *testing.T) {
	lists := [][]uint64{nil, {0}, {1}, {2}, {0, 0}, {0, 1}, {1, 0}, {0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {math.MaxUint64}, {1 << 63}}
	states, incs := map[uint64][]uint64{}, map[uint64][]uint64{}
	for seed := range uint64(3) {
		for _, ids := range lists {
			r := Derive(seed, ids...)
			require.NotContains(t, states, r.state, "seed %d, ids %v", seed, ids)
			require.NotContains(t, incs, r.inc(), "seed %d, ids %v", seed, ids)
			states[r.state], incs[r.inc()] = ids, ids
			require.Equal(t, r, Derive(seed, ids...))
		}
	}
}

// TestDeriveAvalanche flips every bit of the seed and of each id: about half of
// the bits of state and increment must change. A mean over 64·2 flips and 127
// bits is within 0.5 ± 0.02 (5 σ) for a good hash.
func TestDeriveAvalanche(t *testing.T) {
	for word := range 3 {
		flipped, total := 0, 0
		for base := range uint64(2) {
			for bit := range 64 {
				in := [3]uint64{base, 5, base}
				a := Derive(in[0], in[1:]...)
				in[word] ^= 1 << bit
				b := Derive(in[0], in[1:]...)
				flipped += Mask{a.state ^ b.state, a.stream ^ b.stream}.Count(128)
				total += 127
			}
		}
		require.InDelta(t, 0.5, float64(flipped)/float64(total), 0.02, "word %d", word)
	}
}

func TestPCGMarshal(t *testing.T) {
	r := Derive(1, 2, 3)
	r.Uint64()
	data, err := r.MarshalBinary()
	require.NoError(t, err)
	require.Len(t, data, pcgSize)

	prefix := []byte("checkpoint:")
	appended, err := r.AppendBinary(prefix)
	require.NoError(t, err)
	require.Equal(t, append(prefix, data...), appended)

	var back PCG
	require.NoError(t, back.UnmarshalBinary(data))
	require.Equal(t, *r, back)
	require.Equal(t, r.Uint64(), back.Uint64())
}

// TestPCGUnmarshalCorrupt damages an encoding in every bit and length.
func TestPCGUnmarshalCorrupt(t *testing.T) {
	data, err := Derive(1, 2, 3).MarshalBinary()
	require.NoError(t, err)
	before := *NewPCG(8, 8)
	r := before
	for n := range len(data) {
		require.Error(t, r.UnmarshalBinary(data[:n]), "%d bytes", n)
	}
	require.Error(t, r.UnmarshalBinary(append(data, 0)), "a byte too many")
	for bit := range 8 * len(data) {
		data[bit/8] ^= 1 << (bit % 8)
		require.Error(t, r.UnmarshalBinary(data), "bit %d flipped", bit)
		data[bit/8] ^= 1 << (bit % 8)
	}
	even := append([]byte(nil), data[:pcgSize-4]...)
	even[len(even)-1] &^= 1
	even = binary.BigEndian.AppendUint32(even, crc32.ChecksumIEEE(even))
	require.Error(t, r.UnmarshalBinary(even), "an even increment is no LCG of full period")
	require.Equal(t, before, r, "receiver after errors")
}
