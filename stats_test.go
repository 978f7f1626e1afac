package dropout_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fusedrop/dropout/internal/stats"
)

// The statistics of the mask, at the size of a unit test; internal/battery has
// the long ones. Seeds are fixed, so a test fails always or never. A test fails
// if any of its results is significant at falseAlarm after Holm's correction for
// their number: 6σ for a single one, 7σ for each of a thousand.
const falseAlarm = 2e-9

// statsPs are the drop probabilities at which the mask is measured: those whose
// rare events, keeps or drops, are decided by ties, ordinary and dyadic ones.
var statsPs = []float64{1e-4, 0.001, 0.01, 0.1, 0.25, 0.3, 1. / 3, 0.5, 0.9, 0.99, 0.999, 0.9999}

// jointPs are those at which joint events are.
var jointPs = []float64{1e-4, 0.001, 0.1, 0.3, 0.5, 0.9, 0.999}

func statsSize(full, short int) int {
	if testing.Short() {
		return short
	}
	return full
}

func requireSound(t *testing.T, results []stats.Result) {
	t.Helper()
	require.NotEmpty(t, results)
	worst := results[0]
	for _, r := range results {
		if r.P < worst.P {
			worst = r
		}
	}
	t.Logf("%d results, worst: %v", len(results), worst)
	for _, r := range stats.Holm(results, falseAlarm) {
		t.Error(r)
	}
}

// TestDropRate compares drops with the exact binomial distribution: in total, by
// place in the mask word, and of elements that ties decide.
func TestDropRate(t *testing.T) {
	requireSound(t, stats.Rates(stats.Package, 1, statsPs, statsSize(1<<19, 1<<14)))
}

// TestTieBits compares the tie bits with the planes and with each other.
func TestTieBits(t *testing.T) {
	requireSound(t, stats.Ties(stats.Package, 2, statsSize(1<<14, 1<<11)))
}

// TestJointEvents counts joint drops, or keeps, of each pair of places: within a
// mask word, in neighbouring ones and in streams with neighbouring ids or seeds.
func TestJointEvents(t *testing.T) {
	requireSound(t, stats.Joint(stats.Package, 3, jointPs, statsSize(1<<17, 1<<13)))
}

// TestStatisticsFindDefects plants mistakes and requires that the same
// statistics find them, and find nothing where nothing is planted.
func TestStatisticsFindDefects(t *testing.T) {
	if testing.Short() {
		t.Skip("the same on every machine")
	}
	const words = 1 << 15
	for _, d := range stats.Defects {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			results := stats.Rates(d.Generator, 1, []float64{0.001, 0.3, 0.9}, words)
			results = append(results, stats.Ties(d.Generator, 2, 1<<13)...)
			results = append(results, stats.Joint(d.Generator, 3, []float64{0.3, 0.5}, words)...)
			found := stats.Holm(results, falseAlarm)
			different := stats.Holm(stats.Definition(d.Generator, 4, []float64{0.001, 0.3}, 64), falseAlarm)
			t.Logf("%s: %d of %d results significant", d.Doc, len(found), len(results))
			if len(found) > 0 {
				t.Logf("worst: %v", found[0])
			}
			switch {
			case d.Name == "none":
				require.Empty(t, found)
				require.Empty(t, different)
			case d.Invisible:
				require.Empty(t, found, "no longer invisible")
				require.NotEmpty(t, different)
			default:
				require.NotEmpty(t, found)
			}
		})
	}
}

// TestNormalVariates compares normal variates with their distribution and with
// independence.
func TestNormalVariates(t *testing.T) {
	n := statsSize(1<<22, 1<<18)
	results := stats.NormalDefinition(stats.Normal, 5, 1<<16)
	results = append(results, stats.Moments(stats.Normal, 5, n)...)
	results = append(results, stats.NormalFit(stats.Normal, 5, n)...)
	results = append(results, stats.Tails(stats.Normal, 5, n)...)
	results = append(results, stats.NormalPairs(stats.Normal, 5, n/2)...)
	results = append(results, stats.NormalLags(stats.Normal, 5, n, []int{1, 2, 4, 8, 16, 32, 64, 1024, 4096, 1 << 20})...)
	requireSound(t, results)
}
