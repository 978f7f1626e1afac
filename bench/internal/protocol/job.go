// Package protocol is what the benchmark and the processes that measure for it
// say to each other: a [Job] as one JSON object on the standard input of such a
// process, then [Message] objects, one to a line, on its standard output.
//
// The program itself is started again for every kernel, because a program's
// kernel is chosen once, when it starts. Everything else that can be measured,
// in Go or not, is a peer: a program that understands a Job and answers with
// Messages. See bench/peers/README.md for the protocol in full.
package protocol

import "time"

// Job is what to measure.
type Job struct {
	Do      string    `json:"do"` // "hello", "verify" or "measure"
	Sizes   []int     `json:"sizes,omitempty"`
	Ps      []float64 `json:"ps,omitempty"`
	Ops     []string  `json:"ops,omitempty"`     // empty: all
	Impls   []string  `json:"impls,omitempty"`   // of a peer, empty: all
	Workers []int     `json:"workers,omitempty"` // of a kernel, to measure scaling with
	Small   int       `json:"small,omitempty"`   // of a kernel, size of a small call, 0: none
	Plan    Plan      `json:"plan"`
	Check   Check     `json:"check"`
}

// Plan is how long and how often one thing is measured. Durations are in
// nanoseconds in JSON, as those of package time are.
type Plan struct {
	Warm     time.Duration `json:"warm_ns"`   // calls before the first sample
	Budget   time.Duration `json:"budget_ns"` // samples are taken for this long
	Batch    time.Duration `json:"batch_ns"`  // a sample is as many calls as take this long, but at least one
	MinPairs int           `json:"min_pairs"` // even if they take longer than Budget, but see patience in package measure
	MaxPairs int           `json:"max_pairs"`
	Noise    float64       `json:"noise"`    // largest interquartile range of copy, as a share of its median
	Attempts int           `json:"attempts"` // tries to stay below Noise, within Attempts·Budget
}

// Check is how the correctness of a peer is looked at; Draws = 0 leaves it out.
type Check struct {
	Ps    []float64 `json:"ps,omitempty"`
	Draws int       `json:"draws,omitempty"` // elements for each p
}
