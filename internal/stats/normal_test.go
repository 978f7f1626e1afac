package stats

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/internal/reference"
)

// TestNormalIsTheStream compares variates as the public functions show them with
// the definition, and skipping with reading.
func TestNormalIsTheStream(t *testing.T) {
	const n = 5 * normalGroup * 100
	want := reference.Normals(n, dropout.Derive(7, 1))
	z := make([]float32, n)
	Normal.Stream(7, 1).Fill(z)
	for i := range z {
		require.InDelta(t, want[i], z[i], 3e-6, "variate %d", i)
	}
	s, rest := Normal.Stream(7, 1), make([]float32, n/2)
	s.Skip(n / 2)
	s.Fill(rest)
	require.Equal(t, z[n/2:], rest)
}

// TestNormalTails compares the tails of the discrete generator with counts over
// its radii and angles in a small model, and with those of the normal distribution.
func TestNormalTails(t *testing.T) {
	for limit, relative := range map[float64]float64{4: 1e-7, 5: 1e-5, 6: 2e-3} {
		require.InEpsilon(t, math.Erfc(limit/math.Sqrt2), tail(limit), relative, "beyond %v", limit)
	}
	// Every radius beyond 6, with 2^16 angles each.
	count := 0
	for h := uint64(0); h < 100; h++ {
		for a := range uint64(1 << 16) {
			cos, _ := reference.NormalPair(h<<33 | a<<16)
			if math.Abs(cos) > 6 {
				count++
			}
		}
	}
	require.InEpsilon(t, float64(count)/0x1p47, tail(6), 1e-4)
}

// TestFitDistributions compares distributions of test statistics with points of
// published tables.
func TestFitDistributions(t *testing.T) {
	// N. Smirnov, "Table for Estimating the Goodness of Fit of Empirical
	// Distributions", 1948.
	for x, p := range map[float64]float64{0.5: 0.963945, 0.83: 0.496, 1.2238: 0.1, 1.3581: 0.05, 1.6276: 0.01, 1.9495: 0.001} {
		require.InDelta(t, p, kolmogorov(x), 2e-4*max(1, 10*p), "√n·D = %v", x)
	}
	// G. and J. Marsaglia, "Evaluating the Anderson-Darling Distribution", 2004.
	for x, p := range map[float64]float64{1.9329578: 0.1, 2.4923672: 0.05, 3.8781250: 0.01} {
		require.InEpsilon(t, p, andersonDarling(x), 1e-6, "A² = %v", x)
	}
	require.InEpsilon(t, andersonDarling(12), andersonDarling(12.000001), 0.01, "where the series ends")
}

// TestNormalPValues does for normal variates what TestPValues does for masks.
func TestNormalPValues(t *testing.T) {
	seeds := 100
	if testing.Short() {
		seeds = 20
	}
	const n = 1 << 15
	small := map[string]uint64{}
	for seed := range uint64(seeds) {
		for _, r := range normalStatistics(seed, n) {
			if _, ok := small[r.Name]; !ok {
				small[r.Name] = 0
			}
			if r.P < 0.1 {
				small[r.Name]++
			}
		}
	}
	for name, k := range small {
		if p := Binomial(k, uint64(seeds), 0.1); float64(k) > 0.1*float64(seeds) {
			require.Greater(t, p, 1e-6, "%s: %d of %d p-values below 0.1", name, k, seeds)
		}
	}
}

func normalStatistics(seed uint64, n int) []Result {
	results := Moments(Normal, seed, n)
	results = append(results, NormalFit(Normal, seed, n)...)
	results = append(results, Tails(Normal, seed, n)...)
	results = append(results, NormalPairs(Normal, seed, n/2)...)
	return append(results, NormalLags(Normal, seed, n, []int{1, 2, 8, 16, 100, 4096, 1 << 16})...)
}
