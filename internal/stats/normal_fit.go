package stats

import (
	"fmt"
	"math"
	"sync"
)

// NormalFit compares n variates with the normal distribution: the cosines, the
// sines and all. The comparison is by counts in cells of 2^-12 from -8 to 8.
//
// Between the edges of cells the empirical distribution function is not looked
// at, so that the statistic of Kolmogorov and Smirnov is no larger than it should
// be, by about one part in a hundred: the false-alarm probability is kept. That of
// Anderson and Darling is the integral over the cells. Both find differences all
// over the distribution, χ² over wider cells those that go up and down.
//
// The normal distribution function differs from that of the generator, whose
// uniform variates are discrete and whose arithmetic is in single precision, by
// less than 1e-6, where n variates can show 0.4/√n.
func NormalFit(g NormalGenerator, seed uint64, n int) []Result {
	var halves [2]histogram
	eachNormal(g, seed, n, func(z []float32) {
		for ; len(z) > 0; z = z[normalGroup:] {
			halves[0].add(z[:8])
			halves[1].add(z[8:16])
		}
	})
	results := append(halves[0].results("z, cosines"), halves[1].results("z, sines")...)
	all := halves[0]
	for i, c := range halves[1] {
		all[i] += c
	}
	return append(results, all.results("z")...)
}

// histogram counts variates in cells: cell i has those from edge(i) to edge(i+1).
// The first and the last have what is beyond as well.
type histogram [1 << 16]uint64

func edge(i int) float64 { return float64(i)/(1<<12) - 8 }

func (h *histogram) add(z []float32) {
	for _, x := range z {
		i := int(float64(x)*(1<<12) + 1<<15) // exact, and rounded down from 0 on
		h[min(max(i, 0), len(h)-1)]++
	}
}

// edgeTails are phi(x) and phi(-x) at the edges of the cells.
var edgeTails = sync.OnceValue(func() *[1<<16 + 1][2]float64 {
	var tails [1<<16 + 1][2]float64
	for i := range tails {
		tails[i] = [2]float64{phi(edge(i)), phi(-edge(i))}
	}
	return &tails
})

