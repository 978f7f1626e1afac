package dropout

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// variantVectors are the golden vectors of all that goldenVectors lacks, from
// the same program.
type variantVectors struct {
	Settings []struct {
		P       float64
		InForce float64 `json:"in_force"`
		Scale   hexFloats
	}
	Advanced []struct {
		Seed        hexWord
		IDs         hexWords
		N           hexWord
		State, Word hexWord
	}
	Seeded []struct {
		Seed, Stream, Again, State hexWord
		Words                      hexWords
	}
	Encodings []struct {
		State, Inc hexWord
		Hex        string
	}
	Draws []struct {
		vectorHead
		Count, Words int
		First        hexWords
		SHA256       string
	}
	Backward []struct {
		vectorHead
		vectorFloats
		OtherFirst  hexFloats
		OtherSHA256 string
	}
	ReLU []struct {
		vectorHead
		vectorFloats
		Mask string
	}
	Residual []struct {
		vectorHead
		vectorFloats
		Columns   int
		Connected bool
		Mask      string
	}
	Bias []struct {
		vectorHead
		vectorFloats
		Columns    int
		SumsFirst  hexFloats
		SumsSHA256 string
	}
	Groups []struct {
		vectorHead
		vectorFloats
		Group      int
		Mask       hexWords
		MaskSHA256 string
	}
	Alpha []struct {
		vectorHead
		vectorFloats
		InForce    float64 `json:"in_force"`
		Constants  hexFloats
		Mask       string
		BackFirst  hexFloats
		BackSHA256 string
	}
	Normals  []string
	Gaussian []struct {
		vectorHead
		vectorFloats
	}
}

// vectorHead says what a vector is of; State is where the stream ends.
type vectorHead struct {
	P     float64
	N     int
	IDs   hexWords
	State hexWord
}

// vectorFloats are the first numbers of a result, and the SHA-256 of all.
type vectorFloats struct {
	First  hexFloats
	SHA256 string
}

type hexWords []uint64

func (h *hexWords) UnmarshalText(text []byte) error {
	for field := range strings.FieldsSeq(string(text)) {
		var w hexWord
		if err := w.UnmarshalText([]byte(field)); err != nil {
			return err
		}
		*h = append(*h, uint64(w))
	}
	return nil
}

type hexFloats []float32

func (h *hexFloats) UnmarshalText(text []byte) error {
	var words hexWords
	err := words.UnmarshalText(text)
	for _, w := range words {
		*h = append(*h, math.Float32frombits(uint32(w)))
	}
	return err
}

func readVariants(t *testing.T) variantVectors {
	data, err := os.ReadFile("testdata/golden.json")
	require.NoError(t, err)
	var g variantVectors
	require.NoError(t, json.Unmarshal(data, &g))
	for name, n := range map[string]int{
		"settings": len(g.Settings), "advanced": len(g.Advanced), "seeded": len(g.Seeded), "encodings": len(g.Encodings),
		"draws": len(g.Draws), "backward": len(g.Backward), "relu": len(g.ReLU), "residual": len(g.Residual), "bias": len(g.Bias),
		"groups": len(g.Groups), "alpha": len(g.Alpha), "normals": len(g.Normals), "gaussian": len(g.Gaussian),
	} {
		require.NotZero(t, n, name)
	}
	return g
}

// goldenInputs returns n multiples of 2^-22 from -2 to 2.
func goldenInputs(n int, ids ...uint64) []float32 {
	rng := Derive(11, ids...)
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(int64(rng.Uint64()>>40)-1<<23) / (1 << 22)
	}
	return x
}

// hardInputs returns the inputs of goldenVectors.Forward.
func hardInputs(t *testing.T) []float32 {
	return floats(readGolden(t).Forward[0].X)
}

