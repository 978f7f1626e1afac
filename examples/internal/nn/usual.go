package nn

import (
	"math/rand/v2"
	"time"

	"github.com/fusedrop/dropout"
)

// Usual is dropout as many programs write it, to compare times with: a float of
// math/rand/v2 for each element, and a mask of floats that already has the scale
// in it. It goes by a generator of its own.
type Usual struct {
	inputP, hiddenP float32
	rng             *rand.Rand
	input           []float32
	masks           [][]float32
}

// NewUsual returns the loop with the probabilities of NewDropout.
func NewUsual(inputP, hiddenP float64, layers int) *Usual {
	return &Usual{
		inputP: float32(inputP), hiddenP: float32(hiddenP),
		rng:   rand.New(rand.NewPCG(1, 2)),
		masks: make([][]float32, layers),
	}
}

func (u *Usual) draw(mask []float32, n int, p float32) []float32 {
	if len(mask) < n {
		mask = make([]float32, n)
	}
	scale := 1 / (1 - p)
	for i := range mask[:n] {
		mask[i] = 0
		if u.rng.Float32() >= p {
			mask[i] = scale
		}
	}
	return mask
}

func (u *Usual) Input(dst, src []float32, _ *dropout.PCG) {
	u.input = u.draw(u.input, len(src), u.inputP)
	mask := u.input[:len(src)]
	for i, v := range src {
		dst[i] = v * mask[i]
	}
}

func (u *Usual) Hidden(layer int, x []float32, _ *dropout.PCG) {
	u.masks[layer] = u.draw(u.masks[layer], len(x), u.hiddenP)
	mask := u.masks[layer][:len(x)]
	for i, v := range x {
		x[i] = max(v, 0) * mask[i]
	}
}

func (u *Usual) Backward(layer int, grad, y []float32) {
	mask := u.masks[layer][:len(y)]
	for i, v := range y {
		if v > 0 {
			grad[i] *= mask[i]
		} else {
			grad[i] = 0
		}
	}
}

func (u *Usual) Bytes() int {
	bytes := 0
	for _, mask := range u.masks {
		bytes += 4 * len(mask)
	}
	return bytes
}

// Timed adds up the time that a Noise takes.
type Timed struct {
	Noise
	Spent time.Duration
}

func (t *Timed) Input(dst, src []float32, rng *dropout.PCG) {
	start := time.Now()
	t.Noise.Input(dst, src, rng)
	t.Spent += time.Since(start)
}

func (t *Timed) Hidden(layer int, x []float32, rng *dropout.PCG) {
	start := time.Now()
	t.Noise.Hidden(layer, x, rng)
	t.Spent += time.Since(start)
}

func (t *Timed) Backward(layer int, grad, y []float32) {
	start := time.Now()
	t.Noise.Backward(layer, grad, y)
	t.Spent += time.Since(start)
}
