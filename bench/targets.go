package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fusedrop/dropout/bench/internal/protocol"
)

// smallCall is the size of the small call that has a target.
const smallCall = 64

// targetSizes are the sizes that targets are stated for.
var targetSizes = [4]int{4 << 10, 64 << 10, 1 << 20, 64 << 20}

// target is a row of the design's "Speed to reach", or a part of one.
type target struct {
	op     string
	kernel string // "": every one
	p      float64

	// toCopy limits the ratio to copy at each of targetSizes.
	toCopy [4]float64

	// toForward limits the ratio to copy by that of Forward: toForward times it,
	// plus extraArrays, the number of arrays of the size of src that op reads
	// beyond it, each worth the time of copying it.
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
	{op: "BackwardAt", p: 0.1, toForward: 1},
	{op: "Forward", kernel: "generic", p: 0.1, toCopy: [4]float64{18, 15, 7, 2.2}},
	{op: "ForwardResidual", p: 0.1, toForward: 1.15, extraArrays: 1},
	{op: "ForwardReLU", p: 0.1, toForward: 1.15},
	{op: "Alpha.Forward", p: 0.1, toForward: 1.15},
	{op: "Gaussian.Forward", kernel: "avx2", p: 0.1, toCopy: [4]float64{26, 21, 11, 3.2}},
	{op: "Gaussian.Forward", kernel: "avx512", p: 0.1, toCopy: [4]float64{11, 9, 4.5, 1.3}},
	{op: "Forward", kernel: "avx2", p: 0.1, small: 40},
}

// kernels returns whom t is for, in rep.
func (t target) kernels(rep *Report) []string {
	if t.kernel == "" {
		return rep.Kernels
	}
	return []string{t.kernel}
}

// hasTarget reports whether there is a target for op with that kernel.
func hasTarget(op, kernel string) bool {
	return slices.ContainsFunc(targets, func(t target) bool {
		return t.op == op && (t.kernel == "" || t.kernel == kernel)
	})
}

// String names t with its limits, as in "Forward p = 0.1 (3.80, 3.00, 1.80, 1.00)".
func (t target) String() string {
	s := fmt.Sprintf("%s p = %v ", t.op, t.p)
	switch {
	case t.small > 0:
		return s + fmt.Sprintf("(%d elements in %v ns)", smallCall, t.small)
	case t.toForward > 0:
		if t.extraArrays > 0 {
			return s + fmt.Sprintf("(%v × Forward + %v)", t.toForward, t.extraArrays)
		}
		return s + fmt.Sprintf("(%v × Forward)", t.toForward)
	}
	var limits []string
	for _, limit := range t.toCopy {
		limits = append(limits, digits(limit))
	}
	return s + "(" + strings.Join(limits, ", ") + ")"
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
		for _, kernel := range t.kernels(rep) {
			vs = append(vs, t.judge(rep, kernel)...)
		}
	}
	return vs
}

func (t target) judge(rep *Report, kernel string) []verdict {
	t.kernel = kernel
	if t.small > 0 {
		m := rep.find(kernel, t.op, smallCall, t.p, 1)
		if m == nil {
			return nil
		}
		return []verdict{{target: t, n: smallCall, unit: "ns", limit: t.small, limitQ3: t.small, measured: m.NS, noisy: m.Noisy, allocs: m.Allocs}}
	}
	var vs []verdict
	for i, n := range targetSizes {
		m := rep.find(kernel, t.op, n, t.p, 1)
		if m == nil {
			continue
		}
		v := verdict{target: t, n: n, unit: "× copy", limit: t.toCopy[i], limitQ3: t.toCopy[i], measured: m.Ratio, noisy: m.Noisy}
		if t.toForward > 0 {
			forward := rep.find(kernel, "Forward", n, t.p, 1)
			if forward == nil {
				continue
			}
			v.limit = t.toForward*forward.Ratio.Median + t.extraArrays
			v.limitQ3 = t.toForward*forward.Ratio.Q3 + t.extraArrays
		}
		vs = append(vs, v)
	}
	return vs
}

// notJudged lists the targets that nothing was measured for, a line for those of
// each kernel that is not here and one for the rest.
func notJudged(rep *Report) []string {
	absent := map[string][]string{}
	var rest []string
	for _, t := range targets {
		here := len(rep.Here) == 0 || t.kernel == "" || slices.Contains(rep.Here, t.kernel)
		if !here {
			absent[t.kernel] = append(absent[t.kernel], t.String())
			continue
		}
		for _, kernel := range t.kernels(rep) {
			if len(t.judge(rep, kernel)) == 0 {
				rest = append(rest, kernel+" "+t.String())
			}
		}
	}
	var lines []string
	for _, kernel := range slices.Sorted(maps.Keys(absent)) {
		lines = append(lines, fmt.Sprintf("%s: no such kernel here, not judged: %s", kernel, strings.Join(absent[kernel], "; ")))
	}
	if len(rest) > 0 {
		lines = append(lines, "not measured in this run: "+strings.Join(rest, "; "))
	}
	return lines
}