// requireVector compares numbers with a vector; all NaNs are one.
func requireVector(t *testing.T, first []float32, sum string, got []float32, context string, args ...any) {
	t.Helper()
	require.GreaterOrEqual(t, len(got), len(first))
	requireSameNumbers(t, first, got[:len(first)], context, args...)
	hash := sha256.New()
	for _, x := range got {
		u := math.Float32bits(x)
		if x != x {
			u = 0x7FC00000
		}
		hash.Write(binary.LittleEndian.AppendUint32(nil, u))
	}
	require.Equal(t, sum, hex.EncodeToString(hash.Sum(nil)), append([]any{context}, args...)...)
}

func requireWordsVector(t *testing.T, sum string, got []uint64, context string, args ...any) {
	t.Helper()
	hash := sha256.New()
	require.NoError(t, binary.Write(hash, binary.LittleEndian, got))
	require.Equal(t, sum, hex.EncodeToString(hash.Sum(nil)), append([]any{context}, args...)...)
}

func TestGoldenSettings(t *testing.T) {
	for _, v := range readVariants(t).Settings {
		d := mustNew(t, v.P)
		require.Equal(t, v.InForce, d.P(), "p = %v", v.P)
		requireSameBits(t, v.Scale, []float32{d.Scale()}, "scale, p = %v", v.P)
	}
}

func TestGoldenPositions(t *testing.T) {
	g := readVariants(t)
	for _, v := range g.Advanced {
		rng := Derive(uint64(v.Seed), v.IDs...)
		rng.Advance(uint64(v.N))
		require.EqualValues(t, v.State, rng.state, "seed %d, ids %d, %d words", v.Seed, v.IDs, v.N)
		require.EqualValues(t, v.Word, rng.Uint64(), "seed %d, ids %d, %d words", v.Seed, v.IDs, v.N)
	}
	for _, v := range g.Seeded {
		rng := NewPCG(uint64(v.Seed), uint64(v.Stream))
		rng.Uint64()
		rng.Seed(uint64(v.Again))
		require.EqualValues(t, v.State, rng.state, "seed %d, stream %d", v.Again, v.Stream)
		for _, w := range v.Words {
			require.Equal(t, w, rng.Uint64(), "seed %d, stream %d", v.Again, v.Stream)
		}
	}
}

func TestGoldenEncodings(t *testing.T) {
	for _, v := range readVariants(t).Encodings {
		want := PCG{state: uint64(v.State), stream: uint64(v.Inc) >> 1}
		data, err := want.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, v.Hex, hex.EncodeToString(data))
		appended, err := want.AppendBinary([]byte("before"))
		require.NoError(t, err)
		require.Equal(t, "before"+string(data), string(appended))
		var got PCG
		require.NoError(t, got.UnmarshalBinary(data))
		require.Equal(t, want, got)
		require.EqualValues(t, v.Inc, got.inc())
	}
}

func TestGoldenDraws(t *testing.T) {
	g := readVariants(t)
	forEachKernel(t, func(t *testing.T) {
		for _, v := range g.Draws {
			mask, rng := NewMask(v.N), Derive(2027, v.IDs...)
			mustNew(t, v.P).Draw(mask, v.N, rng)
			require.Equal(t, v.Words, MaskWords(v.N))
			requireSameWords(t, v.First, mask[:len(v.First)], "p = %v, n = %d", v.P, v.N)
			requireWordsVector(t, v.SHA256, mask, "p = %v, n = %d", v.P, v.N)
			require.Equal(t, v.Count, mask.Count(v.N), "p = %v, n = %d", v.P, v.N)
			require.Equal(t, v.First[0]&1 != 0, mask.Kept(0), "p = %v, n = %d", v.P, v.N)
			require.EqualValues(t, v.State, rng.state, "position, p = %v, n = %d", v.P, v.N)
		}
	})
}

