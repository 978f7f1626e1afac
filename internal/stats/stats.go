// Package stats measures whether masks are as random as the package promises:
// the drop rate, the joint events of elements and the bits behind them. The
// tests of the root run it at a size of seconds, internal/battery at one of
// minutes, and both run it on generators with planted defects, which shows what
// it can find.
//
// A statistic ends as a [Result]: its p-value, the probability that a sound
// generator gives something as extreme. Counts are compared with their exact
// binomial distribution, sums of squares with a chi-squared one of the exact
// mean and variance. [Holm] then decides over all results of a run, so that a
// sound generator fails a whole run with the stated probability alpha at most.
package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Result is the outcome of one statistic.
type Result struct {
	Name   string
	P      float64 // two-sided p-value
	Detail string  // the figures behind it
}

// String returns the result on one line.
func (r Result) String() string {
	return fmt.Sprintf("%-44s p-value %-9.2g (%4.1fσ)  %s", r.Name, r.P, r.Sigma(), r.Detail)
}

// Sigma returns the p-value as the deviation of a normal variable, 37.5 at most,
// where float64 ends.
func (r Result) Sigma() float64 {
	if r.P > 1e-10 {
		return math.Sqrt2 * math.Erfcinv(r.P)
	}
	// The tail of the normal distribution, 2φ(z)/z, solved for z.
	p, z := max(r.P, 1e-307), 6.5
	for range 20 {
		z = math.Sqrt(-2 * math.Log(p*z*math.Sqrt(math.Pi/2)))
	}
	return z
}

// Holm returns the results that are significant at the family-wise error rate
// alpha, the most extreme first: whatever their dependence, the probability that
// a sound generator gets any is at most alpha (S. Holm, "A Simple Sequentially
// Rejective Multiple Test Procedure", 1979).
func Holm(results []Result, alpha float64) []Result {
	sorted := slices.SortedFunc(slices.Values(results), func(a, b Result) int { return cmp.Compare(a.P, b.P) })
	for i, r := range sorted {
		if !(r.P <= alpha/float64(len(sorted)-i)) {
			return sorted[:i]
		}
	}
	return sorted
}
