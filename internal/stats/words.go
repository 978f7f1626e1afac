package stats

import (
	"fmt"
	"slices"
)

// At p = 1/2 an element is dropped if the first bit of its digit is set: the
// mask is the complement of plane 0. From a stream advanced by k words, it is
// that of plane k. So the statistics here see every bit of a stream through the
// kernels.

// Planes measures the bits of each of the 8 planes, over words mask words, and
// the joint events of each pair of planes at all pairs of places.
func Planes(g Generator, seed uint64, words int) []Result {
	var results []Result
	var streams [8]Stream
	var masks [8][]uint64
	var rates [8]*Rate
	var pairs [8][8]*Pairs
	for k := range streams {
		streams[k] = g.Stream(seed)
		streams[k].Advance(uint64(k))
		masks[k] = make([]uint64, chunk)
		rates[k] = NewRate(0.5)
		for l := range k {
			pairs[k][l] = NewPairs(0.5, false)
		}
	}
	chunks(words, func(n int) {
		for k := range streams {
			streams[k].Draw(masks[k][:n], 0.5)
			rates[k].Add(masks[k][:n])
			for l := range k {
				pairs[k][l].Add(masks[k][:n], masks[l][:n])
			}
		}
	})
	for k := range streams {
		results = append(results, rates[k].Results(fmt.Sprintf("plane %d", k))...)
		for l := range k {
			results = append(results, pairs[k][l].Results(fmt.Sprintf("planes %d, %d", l, k))...)
		}
	}
	return results
}

// Collisions counts equal pairs among words mask words at p = 1/2, drawn in
// equal parts from streams of neighbouring ids and seeds: of whole words, where
// one is a sign of streams that overlap, and of their halves, where many are
// expected.
func Collisions(g Generator, seed uint64, words, streams int) []Result {
	all := make([]uint64, words/streams*streams)
	for s := range streams {
		part := words / streams
		g.Stream(seed+uint64(s%2), uint64(s/2)).Draw(all[s*part:][:part], 0.5)
	}
	var halves [2][]uint32
	for h := range halves {
		halves[h] = make([]uint32, len(all))
		for i, w := range all {
			halves[h][i] = uint32(w >> (32 * h))
		}
	}
	n := uint64(len(all))
	pairs := n * (n - 1) / 2
	result := func(name string, equal uint64, p float64) Result {
		return Result{fmt.Sprintf("collisions of %s, %d streams", name, streams), Binomial(equal, pairs, p),
			fmt.Sprintf("%d of %d words, expected %.3g", equal, n, float64(pairs)*p)}
	}
	return []Result{
		result("words", equalPairs(all), 0x1p-64),
		result("low halves", equalPairs(halves[0]), 0x1p-32),
		result("high halves", equalPairs(halves[1]), 0x1p-32),
	}
}

// equalPairs sorts x and returns how many pairs of its elements are equal.
func equalPairs[T uint32 | uint64](x []T) uint64 {
	slices.Sort(x)
	var pairs, run uint64
	for i := 1; i < len(x); i++ {
		if x[i] == x[i-1] {
			run++
			pairs += run
		} else {
			run = 0
		}
	}
	return pairs
}

// Distance measures whether the bits of words that are distance apart in a
// stream agree more or less often than by chance, over words mask words from
// several streams.
func Distance(g Generator, seed, distance uint64, words int) []Result {
	agree := NewRate(0.5)
	distant(g, seed, distance, words, func(a, b []uint64) {
		for i := range a {
			a[i] = ^(a[i] ^ b[i])
		}
		agree.Add(a)
	})
	return agree.Results(fmt.Sprintf("distance %d words", distance))
}

// Parity is Distance for the parities of bits i and i+43 of a word, i < 21.
// The last step of the output function, w ^ w>>43, cancels in them.
func Parity(g Generator, seed, distance uint64, words int) []Result {
	agree := NewRate(0.5)
	distant(g, seed, distance, words, func(a, b []uint64) {
		for i := range a {
			x := a[i] ^ b[i]
			a[i] = ^(x ^ x>>43)
		}
		agree.Add(a)
	})
	return agree.Results(fmt.Sprintf("parities at distance %d words", distance))
}

// distant calls f with masks at p = 1/2 that are distance words apart in the
// streams that they come from.
func distant(g Generator, seed, distance uint64, words int, f func(a, b []uint64)) {
	const streams = 16
	a, b := make([]uint64, chunk), make([]uint64, chunk)
	for id := range uint64(streams) {
		s, t := g.Stream(seed, id), g.Stream(seed, id)
		t.Advance(distance)
		chunks(max(1, words/streams), func(n int) {
			s.Draw(a[:n], 0.5)
			t.Draw(b[:n], 0.5)
			f(a[:n], b[:n])
		})
	}
}
