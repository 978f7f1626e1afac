package stats

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fusedrop/dropout"
)

// TestPairsCount compares the bit-sliced counts, and those of rare events, with
// counting one by one.
func TestPairsCount(t *testing.T) {
	const n = 5000 // not a multiple of the group
	rng := dropout.Derive(1)
	a, b := make([]uint64, n), make([]uint64, n)
	for _, p := range []float64{0.5, rare / 2} {
		for i := range a {
			a[i], b[i] = rng.Uint64(), rng.Uint64()
		}
		within, across := NewPairs(p, true), NewPairs(p, false)
		for _, part := range [][2]int{{0, 16}, {16, 3000}, {3000, n}} {
			x, y := a[part[0]:part[1]], b[part[0]:part[1]]
			within.Add(x, x)
			across.Add(x, y)
		}
		for i := range 64 {
			for j := range 64 {
				var self, cross uint64
				for k := range a {
					self += a[k] >> i & (a[k] >> j) & 1
					cross += a[k] >> i & (b[k] >> j) & 1
				}
				require.Equal(t, cross, across.at(i, j), "p=%v %d %d", p, i, j)
				if i < j {
					require.Equal(t, self, within.at(i, j), "p=%v %d %d", p, i, j)
				}
			}
		}
	}
}

// TestRunLengths compares counts of runs with those of a sequence written down.
func TestRunLengths(t *testing.T) {
	g := Generator{Stream: func(uint64, ...uint64) Stream { return fixed{} }}
	r := Runs(g, 1, []float64{0.5}, 4)
	// Each word is 8 ones and 56 zeros: 7 changes from word to word and within.
	require.Contains(t, r[0].Detail, "7, expected")
}

type fixed struct{}

func (fixed) Advance(uint64) {}
func (fixed) Draw(mask []uint64, p float64) {
	for i := range mask {
		mask[i] = 0xff
	}
}

// TestPValues runs statistics on many streams of the package and requires that
// p-values below 1/10 be as frequent as they should: the variances that the
// statistics are compared with are right.
func TestPValues(t *testing.T) {
	seeds := 200
	if testing.Short() {
		seeds = 20
	}
	small := map[string]uint64{}
	for seed := range uint64(seeds) {
		results := Joint(Package, seed, []float64{0.02, 0.3, 0.999}, 1<<10)
		results = append(results, Rates(Package, seed, []float64{0.02, 0.3}, 1<<11)...)
		results = append(results, Runs(Package, seed, []float64{0.02, 0.3}, 1<<8)...)
		results = append(results, Lags(Package, seed, []float64{0.02, 0.3}, 1<<9, 1<<7, []int{1, 2, 3, 63, 64, 65, 200})...)
		for _, r := range results {
			if _, ok := small[r.Name]; !ok {
				small[r.Name] = 0
			}
			if r.P < 0.1 {
				small[r.Name]++
			}
		}
	}
	for name, n := range small {
		p := Binomial(n, uint64(seeds), 0.1)
		// Exact p-values of few events, and Bonferroni's, are too large, not too small.
		if float64(n) > 0.1*float64(seeds) {
			require.Greater(t, p, 1e-6, "%s: %d of %d p-values below 0.1", name, n, seeds)
		}
	}
}

// TestDistance finds the correlations that a stream is known to have between
// far places, and none nearer.
func TestDistance(t *testing.T) {
	const words, alpha = 1 << 20, 2e-9
	require.Empty(t, Holm(Distance(Package, 1, 1<<25, words), alpha))
	require.NotEmpty(t, Holm(Distance(Package, 1, 1<<36, words), alpha))
	require.Empty(t, Holm(Parity(Package, 1, 1<<3, words), alpha))
	require.NotEmpty(t, Holm(Parity(Package, 1, 1<<20, words), alpha))
}

// TestHolm checks the step-down procedure on p-values written down.
func TestHolm(t *testing.T) {
	var results []Result
	for i, p := range []float64{0.5, 0.013, 0.01, 0.04} {
		results = append(results, Result{Name: fmt.Sprint(i), P: p})
	}
	found := Holm(results, 0.05) // 0.05/4 for the smallest, 0.05/3, 0.05/2
	require.Len(t, found, 2)
	require.Equal(t, "2", found[0].Name)
	require.Equal(t, "1", found[1].Name)
	require.Empty(t, Holm(results, 0.01))
}
