package stats

import (
	"math/bits"
	"slices"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/internal/reference"
)

// Defect is a generator that is wrong in one way, for showing that the
// statistics find it.
type Defect struct {
	Generator
	Doc string

	// Invisible defects leave masks as random as they were: only [Definition]
	// finds them.
	Invisible bool
}

// Defects are mistakes that a kernel, a definition or a user of streams can
// plausibly make. The first is none: the same code without a defect.
var Defects = []Defect{
	planted("none", "no defect: the definition, element by element", parts{}),
	planted("weak-tie", "the tie hash is one round of the stream's output function over w7 with one bit flipped",
		parts{tie: weakTie}),
	planted("splitmix-tie", "the tie hash is SplitMix64's finalizer in place of two rounds of the output function",
		parts{tie: splitmixTie}),
	planted("tie-shared", "elements 2i and 2i+1 share their tie bits",
		parts{tie: func(w *[8]uint64, i int) uint64 { return Package.Tie(w, i|1) }}),
	planted("tie-bit", "the tie bits are those of the plane, 24 times the digit's lowest bit",
		parts{tie: func(w *[8]uint64, i int) uint64 { return -(w[7] >> i & 1) & (1<<tieBits - 1) }}),
	planted("tie-shifted", "the outcome of a tie goes to the neighbour", parts{shift: 1}),
	invisible("tie-neighbour", "an element takes the tie bits of its neighbour, as good as its own",
		parts{tie: func(w *[8]uint64, i int) uint64 { return Package.Tie(w, (i+1)%64) }}),
	invisible("tie-or-equal", "an element is kept if its bits equal T as well: T is off by one",
		parts{orEqual: true}),
	planted("quantised", "p is rounded to 1/256: ties are ignored",
		parts{tie: func(*[8]uint64, int) uint64 { return 1<<tieBits - 1 }}),
	planted("plane-repeated", "plane 6 is used as plane 7 too",
		parts{words: func(seed uint64, ids []uint64) words { return rearranged(seed, ids, 8, 6, 7) }}),
	planted("lane-start", "one lane of four begins where its neighbour does",
		parts{words: func(seed uint64, ids []uint64) words { return rearranged(seed, ids, 32, 16, 24) }}),
	invisible("lane-step", "one lane of 32 is stepped by A^31 instead of A^32: another LCG of full period",
		parts{words: wrongStep}),
	planted("seed+id lanes", "16 lanes are seeded seed+id, seed+id+1, …: those of the next id again but for one",
		parts{words: seededLanes}),
	planted("seed+id<<48", "ids are put into the top 16 bits of the seed: places of one sequence a huge power of two apart",
		parts{words: func(seed uint64, ids []uint64) words { return dropout.NewPCG(seed+last(ids)<<48, 54) }}),
	planted("seed+id", "ids are added to the seed: id 1 of a seed is id 0 of the next",
		parts{words: func(seed uint64, ids []uint64) words { return dropout.NewPCG(seed+last(ids), 54) }}),
}

// parts are what a defect replaces of the definition.
type parts struct {
	words func(seed uint64, ids []uint64) words
	tie   func(w *[8]uint64, i int) uint64
	shift int // places between an element and the one that its tie decides

	orEqual bool // tie bits that equal T's are below it
}

// words is a stream of random words.
type words interface {
	Uint64() uint64
	Advance(words uint64)
}

func planted(name, doc string, p parts) Defect {
	if p.words == nil {
		p.words = func(seed uint64, ids []uint64) words { return dropout.Derive(seed, ids...) }
	}
	if p.tie == nil {
		p.tie = Package.Tie
	}
	return Defect{Doc: doc, Generator: Generator{
		Name:   name,
		Tie:    p.tie,
		Stream: func(seed uint64, ids ...uint64) Stream { return &defectStream{p, p.words(seed, ids)} },
	}}
}

func invisible(name, doc string, p parts) Defect {
	d := planted(name, doc, p)
	d.Invisible = true
	return d
}

type defectStream struct {
	parts
	words
}

// Draw draws masks as the package defines them, but for the parts replaced.
func (s *defectStream) Draw(mask []uint64, p float64) {
	t := reference.Threshold(p)
	for n := range mask {
		var w [8]uint64
		less, equal := uint64(0), ^uint64(0)
		for k := range w {
			w[k] = s.Uint64()
			bit := -(t >> (31 - k) & 1)
			less |= equal & bit &^ w[k]
			equal &^= w[k] ^ bit
		}
		if t == 1<<32 {
			less, equal = ^uint64(0), 0
		}
		for ; equal != 0; equal &= equal - 1 {
			i := bits.TrailingZeros64(equal)
			if tie, low := s.tie(&w, i), t&(1<<tieBits-1); tie < low || s.orEqual && tie == low {
				less |= 1 << ((i + s.shift) % 64)
			}
		}
		mask[n] = less
	}
}

