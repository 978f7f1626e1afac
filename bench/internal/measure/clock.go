package measure

import "time"

// ghz estimates the clock of the core from a chain of dependent additions, which
// take one cycle each on every core that runs this package's assembly. The
// fastest of some tries is taken: an interruption only ever makes one slower.
func ghz() float64 {
	const additions = 8 * 4096
	best := time.Duration(1 << 62)
	for range 5 {
		x, y := fresh, fresh+1
		start := time.Now()
		for range additions / 8 {
			x += y
			y += x
			x += y
			y += x
			x += y
			y += x
			x += y
			y += x
		}
		best = min(best, time.Since(start))
		chainEnd = x + y
	}
	return additions / float64(best.Nanoseconds())
}

// chainEnd keeps the compiler from leaving the chain out.
var chainEnd uint64
