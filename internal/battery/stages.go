package main

import (
	"fmt"
	"io"

	"github.com/fusedrop/dropout/internal/stats"
)

// A stage measures one property of a generator G. Its run takes 2^-shift of its
// full size, but no less than finds the planted defects.
type stage[G any] struct {
	name string
	run  func(g G, seed uint64, shift int) []stats.Result
}

// stages are those of masks.
var stages = []stage[stats.Generator]{
	{"definition", func(g stats.Generator, seed uint64, shift int) []stats.Result {
		return stats.Definition(g, seed, ratePs, size(14, 6, shift))
	}},
	{"drop rate, places, ties in masks", func(g stats.Generator, seed uint64, shift int) []stats.Result {
		return stats.Rates(g, seed, ratePs, size(25, 15, shift))
	}},
	{"tie bits", func(g stats.Generator, seed uint64, shift int) []stats.Result {
		return stats.Ties(g, seed, size(20, 13, shift))
	}},
	{"joint events, ordinary p", func(g stats.Generator, seed uint64, shift int) []stats.Result {
		return stats.Joint(g, seed, []float64{0.1, 0.3, 0.5, 0.75, 0.9}, size(23, 15, shift))
	}},
	{"joint events, extreme p", func(g stats.Generator, seed uint64, shift int) []stats.Result {
		return stats.Joint(g, seed, []float64{1e-4, 0.001, 0.01, 0.99, 0.999, 0.9999}, size(26, 15, shift))
	}},
	{"runs", func(g stats.Generator, seed uint64, shift int) []stats.Result {
		return stats.Runs(g, seed, []float64{0.001, 0.1, 0.3, 0.5, 0.75, 0.9, 0.999}, size(23, 12, shift))
	}},
	{"lags to 4096", func(g stats.Generator, seed uint64, shift int) []stats.Result {
		var lags []int
		for lag := range 4096 {
			lags = append(lags, lag+1)
		}
		return stats.Lags(g, seed, []float64{0.1, 0.5, 0.9}, size(20, 10, shift), 1<<10, lags)
	}},
	{"lags of powers of two", func(g stats.Generator, seed uint64, shift int) []stats.Result {
		words := size(22, 12, shift)
		var lags []int
		for lag := 1; lag <= 32*words; lag *= 2 {
			lags = append(lags, lag)
		}
		return stats.Lags(g, seed, []float64{0.1, 0.5, 0.9}, 4*words, words, lags)
	}},
	{"planes", func(g stats.Generator, seed uint64, shift int) []stats.Result {
		return stats.Planes(g, seed, size(23, 10, shift))
	}},
	{"collisions", func(g stats.Generator, seed uint64, shift int) []stats.Result {
		words := size(24, 12, shift)
		return append(stats.Collisions(g, seed, words, 2), stats.Collisions(g, seed, words, 256)...)
	}},
	{"distances within a stream", func(g stats.Generator, seed uint64, shift int) []stats.Result {
		var results []stats.Result
		for k := range promised {
			results = append(results, stats.Distance(g, seed, 1<<k, size(28, 12, shift))...)
		}
		for _, odd := range []uint64{3, 5, 171} {
			results = append(results, stats.Distance(g, seed, odd<<20, size(28, 12, shift))...)
		}
		return results
	}},
}

// normalStages are those of normal variates, 2^28 of them.
var normalStages = []stage[stats.NormalGenerator]{
	{"normals: definition", func(g stats.NormalGenerator, seed uint64, shift int) []stats.Result {
		return stats.NormalDefinition(g, seed, size(22, 16, shift))
	}},
	{"normals: moments", func(g stats.NormalGenerator, seed uint64, shift int) []stats.Result {
		return stats.Moments(g, seed, size(28, 25, shift))
	}},
	{"normals: distribution", func(g stats.NormalGenerator, seed uint64, shift int) []stats.Result {
		return stats.NormalFit(g, seed, size(28, 25, shift))
	}},
	{"normals: tails", func(g stats.NormalGenerator, seed uint64, shift int) []stats.Result {
		return stats.Tails(g, seed, size(28, 25, shift))
	}},
	{"normals: pairs", func(g stats.NormalGenerator, seed uint64, shift int) []stats.Result {
		return stats.NormalPairs(g, seed, size(27, 22, shift))
	}},
	{"normals: lags", func(g stats.NormalGenerator, seed uint64, shift int) []stats.Result {
		return stats.NormalLags(g, seed, size(28, 22, shift), normalLags())
	}},
}

// normalLags are all that are short, some up to 4096, and powers of two up to half
// of the distance within which words are promised to be independent: a word is two
// variates.
func normalLags() []int {
	var lags []int
	for lag := range 32 {
		lags = append(lags, lag+1)
	}
	lags = append(lags, 48, 63, 64, 65, 96, 128, 256, 512, 1000, 1023, 1024, 1025, 2048, 3000, 4095, 4096)
	for k := 13; k <= promised; k++ {
		lags = append(lags, 1<<k)
	}
	return lags
}

// promised is such that words of one stream less than 2^promised apart are
// promised to be independent.
const promised = 26

// ratePs are the drop probabilities that the rate is measured at.
var ratePs = []float64{
	1e-6, 1e-5, 1e-4, 0.001, 0.0039, 0.004, 0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 1. / 3, 0.4999999, 0.5,
	0.5000001, 0.6, 0.625, 0.75, 0.9, 0.99, 0.9961, 0.999, 0.9999, 1 - 1e-5, 1 - 1e-6,
}

// size returns 2^full shifted down, but at least 2^least.
func size(full, least, shift int) int { return 1 << max(full-shift, least) }

// inform prints what the generator is known not to give: bits that agree too
// often, or too seldom, at multiples of 2^promised words, and parities of two
// bits that do so at multiples of 32. Neither counts as a failure.
func inform(w io.Writer, g stats.Generator, seed uint64, shift int) {
	words := size(28, 12, shift)
	fmt.Fprintf(w, "known limits, not tested: agreement of words 2^k apart, %d pairs each, largest σ\n", words)
	line := func(name string, f func(stats.Generator, uint64, uint64, int) []stats.Result, ks ...int) {
		fmt.Fprintf(w, "  %-22s", name)
		for _, k := range ks {
			var sigma float64
			for _, r := range f(g, seed, 1<<k, words) {
				sigma = max(sigma, r.Sigma())
			}
			fmt.Fprintf(w, " 2^%d: %.1f", k, sigma)
		}
		fmt.Fprintln(w)
	}
	line("single bits", stats.Distance, 24, 25, 26, 27, 28, 30, 32, 36, 40)
	line("parities of i and i+43", stats.Parity, 3, 4, 5, 6, 8, 12, 16, 20, 24)
}
