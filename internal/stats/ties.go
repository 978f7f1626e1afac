package stats

import (
	"fmt"

	"github.com/fusedrop/dropout"
)

// Ties measures the tie bits over the words of n mask words: each of the 24
// against each plane at the element's own place and at other places, and joint
// events of the tie bits of every pair of elements, as masks see them, at the
// thresholds that several p put into the tie bits.
func Ties(g Generator, seed uint64, n int) []Result {
	rng := dropout.Derive(seed)
	const full = 1 << tieBits
	var pairs []*Pairs
	var rates []*Rate
	lows := []uint64{429497, 0.3 * (full - 6), 0.5 * full, 12482249} // of p = 0.9999, …, 0.5-2^-9, 0.001
	for _, low := range lows {
		pairs = append(pairs, NewPairs(float64(low)/full, true))
		rates = append(rates, NewRate(float64(low)/full))
	}
	// Agreement of the tie bits with bits of the planes: own[k][i] for plane k and
	// place i of the element itself, other[k][r] for r places further on.
	var own, other [8][64]counter
	var trials [64]uint64
	var w [8]uint64
	for range n {
		for k := range w {
			w[k] = rng.Uint64()
		}
		below := make([]uint64, len(lows))
		for i := range 64 {
			tie := g.Tie(&w, i)
			for l, low := range lows {
				if tie < low {
					below[l] |= 1 << i
				}
			}
			// Another distance for every word and element, so that all pairs of
			// places are met.
			r := 1 + int(rng.Uint64()>>32%63)
			trials[r]++
			for k, plane := range w {
				own[k][i].carry(0, agreement(tie, plane>>i))
				other[k][r].carry(0, agreement(tie, plane>>((i+r)%64)))
			}
		}
		for l := range lows {
			rates[l].Add(below[l : l+1])
			pairs[l].Add(below[l:l+1], below[l:l+1])
		}
	}
	results := agreements("tie bits and planes, same place", &own, func(int) uint64 { return uint64(n) })
	results = append(results, agreements("tie bits and planes, other places", &other, func(r int) uint64 { return trials[r] })...)
	for l, low := range lows {
		name := fmt.Sprintf("tie bits below %.3g", float64(low)/full)
		results = append(results, rates[l].Results(name)...)
		results = append(results, pairs[l].Results(name+": one word")...)
	}
	return results
}

// agreement returns the tie bits that equal the lowest bit of plane.
func agreement(tie, plane uint64) uint64 { return ^(tie ^ -(plane & 1)) & (1<<tieBits - 1) }

// agreements compares counts of equal bits with half of the trials, which are
// the same for all planes.
func agreements(name string, counts *[8][64]counter, trials func(i int) uint64) []Result {
	var all squares
	worst, detail := 2., ""
	for k := range counts {
		for i := range counts[k] {
			n := trials(i)
			if n == 0 {
				continue
			}
			for b := range tieBits {
				c := counts[k][i].at(b)
				d := float64(c) - float64(n)/2
				all.sum += 4 * d * d / float64(n)
				all.variance += 2 - 2/float64(n)
				all.n++
				if p := Binomial(c, n, 0.5); p < worst {
					worst, detail = p, fmt.Sprintf("plane %d, %d, tie bit %d: %d of %d agree", k, i, b, c, n)
				}
			}
		}
	}
	return []Result{
		{name, all.p(), all.String()},
		{fmt.Sprintf("%s: worst of %d", name, all.n), bonferroni(worst, all.n), detail},
	}
}
