package main

import (
	"fmt"
	"math"
	"time"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/bench/internal/protocol"
	"github.com/fusedrop/dropout/internal/reference"
)

// oddTail is added to every size that is verified, so that the tail of a word,
// a vector and a block is among what is compared.
const oddTail = 17

// A verification of the kernel in use: n elements at p.
type verification struct {
	n       int
	p       float64
	workers int
	exact   bool // over the reference's own stream, which is slow
}

// verifications lists what job asks for: every p at every size but for the
// largest, which is there for the stores that bypass the caches and takes long.
func verifications(job protocol.Job) []verification {
	vs := []verification{{1 << 14, job.Ps[0], 1, true}}
	for i, n := range job.Sizes {
		for _, p := range job.Ps {
			vs = append(vs, verification{n + oddTail, p, 1, false})
			if i == len(job.Sizes)-1 && n > 1<<20 {
				break
			}
		}
	}
	return append(vs, verification{1<<20 + oddTail, job.Ps[0], 3, false})
}

func verifySteps(job protocol.Job) int { return len(verifications(job)) }

// verify compares the kernel in use with the reference and sends what was
// compared, or returns the first difference.
func verify(job protocol.Job, send func(protocol.Message)) error {
	done := protocol.Verified{Kernel: dropout.Kernel()}
	start := time.Now()
	for _, v := range verifications(job) {
		send(protocol.Message{Step: fmt.Sprintf("%s: verify %s elements, p = %v", done.Kernel, sizeName(v.n), v.p)})
		if err := v.run(); err != nil {
			return fmt.Errorf("kernel %s, %d elements, p = %v, %d workers: %w", done.Kernel, v.n, v.p, v.workers, err)
		}
		done.Elements += v.n
		done.Largest = max(done.Largest, v.n)
	}
	done.Seconds = time.Since(start).Seconds()
	send(protocol.Message{Verified: &done})
	return nil
}

// run draws once with Forward, whose floats, mask and stream are compared with the
// reference, and then checks that the other calls agree with it.
func (v verification) run() error {
	d, err := dropout.New(v.p)
	if err != nil {
		return err
	}
	d = d.Workers(v.workers)
	buf := newBuffers(v.n)
	hardenValues(buf.src)

	var want reference.Source = dropout.NewPCG(42, stream)
	if v.exact {
		want = reference.NewStream(42, stream)
	}
	rng := dropout.NewPCG(42, stream)
	at := *rng
	d.Forward(buf.dst, buf.src, buf.mask, rng)
	if err := compareForward(buf, reference.Threshold(v.p), want); err != nil {
		return err
	}
	if got, want := rng.Uint64(), want.Uint64(); got != want {
		return fmt.Errorf("the stream goes on with %016x, want %016x", got, want)
	}

	again := make([]float32, v.n)
	d.Backward(again, buf.src, buf.mask)
	if i, ok := differ(again, buf.dst); ok {
		return fmt.Errorf("in Backward, element %d is %v, Forward gave %v", i, again[i], buf.dst[i])
	}
	clear(again)
	d.BackwardAt(again, buf.src, at)
	if i, ok := differ(again, buf.dst); ok {
		return fmt.Errorf("in BackwardAt, element %d is %v, Forward gave %v", i, again[i], buf.dst[i])
	}
	mask := dropout.NewMask(v.n)
	d.Draw(mask, v.n, &at)
	for i := range mask {
		if mask[i] != buf.mask[i] {
			return fmt.Errorf("in Draw, word %d is %016x, Forward stored %016x", i, mask[i], buf.mask[i])
		}
	}
	return nil
}

// compareForward goes through buf in parts, which keeps the reference's memory
// small.
func compareForward(buf *buffers, t uint64, source reference.Source) error {
	const part = 1 << 20
	for lo := 0; lo < len(buf.dst); lo += part {
		hi := min(lo+part, len(buf.dst))
		keep := reference.Keep(hi-lo, t, source)
		want := reference.Apply(buf.src[lo:hi], keep, t)
		if i, ok := differ(buf.dst[lo:hi], want); ok {
			return fmt.Errorf("in Forward, element %d is %v (%08x), want %v (%08x)", lo+i,
				buf.dst[lo+i], math.Float32bits(buf.dst[lo+i]), want[i], math.Float32bits(want[i]))
		}
		for i, want := range reference.Pack(keep) {
			if got := buf.mask[lo/64+i]; got != want {
				return fmt.Errorf("in Forward, mask word %d is %016x, want %016x", lo/64+i, got, want)
			}
		}
	}
	return nil
}

// differ returns the first place where x and y have other bits.
func differ(x, y []float32) (int, bool) {
	for i := range x {
		if math.Float32bits(x[i]) != math.Float32bits(y[i]) {
			return i, true
		}
	}
	return 0, false
}

// hardenValues puts values among x that a kernel could treat unlike others.
func hardenValues(x []float32) {
	hard := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)),
		float32(math.Copysign(0, -1)), math.MaxFloat32, math.SmallestNonzeroFloat32}
	for i := range x {
		if i%37 == 0 {
			x[i] = hard[i/37%len(hard)]
		}
	}
}