// phi is the normal distribution function, accurate in both tails.
func phi(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

func (h *histogram) results(name string) []Result {
	var n float64
	for _, c := range h {
		n += float64(c)
	}
	var largest, integral, weights, below float64
	var sq squares
	var count, lastMass float64
	tails := edgeTails()
	for i := range h {
		count += float64(h[i])
		below += float64(h[i])
		upperHalf := i+1 > len(h)/2
		lower, upper := tails[i+1][0], tails[i+1][1]
		if i < len(h)-1 {
			d := below/n - lower
			if upperHalf {
				d = upper - (n-below)/n // the same with less rounding
			}
			largest = max(largest, math.Abs(d))
			mass := (tails[i+2][0] - tails[i][0]) / 2 // half of each cell beside the edge
			if upperHalf {
				mass = (tails[i][1] - tails[i+2][1]) / 2
			}
			weights += mass
			integral += mass * n * d * d / (lower * upper)
		}
		// Classes of a 512th of the distribution or a little more.
		if mass := lower - lastMass; mass >= 1./512 && upper >= 1./512 || i == len(h)-1 {
			if i == len(h)-1 {
				mass = 1 - lastMass
			}
			d := count - n*mass
			sq.sum += d * d / (n * mass)
			sq.n++
			count, lastMass = 0, lower
		}
	}
	sq.n--
	sq.variance = 2 * float64(sq.n)
	integral /= weights
	return []Result{
		{name + ": Kolmogorov-Smirnov", kolmogorov(largest * math.Sqrt(n)), fmt.Sprintf("D %.3g of %.3g, √n·D %.3f", largest, n, largest*math.Sqrt(n))},
		{name + ": Anderson-Darling", andersonDarling(integral), fmt.Sprintf("A² %.3f, expected 1", integral)},
		{fmt.Sprintf("%s: χ² of %d classes", name, sq.n+1), sq.p(), sq.String()},
	}
}

// kolmogorov returns the probability that √n·D exceeds x, for large n (A. N.
// Kolmogorov, 1933), where the distribution is fully specified.
func kolmogorov(x float64) float64 {
	if x < 0.3 {
		return 1 // to 1e-5; only large values are tested for
	}
	sum := 0.0
	for k := 1.; k < 50; k++ {
		term := math.Exp(-2 * k * k * x * x)
		if int(k)%2 == 0 {
			term = -term
		}
		sum += term
	}
	return min(1, 2*sum)
}

// andersonDarling returns the probability that A² exceeds x, for large n: by the
// series of T. W. Anderson and D. A. Darling, "A Test of Goodness of Fit" (1954),
// and from 12 on, where 1 less the series is inaccurate, by the leading term of
// the tail. A² is the sum of χ²_j/(j(j+1)), χ²_j squares of normal variables; the
// term of j = 1, times the mean effect of the others, Π(1-2/(j(j+1)))^(-1/2) = √3,
// gives √3·erfc(√x), too small by a factor of 1 + 0.4/x.
func andersonDarling(x float64) float64 {
	if x <= 0.05 {
		return 1
	}
	if x > 12 {
		return math.Sqrt(3) * math.Erfc(math.Sqrt(x)) * (1 + 0.4/x)
	}
	below, binomial := 0.0, 1.0 // binomial(-1/2, j)
	for j := 0.; j < 60; j++ {
		f := 4*j + 1
		c := f * f * math.Pi * math.Pi / (8 * x)
		// ∫ exp(x/(8(w²+1)) - c·w²) dw, w from 0, by the trapezoidal rule, which
		// converges quickly as the integrand is even and smooth.
		const steps = 400
		h := math.Sqrt(40/c) / steps
		integral := math.Exp(x/8) / 2
		for i := 1.; i <= steps; i++ {
			w := i * h
			integral += math.Exp(x/(8*(w*w+1)) - c*w*w)
		}
		term := binomial * f * math.Exp(-c) * integral * h
		below += term
		if math.Abs(term) < 1e-18 {
			break
		}
		binomial *= (-0.5 - j) / (j + 1)
	}
	return min(1, max(0, 1-below*math.Sqrt(2*math.Pi)/x))
}

// Tails counts, over n variates, those beyond 3, 4, 5 and 6 on either side, and
// compares with the exact binomial distribution. Its probability is that of the
// generator, whose radius has 2^31 values: beyond 6σ they are few, and 0.15 %
// fewer variates lie there than of the normal distribution.
func Tails(g NormalGenerator, seed uint64, n int) []Result {
	limits := [4]float32{3, 4, 5, 6}
	var counts [2][len(limits)]uint64
	eachNormal(g, seed, n, func(z []float32) {
		for _, x := range z {
			if abs(x) <= limits[0] {
				continue
			}
			side := int(math.Float32bits(x) >> 31)
			for i, limit := range limits {
				if abs(x) > limit {
					counts[side][i]++
				}
			}
		}
	})
	var results []Result
	for i, limit := range limits {
		p := tail(float64(limit))
		for side, name := range []string{"z above %v", "z below -%v"} {
			results = append(results, tailResult(fmt.Sprintf(name, limit), counts[side][i], n, p/2))
		}
		results = append(results, tailResult(fmt.Sprintf("z beyond ±%v", limit), counts[0][i]+counts[1][i], n, p))
	}
	return results
}

func tailResult(name string, count uint64, n int, p float64) Result {
	return Result{name, Binomial(count, uint64(n), p), fmt.Sprintf("%d of %d, expected %.1f", count, n, float64(n)*p)}
}

// tail returns the probability that a variate is beyond ±limit: over all radii,
// one for each of 2^31 values of u rounded to single precision, the share of
// angles at which the cosine is large enough. Angles are so many that they may be
// taken as continuous. Variates are off by 1e-6 at most, which moves a limit of
// 6 by as much and the probability by 6e-6 of itself. Below 4 radii are so many
// that the normal distribution is the same to 3e-8.
func tail(limit float64) float64 {
	if limit < 4 {
		return math.Erfc(limit / math.Sqrt2)
	}
	if p, ok := tails.Load(limit); ok {
		return p.(float64)
	}
	last := math.Exp(-limit * limit / 2)
	var sum float64
	for h := 0; ; h++ {
		u := float64(float32(float32(h)*0x1p-31) + 0x1p-32) // as the generator rounds it
		if u >= last {
			break
		}
		sum += math.Acos(limit/math.Sqrt(-2*math.Log(u))) * 2 / math.Pi
	}
	p := sum / (1 << 31)
	tails.Store(limit, p)
	return p
}

// tails has what tail has returned: at 4 it is a sum of 700,000 terms.
var tails sync.Map