func TestGoldenBackward(t *testing.T) {
	g, hard := readVariants(t), hardInputs(t)
	reversed := make([]float32, len(hard))
	for i, x := range hard {
		reversed[len(hard)-1-i] = x
	}
	forEachKernel(t, func(t *testing.T) {
		for _, v := range g.Backward {
			grad := reversed
			if v.N != len(hard) {
				grad = goldenInputs(v.N, 1)
			}
			d, mask, dst := mustNew(t, v.P), NewMask(v.N), make([]float32, v.N)
			d.Draw(mask, v.N, Derive(12, v.IDs...))
			d.Backward(dst, grad, mask)
			requireVector(t, v.First, v.SHA256, dst, "Backward, p = %v, n = %d", v.P, v.N)
			dirty(dst)
			d.BackwardAt(dst, grad, *Derive(12, v.IDs...))
			requireVector(t, v.First, v.SHA256, dst, "BackwardAt, p = %v, n = %d", v.P, v.N)
			mustNew(t, 0.6).Draw(mask, v.N, Derive(13, v.IDs...))
			d.Backward(dst, grad, mask)
			requireVector(t, v.OtherFirst, v.OtherSHA256, dst, "mask of another p than %v, n = %d", v.P, v.N)
		}
	})
}

func TestGoldenReLU(t *testing.T) {
	g, hard := readVariants(t), hardInputs(t)
	for range 8 {
		hard = append(hard, float32(math.NaN()))
	}
	forEachKernel(t, func(t *testing.T) {
		for _, v := range g.ReLU {
			src := hard
			if v.N != len(hard) {
				src = goldenInputs(v.N, 2)
			}
			mask, dst, rng := NewMask(v.N), make([]float32, v.N), Derive(14, v.IDs...)
			mustNew(t, v.P).ForwardReLU(dst, src, mask, rng)
			requireVector(t, v.First, v.SHA256, dst, "p = %v, n = %d", v.P, v.N)
			requireWordsVector(t, v.Mask, mask, "mask, p = %v, n = %d", v.P, v.N)
			require.EqualValues(t, v.State, rng.state, "position, p = %v, n = %d", v.P, v.N)
		}
	})
}

func TestGoldenResidual(t *testing.T) {
	g := readVariants(t)
	forEachKernel(t, func(t *testing.T) {
		for _, v := range g.Residual {
			var bias, residual []float32
			if v.Columns > 0 {
				bias = goldenInputs(v.Columns, 4)
			}
			if v.Connected {
				residual = goldenInputs(v.N, 5)
			}
			mask, dst, rng := NewMask(v.N), make([]float32, v.N), Derive(15, v.IDs...)
			mustNew(t, v.P).ForwardResidual(dst, goldenInputs(v.N, 3), bias, residual, mask, rng)
			requireVector(t, v.First, v.SHA256, dst, "p = %v, bias of %d, residual %v", v.P, v.Columns, v.Connected)
			requireWordsVector(t, v.Mask, mask, "mask, p = %v, bias of %d, residual %v", v.P, v.Columns, v.Connected)
			require.EqualValues(t, v.State, rng.state, "position, p = %v", v.P)
		}
	})
}

func TestGoldenBackwardBias(t *testing.T) {
	g := readVariants(t)
	forEachKernel(t, func(t *testing.T) {
		for _, v := range g.Bias {
			d, mask, dst := mustNew(t, v.P), NewMask(v.N), make([]float32, v.N)
			sums := goldenInputs(v.Columns, 7)
			d.Draw(mask, v.N, Derive(16, v.IDs...))
			d.BackwardBias(dst, sums, goldenInputs(v.N, 6), mask)
			requireVector(t, v.First, v.SHA256, dst, "p = %v, %d columns", v.P, v.Columns)
			requireVector(t, v.SumsFirst, v.SumsSHA256, sums, "sums, p = %v, %d columns", v.P, v.Columns)
		}
	})
}

