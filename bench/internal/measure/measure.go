// Package measure times a call against a copy of the same floats.
//
// The two are sampled in turn, copy, call, copy, call, so that whatever slows the
// machine down for a while slows both, and the ratio of neighbouring samples is
// what is reported. A sample is a batch of calls that takes long enough for the
// clock.
package measure

import (
	"math"
	"runtime"
	"time"

	"github.com/fusedrop/dropout/bench/internal/protocol"
)

// Call is what is timed. It gets a number that differs from call to call, to
// draw from another stream each time: branch predictors learn a stream that
// comes again.
type Call func(call uint64)

// fresh is the number of the next call. One process measures one thing at a time.
var fresh uint64

// Against measures call against baseline and returns the times, with everything
// that identifies the measurement left for the caller to fill in. Where the
// baseline is noisy it tries again, as long as there is time for it, and keeps the
// quietest attempt.
func Against(plan protocol.Plan, call Call, baseline func()) protocol.Measurement {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	numbered := func() {
		fresh++
		call(fresh)
	}
	perSample, perBaseline := batch(plan, numbered), batch(plan, baseline)
	var best protocol.Measurement
	attempts := 0
	start := time.Now()
	for attempts == 0 || best.Noisy && attempts < plan.Attempts && time.Since(start) < time.Duration(plan.Attempts)*plan.Budget {
		m := sample(plan, numbered, perSample, baseline, perBaseline)
		m.Noisy = m.Copy.Spread() > plan.Noise
		if attempts == 0 || m.Copy.Spread() < best.Copy.Spread() {
			best = m
		}
		attempts++
	}
	best.Attempts = attempts
	best.GHz = ghz()
	return best
}

// patience is by how many budgets a call may be too slow for MinPairs; beyond, it
// gets fewestPairs, whose median is still a time that was observed.
const (
	patience    = 4
	fewestPairs = 3
)

// sample takes pairs of samples, the baseline's first.
func sample(plan protocol.Plan, call func(), perSample int, baseline func(), perBaseline int) protocol.Measurement {
	calls, copies, ratios := make([]float64, 0, plan.MaxPairs), make([]float64, 0, plan.MaxPairs), make([]float64, 0, plan.MaxPairs)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for start := time.Now(); len(ratios) < plan.MaxPairs; {
		spent := time.Since(start)
		if len(ratios) >= plan.MinPairs && spent >= plan.Budget ||
			len(ratios) >= fewestPairs && spent >= patience*plan.Budget && plan.Budget > 0 {
			break
		}
		c := float64(repeat(baseline, perBaseline)) / float64(perBaseline)
		t := float64(repeat(call, perSample)) / float64(perSample)
		calls, copies, ratios = append(calls, t), append(copies, c), append(ratios, t/c)
	}
	runtime.ReadMemStats(&after)
	return protocol.Measurement{
		NS:     Quartiles(calls),
		Copy:   Quartiles(copies),
		Ratio:  Quartiles(ratios),
		Pairs:  len(ratios),
		Allocs: math.Floor(float64(after.Mallocs-before.Mallocs) / float64(perSample*len(ratios))),
	}
}

// batch warms f up and returns how many calls of it make a sample.
func batch(plan protocol.Plan, f func()) int {
	calls := 0
	start := time.Now()
	for calls == 0 || time.Since(start) < plan.Warm {
		f()
		calls++
	}
	mean := time.Since(start) / time.Duration(calls)
	return max(1, int(plan.Batch/max(mean, 1)))
}

func repeat(f func(), n int) time.Duration {
	start := time.Now()
	for range n {
		f()
	}
	return time.Since(start)
}
