package stats

import "fmt"

// Rate counts events per bit position of words whose bits are independent and
// set with probability p.
type Rate struct {
	p      float64
	n      uint64
	counts counter
}

// NewRate returns a Rate for events of probability p.
func NewRate(p float64) *Rate { return &Rate{p: p} }

// Add counts the events in words.
func (s *Rate) Add(words []uint64) {
	s.n += uint64(len(words))
	s.counts.addAnd(words, words, 0)
}

// Results returns the rate over all positions, that of each, and the worst.
func (s *Rate) Results(name string) []Result {
	var total uint64
	worst, where := 2., 0
	q := 1 - s.p
	sq := squares{n: 64, variance: 64 * (2 + (kurtosis(s.p)-3)/float64(s.n))}
	for i := range 64 {
		k := s.counts.at(i)
		total += k
		d := float64(k) - float64(s.n)*s.p
		sq.sum += d * d / (float64(s.n) * s.p * q)
		if p := Binomial(k, s.n, s.p); p < worst {
			worst, where = p, i
		}
	}
	results := []Result{
		{name + ": rate", Binomial(total, 64*s.n, s.p),
			fmt.Sprintf("%d of %d, expected %.1f", total, 64*s.n, 64*float64(s.n)*s.p)},
		{name + ": worst of 64 positions", bonferroni(worst, 64),
			fmt.Sprintf("position %d: %d, expected %.1f", where, s.counts.at(where), float64(s.n)*s.p)},
	}
	if float64(s.n)*s.p >= 10 {
		results = append(results, Result{name + ": 64 positions", sq.p(), sq.String()})
	}
	return results
}

// kurtosis returns the fourth standardised moment of an event of probability p.
func kurtosis(p float64) float64 {
	v := p * (1 - p)
	return (1 - 3*v) / v
}
