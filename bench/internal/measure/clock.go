package measure

import "time"

// ghz estimates the clock of the core from a chain of dependent instructions,
// exclusive or and addition in turn, which take one cycle each on every core that
// runs this package's assembly and which nothing merges, as an address
// computation would merge two additions. The fastest of some tries is taken: an
// interruption only ever makes one slower.
func ghz() float64 {
	const rounds, perRound = 4096, 8
	a, b, x := fresh, chainEnd, fresh // variables that the compiler knows nothing of
	best := time.Duration(1 << 62)
	for range 5 {
		start := time.Now()
		for range rounds {
			x = (x ^ a) + b
			x = (x ^ a) + b
			x = (x ^ a) + b
			x = (x ^ a) + b
		}
		best = min(best, time.Since(start))
	}
	chainEnd = x
	return rounds * perRound / float64(max(best, 1).Nanoseconds())
}

// chainEnd keeps the compiler from leaving the chain out.
var chainEnd uint64 = 1
