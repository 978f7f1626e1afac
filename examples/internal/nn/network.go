// Package nn is a multilayer perceptron from scratch: rectified linear units in
// the hidden layers, softmax and cross entropy at the end, noise on the input of
// every layer during training.
package nn

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/fusedrop/dropout"
)

// Layer is the weights of a layer, a row for each input and a column for each
// unit, and the biases of its units.
type Layer struct {
	W blas32.General
	B []float32
}

// Network is a list of layers. The gradient and the velocity of a network have
// its shape, and are Networks too.
type Network []Layer

// Zeros returns a network of zeros with layers of the given sizes, that of the
// input being the first.
func Zeros(sizes []int) Network {
	var n Network
	for i, out := range sizes[1:] {
		in := sizes[i]
		n = append(n, Layer{
			W: blas32.General{Rows: in, Cols: out, Stride: out, Data: make([]float32, in*out)},
			B: make([]float32, out),
		})
	}
	return n
}

// New returns a network with normal weights of variance 2/inputs (He et al.,
// "Delving Deep into Rectifiers", 2015) and without biases.
func New(sizes []int, seed uint64) Network {
	n := Zeros(sizes)
	for i, l := range n {
		rng := rand.New(dropout.Derive(seed, uint64(i)))
		sigma := math.Sqrt(2 / float64(l.W.Rows))
		for j := range l.W.Data {
			l.W.Data[j] = float32(sigma * rng.NormFloat64())
		}
	}
	return n
}

// Sizes returns what Zeros was given.
func (n Network) Sizes() []int {
	sizes := []int{n[0].W.Rows}
	for _, l := range n {
		sizes = append(sizes, l.W.Cols)
	}
	return sizes
}

// Params returns the weights and the biases of all layers, not copied.
func (n Network) Params() [][]float32 {
	var params [][]float32
	for _, l := range n {
		params = append(params, l.W.Data, l.B)
	}
	return params
}

// Sum returns a hash of all bits of all parameters.
func (n Network) Sum() uint64 {
	h := fnv.New64a()
	var word [4]byte
	for _, param := range n.Params() {
		for _, x := range param {
			binary.LittleEndian.PutUint32(word[:], math.Float32bits(x))
			h.Write(word[:])
		}
	}
	return h.Sum64()
}
