package protocol

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// Message is one line of an answer: exactly one field is set.
type Message struct {
	Hello       *Hello       `json:"hello,omitempty"`
	Step        string       `json:"step,omitempty"` // what is being done next, for the progress line
	Verified    *Verified    `json:"verified,omitempty"`
	Measurement *Measurement `json:"measurement,omitempty"`
	Behaviour   *Behaviour   `json:"behaviour,omitempty"`
	Missing     *Missing     `json:"missing,omitempty"`
	Error       string       `json:"error,omitempty"`
}

// Hello is the first message: who answers, and how many steps the job will take.
type Hello struct {
	Name  string   `json:"name"` // the kernel, or the peer program
	Steps int      `json:"steps"`
	With  []string `json:"with,omitempty"` // of a peer: the versions of what it runs on
}

// Verified says that a kernel gave the bits of the reference.
type Verified struct {
	Kernel   string  `json:"kernel"`
	Elements int     `json:"elements"` // compared, over all sizes and p
	Largest  int     `json:"largest"`  // size of a call
	Variants int     `json:"variants"` // of the elements, those compared in every variant as well
	Gaussian string  `json:"gaussian"` // checksum of all Gaussian noise, which every kernel must have
	Seconds  float64 `json:"seconds"`
}

// Measurement is the time of one operation of one implementation.
type Measurement struct {
	Impl    string  `json:"impl"`
	Group   string  `json:"group"` // "kernel", "unfused" (a kernel in steps), "go" (loops and libraries) or "peer"
	Op      string  `json:"op"`
	N       int     `json:"n"` // elements per call
	P       float64 `json:"p"`
	Workers int     `json:"workers"`

	NS    Quartiles `json:"ns"`      // of a call
	Copy  Quartiles `json:"copy_ns"` // of a copy of the same n floats, measured in between
	Ratio Quartiles `json:"ratio"`   // of neighbouring samples of the two

	Pairs    int     `json:"pairs"`    // samples of each
	Attempts int     `json:"attempts"` // 1 unless copy was noisy
	Noisy    bool    `json:"noisy"`    // copy was noisy in the best attempt, too
	Allocs   float64 `json:"allocs"`   // per call; -1: not known
	GHz      float64 `json:"ghz"`      // clock of the core meanwhile, 0: not known
}

// PerElement returns the median time per element in nanoseconds.
func (m *Measurement) PerElement() float64 { return m.NS.Median / float64(m.N) }

// Quartiles are three values that were observed.
type Quartiles struct {
	Q1     float64 `json:"q1"`
	Median float64 `json:"median"`
	Q3     float64 `json:"q3"`
}

// Spread returns the interquartile range as a share of the median.
func (q Quartiles) Spread() float64 { return (q.Q3 - q.Q1) / q.Median }

// Behaviour is what an implementation was seen to do.
type Behaviour struct {
	Impl      string  `json:"impl"`
	Group     string  `json:"group"`
	About     string  `json:"about"`
	Rates     []Rate  `json:"rates"`
	MaskBytes float64 `json:"mask_bytes"` // per element; -1: no mask can be had
	NaN       string  `json:"nan"`        // what a dropped NaN becomes
	Inf       string  `json:"inf"`        // what a dropped +Inf becomes
	Negative  string  `json:"negative"`   // what a dropped -1 becomes: "+0" or "-0"
	Chunks    string  `json:"chunks"`     // "same bits" if two calls over the halves drop what one call over all does
	Workers   string  `json:"workers"`    // the same for several threads
	Backward  string  `json:"backward"`   // what backward needs
	Gradient  float64 `json:"gradient"`   // what kept gradients are multiplied by at p = 0.25; -1: no backward was run
}

// Rate is how often elements were dropped, and the mean of y for x = 1, with
// the interval that holds the true value with 99.9 % confidence.
type Rate struct {
	P      float64 `json:"p"`
	Draws  int     `json:"draws"`
	Rate   float64 `json:"rate"`
	Lo     float64 `json:"lo"`
	Hi     float64 `json:"hi"`
	Mean   float64 `json:"mean"`
	MeanLo float64 `json:"mean_lo"`
	MeanHi float64 `json:"mean_hi"`
}

// Missing is something that could not be measured here, and why.
type Missing struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Send writes one message as a line.
func Send(w io.Writer, m Message) error {
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// Receive calls f for every message in r until there are no more.
func Receive(r io.Reader, f func(Message) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m Message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return fmt.Errorf("not a message: %.200q: %w", lines.Text(), err)
		}
		if err := f(m); err != nil {
			return err
		}
	}
	return lines.Err()
}
