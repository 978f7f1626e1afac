package stats

import (
	"fmt"
	"math"
	"slices"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/internal/reference"
)

// NormalGenerator is what the statistics of normal variates are run on: the
// package, or one with a planted defect.
type NormalGenerator struct {
	Name string

	// Stream returns the variates of a list of identifiers under a seed.
	Stream func(seed uint64, ids ...uint64) NormalStream
}

// NormalStream draws the variates of one stream.
type NormalStream interface {
	// Fill fills z with the next len(z) variates, a multiple of normalGroup.
	Fill(z []float32)
	// Skip skips n variates, a multiple of normalGroup.
	Skip(n uint64)
}

// normalGroup is how many variates 8 words of the stream give, those of word j at
// j and j+8.
const normalGroup = 16

// Normal is the package itself, by its public functions.
var Normal = NormalGenerator{
	Name: "package",
	Stream: func(seed uint64, ids ...uint64) NormalStream {
		return &packageNormals{PCG: dropout.Derive(seed, ids...)}
	},
}

type packageNormals struct{ *dropout.PCG }

func (s *packageNormals) Skip(n uint64) { s.Advance(n / 2) }

// sigma is what Gaussian multiplies by at p = 1-2^-52: √(2^52-1), rounded to 2^26.
const sigma = 1 << 26

var noise = func() dropout.Gaussian {
	g, err := dropout.NewGaussian(1 - 0x1p-52)
	if err != nil {
		panic(err)
	}
	return g
}()

// Fill takes 1/σ for every x, so that y = (1 + σz)/σ is z up to 2^-26 and the
// rounding of z by less than that.
func (s *packageNormals) Fill(z []float32) {
	for i := range z {
		z[i] = 1. / sigma
	}
	noise.Forward(z, z, s.PCG)
}

// normalChunk is how many variates are drawn at a time.
const normalChunk = 1 << 15

// NormalDefinition compares n variates with double precision on the same words.
func NormalDefinition(g NormalGenerator, seed uint64, n int) []Result {
	z := make([]float32, n)
	g.Stream(seed).Fill(z)
	want := reference.Normals(n, dropout.Derive(seed))
	r := Result{Name: "z: definition", P: 1, Detail: fmt.Sprintf("%d variates agree", n)}
	const accuracy = 3e-5 // what the package promises
	for i := range z {
		if !(math.Abs(float64(z[i])-want[i]) <= accuracy) {
			r.P, r.Detail = 0, fmt.Sprintf("variate %d is %v, want %v ± %v", i, z[i], want[i], accuracy)
			break
		}
	}
	return []Result{r}
}

// Moments measures the mean of z, z², z³ and z⁴ over n variates, altogether and
// at each of the 16 places of a group, against the moments of the normal
// distribution with their exact standard errors, √(Var z^k / n). The means of so
// many are normal to a few percent of the p-value at 6σ. That |z| ends at 6.66
// takes 6e-8 off the fourth moment, far below its error.
func Moments(g NormalGenerator, seed uint64, n int) []Result {
	var sums [normalGroup][4]float64
	eachNormal(g, seed, n, func(z []float32) {
		for j := range sums {
			var s1, s2, s3, s4 float64
			for i := j; i < len(z); i += normalGroup {
				x := float64(z[i])
				s1 += x
				s2 += x * x
				s3 += x * x * x
				s4 += x * x * x * x
			}
			sums[j][0] += s1
			sums[j][1] += s2
			sums[j][2] += s3
			sums[j][3] += s4
		}
	})
	var results []Result
	mean := [4]float64{0, 1, 0, 3}
	variance := [4]float64{1, 2, 15, 96}
	for k := range mean {
		var total, worst float64
		where := 0
		places := float64(n / normalGroup)
		for j := range sums {
			total += sums[j][k]
			z := (sums[j][k]/places - mean[k]) * math.Sqrt(places/variance[k])
			if math.Abs(z) > math.Abs(worst) {
				worst, where = z, j
			}
		}
		deviation := math.Sqrt(variance[k] / float64(n))
		m := total / float64(n)
		results = append(results,
			Result{fmt.Sprintf("z: mean of z^%d", k+1), normal((m - mean[k]) / deviation),
				fmt.Sprintf("%.7f, expected %v ± %.2g", m, mean[k], deviation)},
			Result{fmt.Sprintf("z: mean of z^%d: worst of %d places", k+1, normalGroup), bonferroni(normal(worst), normalGroup),
				fmt.Sprintf("place %d, z %.2f", where, worst)})
	}
	return results
}

