package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/internal/stats"
)

// TestPlantedDefects runs all stages, small, on the package and on each defect.
// Every defect must fail, and by other means than the comparison with the
// definition unless there can't be any.
func TestPlantedDefects(t *testing.T) {
	const small = 12
	t.Run("package", func(t *testing.T) {
		require.False(t, report(t.Output(), run(t.Output(), stages, stats.Package, 1, small, false), 1e-6))
	})
	for _, d := range stats.Defects {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			results := run(t.Output(), stages, d.Generator, 1, small, false)
			require.Equal(t, d.Name != "none", report(t.Output(), results, 1e-6))
			statistics := slices.DeleteFunc(results, func(r stats.Result) bool { return strings.HasSuffix(r.Name, ": definition") })
			require.Equal(t, d.Name != "none" && !d.Invisible, report(t.Output(), statistics, 1e-6))
		})
	}
}

// TestPlantedNormalDefects does the same for normal variates, over 2^25 of them.
func TestPlantedNormalDefects(t *testing.T) {
	const small = 12
	t.Run("package", func(t *testing.T) {
		require.False(t, report(t.Output(), run(t.Output(), normalStages, stats.Normal, 1, small, false), 1e-6))
	})
	for _, d := range stats.NormalDefects {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			results := run(t.Output(), normalStages, d.NormalGenerator, 1, small, false)
			none := d.Name == "normal-none"
			require.Equal(t, !none, report(t.Output(), results, 1e-6))
			statistics := slices.DeleteFunc(results, func(r stats.Result) bool { return r.Name == "z: definition" })
			require.Equal(t, !none && !d.Invisible, report(t.Output(), statistics, 1e-6))
		})
	}
}

// TestTails compares the tails of distributions with gonum's.
func TestTails(t *testing.T) {
	for _, n := range []float64{1, 10, 1000, 1e6} {
		for _, p := range []float64{1e-4, 0.1, 0.5, 0.97} {
			b := distuv.Binomial{N: n, P: p}
			for _, z := range []float64{-6, -2, -0.3, 0, 0.3, 2, 6} {
				k := math.Round(b.Mean() + z*b.StdDev())
				if k < 0 || k > n {
					continue
				}
				lower, upper := b.CDF(k), 1.
				if k > 0 {
					upper = mathext.RegIncBeta(k, n-k+1, p)
				}
				want := 2 * upper
				if k <= n*p {
					want = 2 * lower
				}
				require.InEpsilon(t, min(1, want), stats.Binomial(uint64(k), uint64(n), p), 1e-6, "n=%v p=%v k=%v", n, p, k)
			}
		}
	}
	for _, a := range []float64{0.5, 3, 32, 1008, 6144} {
		for _, z := range []float64{-6, -2, 0, 2, 6, 12} {
			x := a + z*math.Sqrt(a)
			if x <= 0 {
				continue
			}
			lower, upper := stats.GammaTails(a, x)
			require.InDelta(t, mathext.GammaIncReg(a, x), lower, 1e-9, "a=%v x=%v", a, x)
			require.InEpsilon(t, mathext.GammaIncRegComp(a, x), upper, 1e-6, "a=%v x=%v", a, x)
		}
	}
}

// TestRawIsTheStream compares the bytes with the words of the stream.
func TestRawIsTheStream(t *testing.T) {
	const words = 20000
	var out bytes.Buffer
	full := errors.New("full")
	require.Equal(t, full, writeRaw(writerFunc(func(p []byte) (int, error) {
		if out.Len() > 8*words {
			return 0, full
		}
		return out.Write(p)
	}), 7))
	rng := dropout.Derive(7)
	for i := range words {
		require.Equal(t, rng.Uint64(), binary.LittleEndian.Uint64(out.Next(8)), "word %d", i)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

var _ io.Writer = writerFunc(nil)
