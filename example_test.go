package dropout_test

import (
	"fmt"

	"github.com/fusedrop/dropout"
)

// A training step: the mask of the forward pass serves the backward pass.
func Example() {
	d, err := dropout.New(0.25)
	if err != nil {
		panic(err)
	}
	const seed, layer, step = 1, 0, 0
	x := []float32{1, 2, 3, 4, 5, 6, 7, 8}
	y, dx := make([]float32, len(x)), make([]float32, len(x))
	mask := dropout.NewMask(len(x))

	d.Forward(y, x, mask, dropout.Derive(seed, layer, step))
	fmt.Println(y)

	dy := []float32{1, 1, 1, 1, 1, 1, 1, 1}
	d.Backward(dx, dy, mask)
	fmt.Println(dx)
	// Output:
	// [1.3333334 2.6666667 4 0 6.666667 0 9.333334 0]
	// [1.3333334 1.3333334 1.3333334 0 1.3333334 0 1.3333334 0]
}

// Without a stored mask: the stream's position is all there is to remember.
func ExampleDropout_BackwardAt() {
	d, _ := dropout.New(0.5)
	rng := dropout.Derive(1, 0, 0)
	at := *rng // where Forward begins to draw

	h := []float32{1, 2, 3, 4, 5, 6, 7, 8}
	d.Forward(h, h, nil, rng) // in place

	grad := []float32{1, 1, 1, 1, 1, 1, 1, 1}
	d.BackwardAt(grad, grad, at)
	fmt.Println(h)
	fmt.Println(grad)
	// Output:
	// [0 4 0 0 0 0 14 0]
	// [0 2 0 0 0 0 2 0]
}

// Two halves of a tensor, as on two machines, give the bits of the whole.
func ExamplePCG_Advance() {
	d, _ := dropout.New(0.1)
	x := make([]float32, 256)
	for i := range x {
		x[i] = 1
	}
	whole, halves := make([]float32, 256), make([]float32, 256)
	d.Forward(whole, x, nil, dropout.Derive(1, 2, 3))

	first, second := dropout.Derive(1, 2, 3), dropout.Derive(1, 2, 3)
	second.Advance(128 / 8) // 8 words for each 64 elements
	d.Forward(halves[:128], x[:128], nil, first)
	d.Forward(halves[128:], x[128:], nil, second)

	same := true
	for i := range whole {
		same = same && whole[i] == halves[i]
	}
	fmt.Println(same)
	// Output: true
}

// The stream's position in a checkpoint.
func ExamplePCG_MarshalBinary() {
	rng := dropout.Derive(1, 2, 3)
	rng.Uint64()
	saved, _ := rng.MarshalBinary()

	var resumed dropout.PCG
	if err := resumed.UnmarshalBinary(saved); err != nil {
		panic(err)
	}
	fmt.Println(resumed.Uint64() == rng.Uint64())
	// Output: true
}

// One mask shared by all time steps of a sequence.
func ExampleDropout_Draw() {
	d, _ := dropout.New(0.5)
	const features, steps = 6, 2
	mask := dropout.NewMask(features)
	d.Draw(mask, features, dropout.Derive(1, 0, 0))

	x := make([]float32, steps*features)
	for i := range x {
		x[i] = 1
	}
	for t := range steps {
		row := x[t*features : (t+1)*features]
		d.Backward(row, row, mask) // Backward applies a mask, to whatever it is given
	}
	fmt.Println(mask.Count(features), "of", features, "kept")
	fmt.Println(x[:features])
	fmt.Println(x[features:])
	// Output:
	// 1 of 6 kept
	// [0 2 0 0 0 0]
	// [0 2 0 0 0 0]
}
