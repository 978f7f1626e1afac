package stats

import (
	"fmt"
	"slices"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/internal/reference"
)

// Generator is what the statistics are run on: the package, or one with a
// planted defect.
type Generator struct {
	Name string

	// Stream returns the stream of a list of identifiers under a seed.
	Stream func(seed uint64, ids ...uint64) Stream

	// Tie returns the 24 tie bits of element i of the 64 that the words w are
	// drawn for.
	Tie func(w *[8]uint64, i int) uint64
}

// Stream draws the masks of one stream.
type Stream interface {
	// Draw fills mask with the next 64·len(mask) elements at drop probability p.
	Draw(mask []uint64, p float64)
	// Advance skips words words of the stream, of which a mask word takes 8.
	Advance(words uint64)
}

// Package is the package itself, by its public functions. Its tie bits can't be
// seen through them and come from the reference, which the kernels are tested
// against bit for bit.
var Package = Generator{
	Name:   "package",
	Stream: func(seed uint64, ids ...uint64) Stream { return packageStream{dropout.Derive(seed, ids...)} },
	Tie:    func(w *[8]uint64, i int) uint64 { return reference.Uniform(*w, i) & (1<<tieBits - 1) },
}

const tieBits = 24

type packageStream struct{ *dropout.PCG }

func (s packageStream) Draw(mask []uint64, p float64) {
	d, err := dropout.New(p)
	if err != nil {
		panic(err)
	}
	d.Draw(mask, 64*len(mask), s.PCG)
}

// event turns a mask into the words of its rarer event, drops where p <= 1/2 and
// keeps elsewhere, and returns the exact probability of that.
func event(p float64) (probability float64, turn func(mask []uint64)) {
	t := float64(reference.Threshold(p))
	if p > 0.5 {
		return t / (1 << 32), func([]uint64) {}
	}
	return (1<<32 - t) / (1 << 32), func(mask []uint64) {
		for i := range mask {
			mask[i] = ^mask[i]
		}
	}
}

// chunk is how many mask words are drawn at a time.
const chunk = 1 << 14

// chunks calls f with lengths that sum to words.
func chunks(words int, f func(n int)) {
	for ; words > 0; words -= chunk {
		f(min(words, chunk))
	}
}

// Rates measures the drop rate at each p, over words mask words: in total, per
// position of the mask word, and for the elements that their tie bits decide to
// keep, those that are kept at T but not at T with its low 24 bits cleared.
func Rates(g Generator, seed uint64, ps []float64, words int) []Result {
	var results []Result
	mask, floor := make([]uint64, chunk), make([]uint64, chunk)
	for n, p := range ps {
		prob, turn := event(p)
		t := reference.Threshold(p)
		low := t & (1<<tieBits - 1)
		tied := float64(low) / (1 << 32)
		rate, tieRate := NewRate(prob), NewRate(tied)
		ties := NewPairs(tied, true)
		s, at := g.Stream(seed, uint64(n)), g.Stream(seed, uint64(n))
		chunks(words, func(n int) {
			s.Draw(mask[:n], p)
			if low != 0 {
				at.Draw(floor[:n], 1-float64(t-low)/(1<<32))
				for i := range floor[:n] {
					floor[i] = mask[i] &^ floor[i]
				}
				tieRate.Add(floor[:n])
				ties.Add(floor[:n], floor[:n])
			}
			turn(mask[:n])
			rate.Add(mask[:n])
		})
		name := fmt.Sprintf("p=%.7g", p)
		results = append(results, rate.Results(name)...)
		if low != 0 {
			results = append(results, tieRate.Results(name+": kept by ties")...)
			results = append(results, ties.Results(name+": kept by ties")...)
		}
	}
	return results
}

// Joint measures joint events at each p, over words mask words: of elements in
// one mask word, in neighbouring ones, in the streams of ids 0, 1 and 2, and in
// those of seeds that differ by one, with the same id and with the same sum of
// seed and id.
func Joint(g Generator, seed uint64, ps []float64, words int) []Result {
	var results []Result
	for _, p := range ps {
		prob, turn := event(p)
		name := fmt.Sprintf("p=%.7g", p)
		streams := []Stream{g.Stream(seed, 0), g.Stream(seed, 1), g.Stream(seed, 2), g.Stream(seed+1, 0)}
		masks := make([][]uint64, len(streams))
		for i := range masks {
			masks[i] = make([]uint64, chunk)
		}
		within, next := NewPairs(prob, true), NewPairs(prob, false)
		across := []struct {
			name  string
			a, b  int
			pairs *Pairs
		}{
			{"ids 0, 1", 0, 1, nil}, {"ids 0, 2", 0, 2, nil}, {"ids 1, 2", 1, 2, nil},
			{"seeds s, s+1", 0, 3, nil}, {"seeds s, s+1, ids 1, 0", 1, 3, nil},
		}
		for i := range across {
			across[i].pairs = NewPairs(prob, false)
		}
		chunks(words, func(n int) {
			for i, s := range streams {
				s.Draw(masks[i][:n], p)
				turn(masks[i][:n])
			}
			m := masks[0][:n]
			within.Add(m, m)
			next.Add(m[:n-1], m[1:])
			for _, c := range across {
				c.pairs.Add(masks[c.a][:n], masks[c.b][:n])
			}
		})
		results = slices.Concat(results, within.Results(name+": one word"), next.Results(name+": next word"))
		for _, c := range across {
			results = append(results, c.pairs.Results(name+": "+c.name)...)
		}
	}
	return results
}

// Definition compares masks at each p with those of the definition, and elements
// where T is their very bits or one more. Some defects leave masks as random as
// they were and merely different: this finds them.
func Definition(g Generator, seed uint64, ps []float64, words int) []Result {
	var results []Result
	mask := make([]uint64, words)
	for n, p := range ps {
		g.Stream(seed, uint64(n)).Draw(mask, p)
		want := reference.Pack(reference.Keep(64*words, reference.Threshold(p), dropout.Derive(seed, uint64(n))))
		r := Result{Name: fmt.Sprintf("p=%.7g: definition", p), P: 1, Detail: fmt.Sprintf("%d words agree", words)}
		for i := range want {
			if mask[i] != want[i] {
				r.P, r.Detail = 0, fmt.Sprintf("word %d is %016x, want %016x", i, mask[i], want[i])
				break
			}
		}
		results = append(results, r)
	}
	return append(results, thresholds(g, seed))
}

// thresholds compares each of 64 elements at the T that just drops it and at the
// next, which keeps it: no random T meets the bits of an element.
func thresholds(g Generator, seed uint64) Result {
	r := Result{Name: "T is the element's bits: definition", P: 1, Detail: "64 elements agree"}
	rng := dropout.Derive(seed)
	var w [8]uint64
	for k := range w {
		w[k] = rng.Uint64()
	}
	for i := range 64 {
		u := reference.Uniform(w, i)
		for _, t := range []uint64{u, u + 1} {
			var mask [1]uint64
			g.Stream(seed).Draw(mask[:], 1-float64(t)/(1<<32))
			if kept := mask[0]>>i&1 != 0; kept != (u < t) {
				r.P, r.Detail = 0, fmt.Sprintf("element %d, bits %#x, T = %#x: kept is %v", i, u, t, kept)
			}
		}
	}
	return r
}