// eachNormal calls f with n variates, many at a time.
func eachNormal(g NormalGenerator, seed uint64, n int, f func(z []float32)) {
	s, z := g.Stream(seed), make([]float32, min(n, normalChunk))
	for ; n > 0; n -= len(z) {
		s.Fill(z)
		f(z)
	}
}

// NormalPairs measures whether variates that belong together are independent:
// those of one word, those of neighbouring words and of neighbouring groups, and
// those of two streams, over 2n variates each. No two pairs of a kind share a
// variate, as the distribution of the cells requires.
func NormalPairs(g NormalGenerator, seed uint64, n int) []Result {
	word, next, group := newJoint("z: pairs of one word"), newJoint("z: pairs of neighbouring words"), newJoint("z: pairs of neighbouring groups")
	eachNormal(g, seed, 2*n, func(z []float32) {
		for ; len(z) >= 2*normalGroup; z = z[2*normalGroup:] {
			word.add(z[:8], z[8:16])
			word.add(z[16:24], z[24:32])
			group.add(z[:16], z[16:32])
			var even, odd [normalGroup]float32
			for i := range even {
				even[i], odd[i] = z[2*i], z[2*i+1]
			}
			next.add(even[:], odd[:])
		}
	})
	results := append(word.results(), append(next.results(), group.results()...)...)
	a, b := make([]float32, normalChunk), make([]float32, normalChunk)
	for _, c := range []struct {
		name string
		a, b NormalStream
	}{
		{"z: ids 0, 1", g.Stream(seed, 0), g.Stream(seed, 1)},
		{"z: seeds s, s+1", g.Stream(seed, 0), g.Stream(seed+1, 0)},
		{"z: seeds s, s+1, ids 1, 0", g.Stream(seed, 1), g.Stream(seed+1, 0)},
	} {
		across := newJoint(c.name)
		for range max(1, n/normalChunk) {
			c.a.Fill(a)
			c.b.Fill(b)
			across.add(a, b)
		}
		results = append(results, across.results()...)
	}
	return results
}

// joint collects pairs of variates: products of z, of z² and of |z|, each less
// its mean, and a table of cells.
type joint struct {
	name  string
	n     uint64
	sums  products
	cells [jointCells][jointCells]uint64
}

// jointCells is into how many parts of equal probability a variate is divided.
const jointCells = 16

// jointEdges are the ends of these parts.
var jointEdges = func() (edges [jointCells - 1]float32) {
	for i := range edges {
		edges[i] = float32(math.Sqrt2 * math.Erfinv(2*float64(i+1)/jointCells-1))
	}
	return edges
}()

func newJoint(name string) *joint { return &joint{name: name} }

func cell(z float32) int {
	c := 0
	for step := jointCells / 2; step > 0; step /= 2 {
		if z >= jointEdges[c+step-1] {
			c += step
		}
	}
	return c
}

func (s *joint) add(a, b []float32) {
	s.n += uint64(len(a))
	s.sums.add(a, b)
	for i := range a {
		s.cells[cell(a[i])][cell(b[i])]++
	}
}