// weakTie is a hash whose results for two elements of one word differ in few
// bits: joint ties of some pairs are up to three times as frequent as they
// should be and those of others never happen.
func weakTie(w *[8]uint64, i int) uint64 {
	return output((w[7]+0x9E3779B97F4A7C15)^1<<i) >> (64 - tieBits)
}

// splitmixTie is a hash that is bad for pairs of elements 30 apart alone: two
// flipped bits cancel in its first xorshift.
func splitmixTie(w *[8]uint64, i int) uint64 {
	x := (w[7] + 0x9E3779B97F4A7C15) ^ 1<<i
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return (x ^ x>>31) >> (64 - tieBits)
}

// output is RXS M XS.
func output(s uint64) uint64 {
	w := (s>>(s>>59+5) ^ s) * 12605985483714917081
	return w ^ w>>43
}

func last(ids []uint64) uint64 {
	if len(ids) == 0 {
		return 0
	}
	return ids[len(ids)-1]
}

// merged is a stream whose word n is word n/len of lane n%len.
type merged struct {
	next  uint64
	lanes []words
}

func (m *merged) Uint64() uint64 {
	w := m.lanes[m.next%uint64(len(m.lanes))].Uint64()
	m.next++
	return w
}

func (m *merged) Advance(n uint64) {
	count := uint64(len(m.lanes))
	for l, lane := range m.lanes {
		// Words that lane l gives before word n of the stream.
		before := func(n uint64) uint64 { return (n + count - 1 - uint64(l)) / count }
		lane.Advance(before(m.next+n) - before(m.next))
	}
	m.next += n
}

// strided is every step-th word of a stream.
type strided struct {
	words
	step uint64
}

func (s strided) Uint64() uint64 {
	w := s.words.Uint64()
	s.words.Advance(s.step - 1)
	return w
}

func (s strided) Advance(n uint64) { s.words.Advance(n * s.step) }

// leapfrog splits a stream into lanes, lane l holding words l, l+n, l+2n, …
func leapfrog(seed uint64, ids []uint64, n int) *merged {
	m := new(merged)
	for l := range n {
		lane := dropout.Derive(seed, ids...)
		lane.Advance(uint64(l))
		m.lanes = append(m.lanes, strided{lane, uint64(n)})
	}
	return m
}

// rearranged is a stream of n lanes of which those at and above to begin where
// those at and above from do.
func rearranged(seed uint64, ids []uint64, n, from, to int) words {
	m, good := leapfrog(seed, ids, n), leapfrog(seed, ids, n)
	copy(m.lanes[to:], good.lanes[from:])
	return m
}

// wrongStep is a stream of 32 lanes, the fifth of which has a wrong multiplier.
func wrongStep(seed uint64, ids []uint64) words {
	m := leapfrog(seed, ids, 32)
	const a = 6364136223846793005
	lane := &lcg{state: dropout.Derive(seed, ids...).Uint64(), mul: 1, add: 1}
	for range 31 {
		lane.mul *= a
	}
	m.lanes[5] = lane
	return m
}

// lcg is the stream's generator with constants of its own.
type lcg struct{ state, mul, add uint64 }

func (g *lcg) Uint64() uint64 {
	w := output(g.state)
	g.state = g.state*g.mul + g.add
	return w
}

func (g *lcg) Advance(n uint64) {
	mul, add := g.mul, g.add
	for ; n != 0; n >>= 1 {
		if n&1 != 0 {
			g.state = g.state*mul + add
		}
		add *= mul + 1
		mul *= mul
	}
}

// seededLanes is a stream whose lanes are streams of their own, seeded as some
// frameworks seed theirs.
func seededLanes(seed uint64, ids []uint64) words {
	m := new(merged)
	for l := range uint64(16) {
		m.lanes = append(m.lanes, dropout.NewPCG(seed+last(ids)+l, 54))
	}
	return m
}

// FindDefect returns the defect called name.
func FindDefect(name string) (Defect, bool) {
	i := slices.IndexFunc(Defects, func(d Defect) bool { return d.Name == name })
	if i < 0 {
		return Defect{}, false
	}
	return Defects[i], true
}
