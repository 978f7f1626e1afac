package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/bench/internal/measure"
	"github.com/fusedrop/dropout/bench/internal/protocol"
	"github.com/fusedrop/dropout/bench/internal/rivals"
)

// The names under which this program starts itself, as its only argument.
const (
	kernelChild = "kernel-child" // measures the kernel that DROPOUT_KERNEL names
	loopsChild  = "loops-child"  // measures package rivals' loops
)

// serveKernel does one job for the kernel of this process.
func serveKernel(r io.Reader, w io.Writer) error {
	var job protocol.Job
	if err := json.NewDecoder(r).Decode(&job); err != nil {
		return fmt.Errorf("job: %w", err)
	}
	var failed error
	send := func(m protocol.Message) { failed = cmp.Or(failed, protocol.Send(w, m)) }
	send(protocol.Message{Hello: &protocol.Hello{Name: dropout.Kernel(), Steps: kernelSteps(job)}})
	switch job.Do {
	case "verify":
		if err := verify(job, send); err != nil {
			send(protocol.Message{Error: err.Error()})
		}
	case "measure":
		measureKernel(job, send)
	}
	return failed
}

// cell is one thing to measure.
type cell struct {
	op      operation
	n       int
	p       float64
	workers int
}

// cells lists what job asks for: a small Forward, every operation, size and p on
// one worker, then Forward on more of them.
func cells(job protocol.Job) []cell {
	var cs []cell
	if job.Small > 0 {
		cs = append(cs, cell{operations[0], job.Small, job.Ps[0], 1})
	}
	for _, n := range job.Sizes {
		for _, op := range operations {
			if len(job.Ops) > 0 && !slices.Contains(job.Ops, op.name) {
				continue
			}
			for i, p := range job.Ps {
				if i == 0 || op.everyP {
					cs = append(cs, cell{op, n, p, 1})
				}
			}
		}
	}
	for _, n := range scalingSizes(job) {
		for _, workers := range job.Workers {
			if workers > 1 {
				cs = append(cs, cell{operations[0], n, job.Ps[0], workers})
			}
		}
	}
	return cs
}

// scalingSizes are the sizes that more workers are tried on: the largest, and the
// smallest that is worth it.
func scalingSizes(job protocol.Job) []int {
	const worthIt = 1 << 20
	long := slices.DeleteFunc(slices.Clone(job.Sizes), func(n int) bool { return n < worthIt })
	if len(long) <= 1 {
		return long
	}
	return []int{long[0], long[len(long)-1]}
}

func kernelSteps(job protocol.Job) int {
	switch job.Do {
	case "verify":
		return verifySteps(job)
	case "measure":
		return len(cells(job))
	}
	return 0
}

func measureKernel(job protocol.Job, send func(protocol.Message)) {
	if job.Check.Draws > 0 {
		b := rivals.Behave(job.Check, ours())
		b.Group, b.Workers = "kernel", workersAgree()
		send(protocol.Message{Behaviour: &b})
	}
	all := newBuffers(slices.Max(job.Sizes))
	for _, c := range cells(job) {
		send(protocol.Message{Step: fmt.Sprintf("%s: %s, %s, p = %v", dropout.Kernel(), c.op.name, sizeName(c.n), c.p)})
		d, err := dropout.New(c.p)
		if err != nil {
			send(protocol.Message{Error: err.Error()})
			return
		}
		buf := all.prefix(c.n)
		m := measure.Against(job.Plan, c.op.bind(d.Workers(c.workers), buf), buf.copy)
		m.Impl, m.Group, m.Op, m.N, m.P, m.Workers = dropout.Kernel(), "kernel", c.op.name, c.n, c.p, c.workers
		send(protocol.Message{Measurement: &m})
	}
}

// ours is this package as a rival, for the same questions to be put to it.
func ours() rivals.Rival {
	return rivals.Rival{
		Name:     dropout.Kernel(),
		About:    "this package",
		Backward: "mask, or the stream's position",
		New: func(p float64, n int) rivals.Layer {
			d, err := dropout.New(p)
			if err != nil {
				panic(err)
			}
			mask := dropout.NewMask(n)
			rng := dropout.Derive(0)
			return rivals.Layer{
				Seed: func(seed uint64) { rng = dropout.Derive(seed) },
				Forward: func(dst, src []float32) []float32 {
					d.Forward(dst, src, mask, rng)
					return dst
				},
				Backward: func(dst, grad []float32) []float32 {
					d.Backward(dst, grad, mask)
					return dst
				},
				MaskBytes: 8 * len(mask),
			}
		},
	}
}

// workersAgree compares masks that different numbers of goroutines drew.
func workersAgree() string {
	const n = 1<<20 + 321
	d, _ := dropout.New(0.3)
	src := newBuffers(n).src
	var want dropout.Mask
	for workers := 1; workers <= 5; workers++ {
		got := dropout.NewMask(n)
		d.Workers(workers).Forward(make([]float32, n), src, got, dropout.Derive(1))
		if want == nil {
			want = got
		} else if !slices.Equal(want, got) {
			return "other bits"
		}
	}
	return "same bits"
}
