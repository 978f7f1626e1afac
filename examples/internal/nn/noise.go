package nn

import (
	"math"
	"unsafe"

	"github.com/fusedrop/dropout"
)

// Noise is what disturbs the activations in training. It remembers what its
// backward pass needs, so it belongs to one Pass.
type Noise interface {
	// Input sets dst to src with noise.
	Input(dst, src []float32, rng *dropout.PCG)

	// Hidden sets x, the sums of a hidden layer, to max(x, 0) with noise. Hidden
	// layers are counted from 0.
	Hidden(layer int, x []float32, rng *dropout.PCG)

	// Backward turns grad, the gradient of the y that Hidden left in x, into that
	// of the sums.
	Backward(layer int, grad, y []float32)

	// Bytes returns how much is remembered from Hidden to Backward.
	Bytes() int
}

// None is rectified linear units without noise.
type None struct{}

func (None) Input(dst, src []float32, _ *dropout.PCG) { copy(dst, src) }

func (None) Hidden(_ int, x []float32, _ *dropout.PCG) { rectify(x) }

func (None) Backward(_ int, grad, y []float32) { stopZeros(grad, y) }

func (None) Bytes() int { return 0 }

func rectify(x []float32) {
	for i, v := range x {
		x[i] = max(v, 0)
	}
}

// stopZeros clears grad where y is zero: where the unit did not fire or its noise
// made it zero, and the gradient is zero both times. Bits instead of a branch,
// which would be guessed wrong for every other unit.
func stopZeros(grad, y []float32) {
	grad = grad[:len(y)]
	for i, v := range y {
		magnitude := math.Float32bits(v) << 1
		nonzero := uint32(int32(magnitude|-magnitude) >> 31) // all ones or none
		grad[i] = math.Float32frombits(math.Float32bits(grad[i]) & nonzero)
	}
}

// Dropout drops without storing a mask: the position of the stream is all that
// the backward pass needs.
type Dropout struct {
	input, hidden dropout.Dropout
	at            []dropout.PCG
}

// NewDropout returns dropout for a network of so many hidden layers, with the
// probabilities of dropping an input and a hidden unit.
func NewDropout(inputP, hiddenP float64, layers, workers int) (*Dropout, error) {
	input, err := dropout.New(inputP)
	if err != nil {
		return nil, err
	}
	hidden, err := dropout.New(hiddenP)
	if err != nil {
		return nil, err
	}
	return &Dropout{input.Workers(workers), hidden.Workers(workers), make([]dropout.PCG, layers)}, nil
}

func (d *Dropout) Input(dst, src []float32, rng *dropout.PCG) { d.input.Forward(dst, src, nil, rng) }

func (d *Dropout) Hidden(layer int, x []float32, rng *dropout.PCG) {
	d.at[layer] = *rng
	d.hidden.ForwardReLU(x, x, nil, rng)
}

// Backward would do with the zeros of y alone, because ReLU has left no other
// zeros among what was kept. That BackwardAt draws the mask again makes it right
// for units of any kind.
func (d *Dropout) Backward(layer int, grad, y []float32) {
	d.hidden.BackwardAt(grad, grad, d.at[layer])
	stopZeros(grad, y)
}

func (d *Dropout) Bytes() int { return len(d.at) * int(unsafe.Sizeof(dropout.PCG{})) }

// Masked is Dropout with a stored mask, one bit for dropout and ReLU together.
// It gives the same bits as Dropout.
type Masked struct {
	input, hidden dropout.Dropout
	masks         []dropout.Mask
}

// NewMasked returns what NewDropout does, with masks.
func NewMasked(inputP, hiddenP float64, layers, workers int) (*Masked, error) {
	d, err := NewDropout(inputP, hiddenP, layers, workers)
	if err != nil {
		return nil, err
	}
	return &Masked{d.input, d.hidden, make([]dropout.Mask, layers)}, nil
}

func (m *Masked) Input(dst, src []float32, rng *dropout.PCG) { m.input.Forward(dst, src, nil, rng) }

func (m *Masked) Hidden(layer int, x []float32, rng *dropout.PCG) {
	if len(m.masks[layer]) < dropout.MaskWords(len(x)) {
		m.masks[layer] = dropout.NewMask(len(x))
	}
	m.hidden.ForwardReLU(x, x, m.masks[layer], rng)
}

func (m *Masked) Backward(layer int, grad, _ []float32) {
	m.hidden.Backward(grad, grad, m.masks[layer])
}

func (m *Masked) Bytes() int {
	bytes := 0
	for _, mask := range m.masks {
		bytes += 8 * len(mask)
	}
	return bytes
}

// Gaussian multiplies by normal variates of mean 1, which are drawn again in the
// backward pass.
type Gaussian struct {
	input, hidden dropout.Gaussian
	at            []dropout.PCG
}

// NewGaussian returns the noise that has the variance of NewDropout's.
func NewGaussian(inputP, hiddenP float64, layers, workers int) (*Gaussian, error) {
	input, err := dropout.NewGaussian(inputP)
	if err != nil {
		return nil, err
	}
	hidden, err := dropout.NewGaussian(hiddenP)
	if err != nil {
		return nil, err
	}
	return &Gaussian{input.Workers(workers), hidden.Workers(workers), make([]dropout.PCG, layers)}, nil
}

func (g *Gaussian) Input(dst, src []float32, rng *dropout.PCG) { g.input.Forward(dst, src, rng) }

func (g *Gaussian) Hidden(layer int, x []float32, rng *dropout.PCG) {
	rectify(x)
	g.at[layer] = *rng
	g.hidden.Forward(x, x, rng)
}

func (g *Gaussian) Backward(layer int, grad, y []float32) {
	g.hidden.BackwardAt(grad, grad, g.at[layer])
	stopZeros(grad, y)
}

func (g *Gaussian) Bytes() int { return len(g.at) * int(unsafe.Sizeof(dropout.PCG{})) }
