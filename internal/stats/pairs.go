package stats

import (
	"fmt"
	"math"
	"math/bits"
)

// Pairs counts joint events of every pair of places: i of a word and j of the
// word beside it, or i < j of one word. A mean over pairs of equal distance can
// hide that some of them never occur together and others too often, so each of
// the pairs has a count of its own.
type Pairs struct {
	p    float64
	self bool
	n    uint64
	a, b counter

	// joint[r] counts, at place i, events of i and of place i-r (mod 64); seen[i][j]
	// is for events so rare that counting them one by one is quicker.
	joint [64]counter
	seen  [64][64]uint32
}

// rare is the probability below which events are counted one by one.
const rare = 0.02

// NewPairs returns the counts for words a and b whose bits are independent and
// set with probability p; self is for pairs within words a, given twice.
func NewPairs(p float64, self bool) *Pairs { return &Pairs{p: p, self: self} }

// Add counts the joint events in the words a[i] and b[i].
func (s *Pairs) Add(a, b []uint64) {
	b = b[:len(a)]
	s.n += uint64(len(a))
	s.a.addAnd(a, a, 0)
	s.b.addAnd(b, b, 0)
	if s.p < rare {
		for n, x := range a {
			for ; x != 0; x &= x - 1 {
				i := bits.TrailingZeros64(x)
				y := b[n]
				if s.self {
					y = x & (x - 1)
				}
				for ; y != 0; y &= y - 1 {
					s.seen[i][bits.TrailingZeros64(y)]++
				}
			}
		}
		return
	}
	first, last := 0, 63
	if s.self {
		first, last = 1, 32 // the others are these again
	}
	// Parts of a and b that stay in the first-level cache for all rotations.
	for len(a) > 0 {
		n := min(len(a), 1024)
		for r := first; r <= last; r++ {
			s.joint[r].addAnd(a[:n], b[:n], r)
		}
		a, b = a[n:], b[n:]
	}
}

// at returns the count of joint events of place i and place j.
func (s *Pairs) at(i, j int) uint64 {
	if s.p < rare {
		return uint64(s.seen[i][j])
	}
	r := (i - j) & 63
	if s.self && r > 32 {
		i, r = j, 64-r
	}
	return s.joint[r].at(i)
}

// Results returns the worst pair, the mean and the mean square over all pairs,
// and those over pairs of one place in two words.
//
// Sums are over the products of centred events, (a-p)·(b-p), which are
// uncorrelated even if pairs have a place in common; the squares of such pairs
// are not quite, which the variance allows for.
func (s *Pairs) Results(name string) []Result {
	n, v := float64(s.n), s.p*(1-s.p)
	k := kurtosis(s.p)
	var sum, sumSame, sumJoint float64
	var all, same squares
	worst, wi, wj := 2., 0, 0
	for i := range 64 {
		for j := range 64 {
			if s.self && i >= j {
				continue
			}
			c := s.at(i, j)
			sumJoint += float64(c)
			z := (float64(c) - s.p*float64(s.a.at(i)+s.b.at(j)) + n*s.p*s.p) / (math.Sqrt(n) * v)
			if p := s.tail(c, z); p < worst {
				worst, wi, wj = p, i, j
			}
			sum += z
			all.sum += z * z
			all.n++
			if i == j {
				sumSame += z
				same.sum += z * z
				same.n++
			}
		}
	}
	// Pairs that share an element with a given one. Where b is the word after a,
	// the pairs before and after do so too; for two streams that is too many, on
	// the safe side.
	shared := 2*63. + 2*64
	if s.self {
		shared = 2 * 62
	}
	spread := 2 + (k*k-3)/n
	all.variance = float64(all.n) * (spread + shared*(k-1)/n)
	same.variance = 64 * spread

	expected := n * s.p * s.p
	results := []Result{{name + fmt.Sprintf(": worst of %d pairs", all.n), bonferroni(worst, all.n),
		fmt.Sprintf("places %d, %d: %d joint events, expected %.1f", wi, wj, s.at(wi, wj), expected)}}
	if expected < 1 {
		// Too rare for sums of squares. The total is compared with a binomial
		// count whose events come as many at a time as makes the variance right:
		// pairs with a place in common go together.
		several := 1 + shared*s.p*(1-s.p)/(1-s.p*s.p)
		mean := n * float64(all.n) * s.p * s.p
		trials := uint64(n * float64(all.n) / several)
		return append(results, Result{name + ": all pairs", Binomial(uint64(math.Round(sumJoint/several)), trials, s.p*s.p),
			fmt.Sprintf("%.0f joint events, expected %.1f", sumJoint, mean)})
	}
	z := sum / math.Sqrt(float64(all.n))
	results = append(results,
		Result{name + ": mean of pairs", normal(z), fmt.Sprintf("z %.2f", z)},
		Result{name + ": pairs", all.p(), all.String()})
	if !s.self {
		z := sumSame / 8
		results = append(results,
			Result{name + ": mean of same places", normal(z), fmt.Sprintf("z %.2f", z)},
			Result{name + ": same places", same.p(), same.String()})
	}
	return results
}

// tail returns the p-value of c joint events of one pair, z when centred. Where
// events are many the latter is normal and tells more, as the rates of the places
// are out of it. Otherwise it is the exact one of c, but for the most counts,
// which are nowhere near the worst.
func (s *Pairs) tail(c uint64, z float64) float64 {
	n, p := float64(s.n), s.p*s.p
	if n*p > 2000 {
		return normal(z)
	}
	if math.Abs(float64(c)-n*p) < 2*math.Sqrt(n*p) {
		return 1
	}
	return Binomial(c, s.n, p)
}