func TestGoldenGroups(t *testing.T) {
	g := readVariants(t)
	forEachKernel(t, func(t *testing.T) {
		for _, v := range g.Groups {
			d, src, dst := mustNew(t, v.P), goldenInputs(v.N, 8), make([]float32, v.N)
			mask, rng := NewMask(v.N/v.Group), Derive(17, v.IDs...)
			d.ForwardGroups(dst, src, v.Group, mask, rng)
			requireVector(t, v.First, v.SHA256, dst, "p = %v, groups of %d", v.P, v.Group)
			requireSameWords(t, v.Mask, mask[:len(v.Mask)], "mask, p = %v, groups of %d", v.P, v.Group)
			requireWordsVector(t, v.MaskSHA256, mask, "mask, p = %v, groups of %d", v.P, v.Group)
			require.EqualValues(t, v.State, rng.state, "position, p = %v, groups of %d", v.P, v.Group)
			dirty(dst)
			d.BackwardGroups(dst, src, v.Group, mask)
			requireVector(t, v.First, v.SHA256, dst, "backward, p = %v, groups of %d", v.P, v.Group)
		}
	})
}

func TestGoldenAlpha(t *testing.T) {
	g, hard := readVariants(t), hardInputs(t)
	forEachKernel(t, func(t *testing.T) {
		for _, v := range g.Alpha {
			src := hard
			if v.N != len(hard) {
				src = goldenInputs(v.N, 9)
			}
			a, err := NewAlpha(v.P)
			require.NoError(t, err)
			require.Equal(t, v.InForce, a.P())
			if v.InForce > 0 && v.InForce < 1 {
				requireSameBits(t, v.Constants, []float32{a.d.scale, a.shift, a.dropped}, "a, b, a·α'+b, p = %v", v.P)
			}
			mask, dst, rng := NewMask(v.N), make([]float32, v.N), Derive(18, v.IDs...)
			a.Forward(dst, src, mask, rng)
			requireVector(t, v.First, v.SHA256, dst, "Forward, p = %v, n = %d", v.P, v.N)
			requireWordsVector(t, v.Mask, mask, "mask, p = %v, n = %d", v.P, v.N)
			require.EqualValues(t, v.State, rng.state, "position, p = %v, n = %d", v.P, v.N)
			dirty(dst)
			a.Backward(dst, src, mask)
			requireVector(t, v.BackFirst, v.BackSHA256, dst, "Backward, p = %v, n = %d", v.P, v.N)
			dirty(dst)
			a.BackwardAt(dst, src, *Derive(18, v.IDs...))
			requireVector(t, v.BackFirst, v.BackSHA256, dst, "BackwardAt, p = %v, n = %d", v.P, v.N)
		}
	})
}

// TestGoldenNormals puts each word at every place of a group, which takes 8.
func TestGoldenNormals(t *testing.T) {
	g := readVariants(t)
	forEachKernel(t, func(t *testing.T) {
		for _, v := range g.Normals {
			var word hexWord
			var want hexFloats
			first, rest, _ := strings.Cut(v, " ")
			require.NoError(t, word.UnmarshalText([]byte(first)))
			require.NoError(t, want.UnmarshalText([]byte(rest)))
			at := PCG{state: stateOf(uint64(word))}
			for place := range normalWords {
				z := make([]float32, normalGroup)
				active.fillNormal(z, at.state, at.inc(), nil)
				requireSameBits(t, want, []float32{z[place], z[place+normalWords]}, "word %x at %d", uint64(word), place)
				at.Advance(^uint64(0))
			}
		}
	})
}

func TestGoldenGaussian(t *testing.T) {
	g := readVariants(t)
	forEachKernel(t, func(t *testing.T) {
		for _, v := range g.Gaussian {
			d, err := NewGaussian(v.P)
			require.NoError(t, err)
			require.Equal(t, v.P, d.P())
			src, dst, rng := goldenInputs(v.N, 10), make([]float32, v.N), Derive(20, v.IDs...)
			d.Forward(dst, src, rng)
			requireVector(t, v.First, v.SHA256, dst, "Forward, p = %v, n = %d", v.P, v.N)
			require.EqualValues(t, v.State, rng.state, "position, p = %v, n = %d", v.P, v.N)
			dirty(dst)
			d.BackwardAt(dst, src, *Derive(20, v.IDs...))
			requireVector(t, v.First, v.SHA256, dst, "BackwardAt, p = %v, n = %d", v.P, v.N)
		}
	})
}
