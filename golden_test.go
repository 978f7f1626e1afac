package dropout

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// goldenVectors are vectors from an implementation in another language, see
// testdata/golden.py. They freeze streams, masks and products for the major
// version: if they fail, the code is wrong, not they.
type goldenVectors struct {
	Streams []struct {
		Seed, Stream hexWord
		Words        []hexWord
	}
	Derived []struct {
		Seed       hexWord
		IDs        []hexWord
		State, Inc hexWord
		Words      []hexWord
	}
	Masks []struct {
		P         float64
		IDs       []hexWord
		N         int
		Threshold hexWord
		First     []hexWord
		SHA256    string
		Next      hexWord
	}
	Forward []struct {
		P    float64
		X, Y []hexWord
	}
}

type hexWord uint64

func (h *hexWord) UnmarshalText(text []byte) error {
	u, err := strconv.ParseUint(string(text), 16, 64)
	*h = hexWord(u)
	return err
}

func readGolden(t *testing.T) goldenVectors {
	data, err := os.ReadFile("testdata/golden.json")
	require.NoError(t, err)
	var g goldenVectors
	require.NoError(t, json.Unmarshal(data, &g))
	require.NotEmpty(t, g.Streams)
	require.NotEmpty(t, g.Derived)
	require.NotEmpty(t, g.Masks)
	require.NotEmpty(t, g.Forward)
	return g
}

func uints(hs []hexWord) []uint64 {
	us := make([]uint64, len(hs))
	for i, h := range hs {
		us[i] = uint64(h)
	}
	return us
}

func floats(hs []hexWord) []float32 {
	fs := make([]float32, len(hs))
	for i, h := range hs {
		fs[i] = math.Float32frombits(uint32(h))
	}
	return fs
}

func TestGoldenStreams(t *testing.T) {
	g := readGolden(t)
	for _, v := range g.Streams {
		r := NewPCG(uint64(v.Seed), uint64(v.Stream))
		for _, w := range v.Words {
			require.EqualValues(t, w, r.Uint64(), "seed %x, stream %x", v.Seed, v.Stream)
		}
	}
	for _, v := range g.Derived {
		r := Derive(uint64(v.Seed), uints(v.IDs)...)
		require.EqualValues(t, v.State, r.state, "seed %x, ids %x", v.Seed, v.IDs)
		require.EqualValues(t, v.Inc, r.inc(), "seed %x, ids %x", v.Seed, v.IDs)
		for _, w := range v.Words {
			require.EqualValues(t, w, r.Uint64(), "seed %x, ids %x", v.Seed, v.IDs)
		}
	}
}

func TestGoldenMasks(t *testing.T) {
	g := readGolden(t)
	forEachKernel(t, func(t *testing.T) {
		for _, v := range g.Masks {
			d := mustNew(t, v.P)
			require.EqualValues(t, v.Threshold, d.threshold(), "p = %v", v.P)
			mask, rng := NewMask(v.N), Derive(2026, uints(v.IDs)...)
			d.Draw(mask, v.N, rng)
			requireSameWords(t, uints(v.First), mask[:len(v.First)], "p = %v, n = %d", v.P, v.N)
			hash := sha256.New()
			require.NoError(t, binary.Write(hash, binary.LittleEndian, mask))
			require.Equal(t, v.SHA256, hex.EncodeToString(hash.Sum(nil)), "p = %v, n = %d", v.P, v.N)
			require.EqualValues(t, v.Next, rng.Uint64(), "position, p = %v, n = %d", v.P, v.N)
		}
	})
}

func TestGoldenForward(t *testing.T) {
	g := readGolden(t)
	forEachKernel(t, func(t *testing.T) {
		for _, v := range g.Forward {
			d, x, want := mustNew(t, v.P), floats(v.X), floats(v.Y)
			got, mask, rng := make([]float32, len(x)), NewMask(len(x)), Derive(7, 1, 2, 3)
			at := *rng
			d.Forward(got, x, mask, rng)
			requireSameBits(t, want, got, "p = %v", v.P)
			d.Backward(got, x, mask)
			requireSameBits(t, want, got, "p = %v", v.P)
			d.BackwardAt(got, x, at)
			requireSameBits(t, want, got, "p = %v", v.P)
		}
	})
}
