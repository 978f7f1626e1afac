package stats

import (
	"fmt"
	"math"
	"math/bits"
)

// Runs measures, at each p, the lengths of runs of kept and of dropped elements
// over words mask words, and the number of changes between them.
func Runs(g Generator, seed uint64, ps []float64, words int) []Result {
	var results []Result
	mask := make([]uint64, chunk)
	for n, p := range ps {
		drop, _ := event(p)
		if p > 0.5 {
			drop = 1 - drop
		}
		s := g.Stream(seed, uint64(n))
		var lengths [2][]uint64 // of dropped and kept runs, by length
		for v := range lengths {
			lengths[v] = make([]uint64, 1<<16)
		}
		var changes uint64
		value, run := -1, 0
		chunks(words, func(n int) {
			s.Draw(mask[:n], p)
			for _, w := range mask[:n] {
				for left := 64; left > 0; {
					v := int(w & 1)
					if v != value {
						if value >= 0 {
							lengths[value][min(run, 1<<16-1)]++
							changes++
						}
						value, run = v, 0
					}
					same := min(left, bits.TrailingZeros64(w^-uint64(v)))
					w >>= same
					left -= same
					run += same
				}
			}
		})
		// The first run may have begun before the first element, but is as long as
		// any other from there.
		name := fmt.Sprintf("p=%.7g: runs", p)
		m, v := 2*drop*(1-drop), drop*(1-drop)
		trials := 64*float64(words) - 1
		z := (float64(changes) - trials*m) / math.Sqrt(trials*m*(1-m)+2*(trials-1)*(v-4*v*v))
		results = append(results,
			Result{name + ": changes", normal(z), fmt.Sprintf("%d, expected %.1f", changes, trials*m)},
			geometric(name+" of dropped", lengths[0], 1-drop),
			geometric(name+" of kept", lengths[1], drop))
	}
	return results
}

// geometric compares lengths of runs that end after each element with
// probability end, in classes of a 64th of all runs or more.
func geometric(name string, lengths []uint64, end float64) Result {
	var runs, seen uint64
	for _, n := range lengths {
		runs += n
	}
	var sq squares
	var count uint64
	mass, rest := 0.0, 1.0
	add := func(count uint64, mass float64) {
		d := float64(count) - float64(runs)*mass
		sq.sum += d * d / (float64(runs) * mass)
		sq.n++
	}
	for l := 1; l < len(lengths)-1; l++ {
		mass += rest * end
		rest *= 1 - end
		count += lengths[l]
		if rest < 1./64 || float64(runs)*rest < 20 {
			break // the last class takes all that is left
		}
		if mass >= 1./64 && float64(runs)*mass >= 20 {
			add(count, mass)
			seen += count
			mass, count = 0, 0
		}
	}
	add(runs-seen, mass+rest)
	sq.n-- // the classes sum to runs
	if sq.n == 0 {
		return Result{name, 1, fmt.Sprintf("%d runs, too few", runs)}
	}
	sq.variance = 2 * float64(sq.n)
	return Result{name, sq.p(), sq.String()}
}

// Lags measures, at each p, the correlation of elements that are each of lags
// apart, over words mask words drawn buffer words at a time; lags are shorter
// than a buffer by a word at least.
func Lags(g Generator, seed uint64, ps []float64, words, buffer int, lags []int) []Result {
	var results []Result
	mask := make([]uint64, buffer)
	for n, p := range ps {
		prob, turn := event(p)
		s := g.Stream(seed, uint64(n))
		type sum struct{ n, a, b, joint uint64 }
		sums := make([]sum, len(lags))
		for range max(1, words/buffer) {
			s.Draw(mask, p)
			turn(mask)
			for l, lag := range lags {
				a := mask[:buffer-lag/64-1]
				b, c := mask[lag/64:][:len(a)], mask[lag/64+1:][:len(a)]
				var u sum
				shift := lag % 64
				for i, x := range a {
					y := b[i]>>shift | c[i]<<(64-shift)
					u.a += uint64(bits.OnesCount64(x))
					u.b += uint64(bits.OnesCount64(y))
					u.joint += uint64(bits.OnesCount64(x & y))
				}
				sums[l].n += 64 * uint64(len(a))
				sums[l].a += u.a
				sums[l].b += u.b
				sums[l].joint += u.joint
			}
		}
		var sq squares
		v, k := prob*(1-prob), kurtosis(prob)
		worst, where := 0., 0
		for l, u := range sums {
			n := float64(u.n)
			z := (float64(u.joint) - prob*float64(u.a+u.b) + n*prob*prob) / (math.Sqrt(n) * v)
			sq.sum += z * z
			sq.n++
			sq.variance += 2 + (k*k-3)/n + 4*float64(len(lags)-1)*(k-1)/n
			if math.Abs(z) > math.Abs(worst) {
				worst, where = z, lags[l]
			}
		}
		name := fmt.Sprintf("p=%.7g: %d lags to %d", p, len(lags), lags[len(lags)-1])
		results = append(results,
			Result{name, sq.p(), sq.String()},
			Result{name + ": worst", bonferroni(normal(worst), len(lags)), fmt.Sprintf("lag %d, z %.2f", where, worst)})
	}
	return results
}
