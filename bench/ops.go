package main

import (
	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/bench/internal/measure"
)

// An operation of the package that is timed. To add one, add it to operations,
// its check to checks in verify.go if it has one of its own, and its target to
// targets in targets.go.
type operation struct {
	name string

	// everyP is false where the time can't depend on p, and one p is enough.
	everyP bool

	// bind returns the call that is timed.
	bind func(d dropout.Dropout, buf *buffers) measure.Call

	// bytes returns what a call on n elements reads and writes.
	bytes func(n int) int
}

// Streams are made by NewPCG, one for each call: Derive, which programs should
// use, takes longer than a call over 64 elements.
const stream = 54

var operations = []operation{
	{
		name:   "Forward",
		everyP: true,
		bind: func(d dropout.Dropout, buf *buffers) measure.Call {
			return func(call uint64) { d.Forward(buf.dst, buf.src, buf.mask, dropout.NewPCG(call, stream)) }
		},
		bytes: func(n int) int { return 8*n + 8*dropout.MaskWords(n) },
	},
	{
		name: "Backward",
		bind: func(d dropout.Dropout, buf *buffers) measure.Call {
			d.Draw(buf.mask, len(buf.dst), dropout.NewPCG(1, stream))
			return func(uint64) { d.Backward(buf.dst, buf.src, buf.mask) }
		},
		bytes: func(n int) int { return 8*n + 8*dropout.MaskWords(n) },
	},
	{
		name:   "BackwardAt",
		everyP: true,
		bind: func(d dropout.Dropout, buf *buffers) measure.Call {
			return func(call uint64) { d.BackwardAt(buf.dst, buf.src, *dropout.NewPCG(call, stream)) }
		},
		bytes: func(n int) int { return 8 * n },
	},
	{
		name:   "Draw",
		everyP: true,
		bind: func(d dropout.Dropout, buf *buffers) measure.Call {
			return func(call uint64) { d.Draw(buf.mask, len(buf.dst), dropout.NewPCG(call, stream)) }
		},
		bytes: func(n int) int { return 8 * dropout.MaskWords(n) },
	},
}

// buffers are what calls work on. They are allocated once, for the largest size,
// and written to before anything is timed, so that no call pays for the first
// touch of a page; smaller sizes use their beginnings.
type buffers struct {
	dst, src []float32
	mask     dropout.Mask
}

func newBuffers(n int) *buffers {
	b := &buffers{measure.Floats(n), measure.Floats(n), dropout.NewMask(n)}
	for i := range b.mask {
		b.mask[i] = 1
	}
	return b
}

func (b *buffers) prefix(n int) *buffers {
	return &buffers{b.dst[:n], b.src[:n], b.mask[:dropout.MaskWords(n)]}
}

// copy is what every call is compared with.
func (b *buffers) copy() { copy(b.dst, b.src) }
