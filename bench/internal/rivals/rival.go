// Package rivals measures dropout as others write it: what each is timed with,
// what it is seen to do, and the loops that need no library.
//
// A rival written in Go is a value of type [Rival]. [Serve] makes a peer program
// of some, which answers a job on its standard input.
package rivals

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/fusedrop/dropout/bench/internal/measure"
	"github.com/fusedrop/dropout/bench/internal/protocol"
)

// Rival is a way to do dropout.
type Rival struct {
	Name     string // without spaces, as it is part of benchmark names
	About    string
	Backward string // what the backward pass needs: "mask", "output", …
	New      func(p float64, n int) Layer
}

// Layer is a rival's dropout of n elements, with its buffers allocated. Forward
// and Backward return the slice with the result, dst or one of their own.
// Forward keeps the mask that Backward needs.
type Layer struct {
	Seed      func(seed uint64) // nil: the rival can't be seeded, and draws on
	Forward   func(dst, src []float32) []float32
	Backward  func(dst, grad []float32) []float32 // nil: none
	MaskBytes int                                 // of n elements; -1: kept inside

	// BackwardAt draws the mask again that Forward drew after the same Seed, for
	// rivals whose backward pass does; nil: none.
	BackwardAt func(dst, grad []float32) []float32
}

// Steps returns how many steps Run reports.
func Steps(job protocol.Job, all []Rival) int {
	timed := len(job.Sizes) * len(job.Ps) * len(operations(job))
	if job.Check.Draws > 0 {
		timed++
	}
	return timed * len(chosen(job, all))
}

// Run measures rivals as job says, in the order of job.Sizes.
func Run(job protocol.Job, all []Rival, group string, send func(protocol.Message)) {
	rivals := chosen(job, all)
	if job.Check.Draws > 0 {
		for _, r := range rivals {
			send(protocol.Message{Step: r.Name + ": what it does"})
			b := Behave(job.Check, r)
			b.Group = group
			send(protocol.Message{Behaviour: &b})
		}
	}
	if len(job.Sizes) == 0 {
		return
	}
	buf := NewBuffers(slices.Max(job.Sizes))
	for _, n := range job.Sizes {
		for _, p := range job.Ps {
			for _, r := range rivals {
				layer := r.New(p, n)
				for _, op := range operations(job) {
					send(protocol.Message{Step: fmt.Sprintf("%s: %s, %d elements, p = %v", r.Name, op, n, p)})
					call := layer.Bind(op, buf.Prefix(n))
					if call == nil {
						continue
					}
					m := measure.Against(job.Plan, call, buf.Prefix(n).Copy)
					m.Impl, m.Group, m.Op, m.N, m.P, m.Workers = r.Name, group, op, n, p, 1
					send(protocol.Message{Measurement: &m})
				}
			}
		}
	}
}

// Bind returns the call that is timed for op, or nil where l has none.
func (l Layer) Bind(op string, buf Buffers) measure.Call {
	switch {
	case op == "Forward":
		return func(call uint64) {
			if l.Seed != nil {
				l.Seed(call)
			}
			l.Forward(buf.Dst, buf.Src)
		}
	case op == "Backward" && l.Backward != nil:
		l.Forward(buf.Dst, buf.Src)
		return func(uint64) { l.Backward(buf.Dst, buf.Src) }
	case op == "BackwardAt" && l.BackwardAt != nil:
		return func(call uint64) {
			l.Seed(call)
			l.BackwardAt(buf.Dst, buf.Src)
		}
	}
	return nil
}

// operations returns those of job that rivals have.
func operations(job protocol.Job) []string {
	var ops []string
	for _, op := range []string{"Forward", "Backward", "BackwardAt"} {
		if len(job.Ops) == 0 || slices.Contains(job.Ops, op) {
			ops = append(ops, op)
		}
	}
	return ops
}

func chosen(job protocol.Job, all []Rival) []Rival {
	if len(job.Impls) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(r Rival) bool { return !slices.Contains(job.Impls, r.Name) })
}

// Serve answers the job on standard input with messages on standard output. It
// is the main function of a peer program, which runs on the versions with.
func Serve(name, group string, with []string, all []Rival) {
	var job protocol.Job
	err := json.NewDecoder(os.Stdin).Decode(&job)
	send := func(m protocol.Message) { err = cmp.Or(err, protocol.Send(os.Stdout, m)) }
	if err == nil {
		send(protocol.Message{Hello: &protocol.Hello{Name: name, Steps: Steps(job, all), With: with}})
		if job.Do == "measure" {
			Run(job, all, group, send)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
