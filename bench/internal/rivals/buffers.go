package rivals

import "github.com/fusedrop/dropout/bench/internal/measure"

// Buffers are the floats of a call. They are allocated once, for the largest
// size, and written to before anything is timed, so that no call pays for the
// first touch of a page; smaller sizes use their beginnings.
type Buffers struct {
	Dst, Src []float32
}

// NewBuffers returns buffers of n elements.
func NewBuffers(n int) Buffers { return Buffers{measure.Floats(n), measure.Floats(n)} }

// Prefix returns the first n elements of both.
func (b Buffers) Prefix(n int) Buffers { return Buffers{b.Dst[:n], b.Src[:n]} }

// Copy is what every call is compared with.
func (b Buffers) Copy() { copy(b.Dst, b.Src) }
