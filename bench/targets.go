package main

import (
	"fmt"

	"github.com/fusedrop/dropout/bench/internal/protocol"
)

// smallCall is the size of the small call that has a target.
const smallCall = 64

// targetSizes are the sizes that targets are stated for.
var targetSizes = [4]int{4 << 10, 64 << 10, 1 << 20, 64 << 20}

// target is a row of the design's "Speed to reach".
type target struct {
	op     string
	kernel string
	p      float64

	// toCopy limits the ratio to copy at each of targetSizes.
	toCopy [4]float64

	// toForward limits the ratio to copy by that of Forward: toForward times it,
	// plus extraArrays, the copies that the further arrays of op amount to.
	toForward   float64
	extraArrays float64

	// small limits a call of smallCall elements, in ns, with no allocation.
	small float64
}

var targets = []target{
	{op: "Forward", kernel: "avx2", p: 0.1, toCopy: [4]float64{3.8, 3.0, 1.8, 1.0}},
	{op: "Forward", kernel: "avx512", p: 0.1, toCopy: [4]float64{1.8, 1.5, 1.1, 0.9}},
	{op: "Forward", kernel: "avx2", p: 0.5, toCopy: [4]float64{1.6, 1.25, 1.1, 1.0}},
	{op: "Forward", kernel: "avx512", p: 0.5, toCopy: [4]float64{1.3, 1.1, 1.05, 0.9}},
	{op: "Backward", kernel: "avx2", p: 0.1, toCopy: [4]float64{1.15, 1.1, 1.05, 1.0}},
	{op: "Backward", kernel: "avx512", p: 0.1, toCopy: [4]float64{1.0, 1.05, 1.03, 0.95}},
	{op: "BackwardAt", kernel: "avx2", p: 0.1, toForward: 1},
	{op: "BackwardAt", kernel: "avx512", p: 0.1, toForward: 1},
	{op: "Forward", kernel: "generic", p: 0.1, toCopy: [4]float64{18, 15, 7, 2.2}},
	{op: "Forward", kernel: "avx2", p: 0.1, small: 40},
}

// verdict is how a target compares with what was measured.
type verdict struct {
	target
	n        int
	unit     string // "× copy" or "ns"
	limit    float64
	limitQ3  float64 // upper quartile of a limit that was measured itself, else limit
	measured protocol.Quartiles
	noisy    bool
	allocs   float64 // beyond what is allowed
}

// outcome tells met from missed by the median; where the limit lies within the
// quartiles, or the quartiles of the two overlap, the measurement can't tell.
func (v verdict) outcome() string {
	switch {
	case v.allocs > 0:
		return fmt.Sprintf("missed: %v allocations", v.allocs)
	case v.measured.Median <= v.limit:
		return "met"
	case v.measured.Q1 <= v.limitQ3:
		return "within the spread"
	}
	return "missed"
}

// judge compares targets with every measurement in rep that has one.
func judge(rep *Report) []verdict {
	var vs []verdict
	for _, t := range targets {
		if t.small > 0 {
			if m := rep.find(t.kernel, t.op, smallCall, t.p, 1); m != nil {
				vs = append(vs, verdict{target: t, n: smallCall, unit: "ns", limit: t.small, limitQ3: t.small, measured: m.NS, noisy: m.Noisy, allocs: m.Allocs})
			}
			continue
		}
		for i, n := range targetSizes {
			m := rep.find(t.kernel, t.op, n, t.p, 1)
			if m == nil {
				continue
			}
			v := verdict{target: t, n: n, unit: "× copy", limit: t.toCopy[i], limitQ3: t.toCopy[i], measured: m.Ratio, noisy: m.Noisy}
			if t.toForward > 0 {
				forward := rep.find(t.kernel, "Forward", n, t.p, 1)
				if forward == nil {
					continue
				}
				v.limit = t.toForward*forward.Ratio.Median + t.extraArrays
				v.limitQ3 = t.toForward*forward.Ratio.Q3 + t.extraArrays
			}
			vs = append(vs, v)
		}
	}
	return vs
}
