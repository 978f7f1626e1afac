package measure

import (
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/fusedrop/dropout/bench/internal/protocol"
)

// Quartiles returns the quartiles of samples, each a value that occurs in them.
// It panics if there are none.
func Quartiles(samples []float64) protocol.Quartiles {
	sorted := slices.Sorted(slices.Values(samples))
	at := func(p float64) float64 { return stat.Quantile(p, stat.Empirical, sorted, nil) }
	return protocol.Quartiles{Q1: at(0.25), Median: at(0.5), Q3: at(0.75)}
}

// Proportion returns the interval that holds the probability of something seen
// hits times in n independent trials with the given confidence (C. Clopper and
// E. Pearson, "The Use of Confidence or Fiducial Limits Illustrated in the Case of
// the Binomial", 1934).
func Proportion(hits, n int, confidence float64) (lo, hi float64) {
	tail := (1 - confidence) / 2
	lo, hi = 0, 1
	if hits > 0 {
		lo = distuv.Beta{Alpha: float64(hits), Beta: float64(n-hits) + 1}.Quantile(tail)
	}
	if hits < n {
		hi = distuv.Beta{Alpha: float64(hits) + 1, Beta: float64(n - hits)}.Quantile(1 - tail)
	}
	return lo, hi
}
