package main

import (
	"slices"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/bench/internal/measure"
)

// An operation of the package that is timed. To add one, add it to operations,
// its check to verify.go or verify_variants.go, and its target to targets in
// targets.go.
type operation struct {
	name string

	// everyP is false where the time can't depend on p, or where one p is enough.
	everyP bool

	// bind returns the call that is timed.
	bind func(l layer, buf *buffers) measure.Call

	// unfused returns the same in steps, each a call of the package or a plain
	// loop; nil: there are no steps.
	unfused func(l layer, buf *buffers) measure.Call

	// bytes returns what a call on n elements reads and writes.
	bytes func(n int) int
}

// A layer is dropout with one p, in all its kinds.
type layer struct {
	dropout  dropout.Dropout
	alpha    dropout.Alpha
	gaussian dropout.Gaussian
}

func newLayer(p float64, workers int) (layer, error) {
	d, err := dropout.New(p)
	if err != nil {
		return layer{}, err
	}
	a, err := dropout.NewAlpha(p)
	if err != nil {
		return layer{}, err
	}
	g, err := dropout.NewGaussian(p)
	if err != nil {
		return layer{}, err
	}
	return layer{d.Workers(workers), a.Workers(workers), g.Workers(workers)}, nil
}

// Streams are made by NewPCG, one for each call: Derive, which programs should
// use, takes longer than a call over 64 elements.
const stream = 54

var operations = slices.Concat([]operation{
	{
		name:   "Forward",
		everyP: true,
		bind: func(l layer, buf *buffers) measure.Call {
			return func(call uint64) { l.dropout.Forward(buf.dst, buf.src, buf.mask, dropout.NewPCG(call, stream)) }
		},
		bytes: func(n int) int { return 8*n + maskBytes(n) },
	},
	{
		name: "Backward",
		bind: func(l layer, buf *buffers) measure.Call {
			l.dropout.Draw(buf.mask, len(buf.dst), dropout.NewPCG(1, stream))
			return func(uint64) { l.dropout.Backward(buf.dst, buf.src, buf.mask) }
		},
		bytes: func(n int) int { return 8*n + maskBytes(n) },
	},
	{
		name:   "BackwardAt",
		everyP: true,
		bind: func(l layer, buf *buffers) measure.Call {
			return func(call uint64) { l.dropout.BackwardAt(buf.dst, buf.src, *dropout.NewPCG(call, stream)) }
		},
		bytes: func(n int) int { return 8 * n },
	},
	{
		name:   "Draw",
		everyP: true,
		bind: func(l layer, buf *buffers) measure.Call {
			return func(call uint64) { l.dropout.Draw(buf.mask, len(buf.dst), dropout.NewPCG(call, stream)) }
		},
		bytes: maskBytes,
	},
}, variants)

func maskBytes(n int) int { return 8 * dropout.MaskWords(n) }

// isVariant tells the variants from what every implementation of dropout has.
func isVariant(op string) bool {
	return slices.ContainsFunc(variants, func(v operation) bool { return v.name == op })
}

// buffers are what calls work on. They are allocated once, for the largest size,
// and written to before anything is timed, so that no call pays for the first
// touch of a page; smaller sizes use their beginnings.
type buffers struct {
	dst, src []float32
	mask     dropout.Mask

	// Of the variants.
	residual []float32
	row      []float32    // a bias or its gradient
	wide     dropout.Mask // of elements, where mask is of groups
	group    int          // elements to a group
}

// Most elements of a row and of a group. The lengths have to divide the size, so
// that less is used where these don't.
const (
	rowLen   = 1024
	groupLen = 64
)

// newBuffers returns buffers of n elements, without a residual unless that is
// asked for: it is as large as dst.
func newBuffers(n int, residual bool) *buffers {
	b := &buffers{
		dst:  measure.Floats(n),
		src:  measure.Floats(n),
		mask: dropout.NewMask(n),
		row:  measure.Floats(rowLen),
		wide: dropout.NewMask(n),
	}
	if residual {
		b.residual = measure.Floats(n)
	}
	for i := range b.mask {
		b.mask[i], b.wide[i] = 1, 1
	}
	return b.prefix(n)
}

func (b *buffers) prefix(n int) *buffers {
	words := dropout.MaskWords(n)
	return &buffers{
		dst:      b.dst[:n],
		src:      b.src[:n],
		mask:     b.mask[:words],
		residual: b.residual[:min(n, len(b.residual))],
		row:      b.row[:divisor(n, rowLen)],
		wide:     b.wide[:words],
		group:    divisor(n, groupLen),
	}
}

// divisor returns the largest divisor of n that is at most so much.
func divisor(n, most int) int {
	d := min(n, most)
	for n%d != 0 {
		d--
	}
	return d
}

// copy is what every call is compared with.
func (b *buffers) copy() { copy(b.dst, b.src) }
