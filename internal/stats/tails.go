package stats

import (
	"fmt"
	"math"
)

// Binomial returns the exact two-sided p-value of k events in n trials of
// probability p: twice the smaller tail.
func Binomial(k, n uint64, p float64) float64 {
	if p <= 0 || p >= 1 || n == 0 {
		if p <= 0 && k == 0 || p >= 1 && k == n {
			return 1
		}
		return 0
	}
	x, m := float64(k), float64(n)
	odds := p / (1 - p)
	term := math.Exp(logBinomial(x, m, p))
	sum := 0.0
	if x > m*p {
		for ; x <= m && term > sum*1e-17; x++ {
			sum += term
			term *= (m - x) / (x + 1) * odds
		}
	} else {
		for ; x >= 0 && term > sum*1e-17; x-- {
			sum += term
			term *= x / (m - x + 1) / odds
		}
	}
	return min(1, 2*sum)
}

// logBinomial returns the logarithm of the probability of k events in n trials,
// by deviances, which do not cancel where n is huge (C. Loader, "Fast and
// Accurate Computation of Binomial Probabilities", 2000).
func logBinomial(k, n, p float64) float64 {
	switch k {
	case 0:
		return n * math.Log1p(-p)
	case n:
		return n * math.Log(p)
	}
	d := stirlingError(n) - stirlingError(k) - stirlingError(n-k)
	return d - deviance(k, n*p) - deviance(n-k, n*(1-p)) + math.Log(n/(2*math.Pi*k*(n-k)))/2
}

// deviance returns x·log(x/m) + m - x.
func deviance(x, m float64) float64 {
	if e := (x - m) / m; math.Abs(e) < 1e-3 {
		// The series of (1+e)·log(1+e) - e; the next term is below 1e-15.
		return m * e * e * (1./2 - e*(1./6-e*(1./12-e*(1./20-e/30))))
	}
	return x*math.Log(x/m) + m - x
}

// stirlingError returns log(n!) - log(√(2πn)·(n/e)^n).
func stirlingError(n float64) float64 {
	if n < 16 {
		g, _ := math.Lgamma(n + 1)
		return g - (math.Log(2*math.Pi*n)/2 + n*math.Log(n) - n)
	}
	return (1./12 - (1./360-(1./1260-1./1680/(n*n))/(n*n))/(n*n)) / n
}

// normal returns the two-sided p-value of a standard normal variable.
func normal(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

// bonferroni returns the p-value of the smallest p-value among n.
func bonferroni(p float64, n int) float64 { return min(1, p*float64(n)) }

// squares is a sum of squares of n deviations, each with mean square 1, and the
// variance of that sum where the generator is sound.
type squares struct {
	sum, variance float64
	n             int
}

// p returns the two-sided p-value by the multiple of a chi-squared variable that
// has the mean n and the variance: a variance above 2n is due to rare events,
// whose squares are skewed.
func (s squares) p() float64 {
	mean := float64(s.n)
	degrees := 2 * mean * mean / s.variance
	lower, upper := GammaTails(degrees/2, s.sum/mean*degrees/2)
	return min(1, 2*min(lower, upper))
}

func (s squares) String() string {
	return fmt.Sprintf("chi² %.1f, expected %d ± %.1f", s.sum, s.n, math.Sqrt(s.variance))
}

// GammaTails returns the regularised incomplete gamma functions P(a, x) and
// Q(a, x), by the series below a+1 and Lentz's continued fraction above it.
func GammaTails(a, x float64) (lower, upper float64) {
	if x <= 0 {
		return 0, 1
	}
	g, _ := math.Lgamma(a)
	front := math.Exp(a*math.Log(x) - x - g)
	if x < a+1 {
		sum, term := 1/a, 1/a
		for k := a + 1; term > sum*1e-16; k++ {
			term *= x / k
			sum += term
		}
		return front * sum, 1 - front*sum
	}
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for k := 1.0; k < 1e6; k++ {
		b += 2
		step := -k * (k - a)
		d = 1 / nonzero(step*d+b, tiny)
		c = nonzero(b+step/c, tiny)
		h *= d * c
		if math.Abs(d*c-1) < 1e-15 {
			break
		}
	}
	return 1 - front*h, front * h
}

func nonzero(x, tiny float64) float64 {
	if math.Abs(x) < tiny {
		return tiny
	}
	return x
}