func (s *joint) results() []Result {
	expected := float64(s.n) / (jointCells * jointCells)
	sq := squares{n: jointCells*jointCells - 1}
	for i := range s.cells {
		for _, count := range s.cells[i] {
			d := float64(count) - expected
			sq.sum += d * d / expected
		}
	}
	// The exact variance of a multinomial statistic of equal probabilities.
	sq.variance = 2 * float64(sq.n) * (1 - 1/float64(s.n))
	results := []Result{{s.name + ": cells", sq.p(), sq.String()}}
	for k, z := range s.sums.standard(float64(s.n)) {
		results = append(results, Result{s.name + ": correlation of " + productNames[k], normal(z), fmt.Sprintf("z %.2f", z)})
	}
	return results
}

// products are sums of products of two variates, of their squares and of their
// magnitudes, less the means of these. Such products are uncorrelated even if
// they have a variate in common, so that their sums have n times their variance.
type products [3]float64

var productNames = [3]string{"z", "z²", "|z|"}

// productKurtosis are the fourth standardised moments of z, z² and |z|.
var productKurtosis = [3]float64{3, 15, 3.8692}

// magnitude is the mean of |z|.
var magnitude = math.Sqrt(2 / math.Pi)

func (s *products) add(a, b []float32) {
	b = b[:len(a)]
	m := float32(magnitude)
	var values, second, magnitudes float64
	for i, x := range a {
		y := b[i]
		values += float64(x * y)
		second += float64((x*x - 1) * (y*y - 1))
		magnitudes += float64((abs(x) - m) * (abs(y) - m))
	}
	s[0] += values
	s[1] += second
	s[2] += magnitudes
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// standard returns the sums over n pairs in units of their standard deviations.
func (s *products) standard(n float64) [3]float64 {
	return [3]float64{
		s[0] / math.Sqrt(n),
		s[1] / (2 * math.Sqrt(n)),
		s[2] / ((1 - 2/math.Pi) * math.Sqrt(n)),
	}
}

// NormalLags measures the correlation of variates that are lag apart, for each
// of lags: those below normalChunk over n variates, the others, multiples of
// normalGroup, over a quarter of that from two places of one stream.
func NormalLags(g NormalGenerator, seed uint64, n int, lags []int) []Result {
	sums, counts := make([]products, len(lags)), make([]float64, len(lags))
	z := make([]float32, 2*normalChunk)
	s := g.Stream(seed)
	s.Fill(z[normalChunk:])
	for range max(1, n/normalChunk) {
		copy(z, z[normalChunk:])
		s.Fill(z[normalChunk:])
		for l, lag := range lags {
			if lag < normalChunk {
				sums[l].add(z[:normalChunk], z[lag:])
				counts[l] += normalChunk
			}
		}
	}
	for l, lag := range lags {
		if lag >= normalChunk {
			near, far := g.Stream(seed), g.Stream(seed)
			far.Skip(uint64(lag))
			a, b := z[:normalChunk], z[normalChunk:]
			for range max(1, n/4/normalChunk) {
				near.Fill(a)
				far.Fill(b)
				sums[l].add(a, b)
				counts[l] += normalChunk
			}
		}
	}
	var results []Result
	for k, name := range productNames {
		var total squares
		worst, where := 0., 0
		for l := range lags {
			z := sums[l].standard(counts[l])[k]
			if math.Abs(z) > math.Abs(worst) {
				worst, where = z, lags[l]
			}
			total.sum += z * z
			total.n++
		}
		// As for lags of masks: two products with a variate in common have
		// correlated squares.
		v, shortest := productKurtosis[k], slices.Min(counts)
		total.variance = float64(total.n) * (2 + (v*v-3)/shortest + 4*float64(total.n-1)*(v-1)/shortest)
		prefix := fmt.Sprintf("z: %d lags to %d, correlation of %s", len(lags), lags[len(lags)-1], name)
		results = append(results,
			Result{prefix, total.p(), total.String()},
			Result{prefix + ": worst", bonferroni(normal(worst), len(lags)), fmt.Sprintf("lag %d, z %.2f", where, worst)})
	}
	return results
}
