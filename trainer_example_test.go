package dropout_test

import (
	"fmt"
	"slices"

	"github.com/fusedrop/dropout"
)

// ones returns n ones.
func ones(n int) []float32 { return slices.Repeat([]float32{1}, n) }

// Data-parallel training: each of two machines has half of the batch. What they
// drop together is what one machine would have dropped with all of it.
func ExampleDropout_Forward_dataParallel() {
	d, _ := dropout.New(0.5)
	const seed, layer, step = 1, 2, 3
	const rows, columns = 4, 192 // rows·columns of a shard: a multiple of 64

	shard := func(x []float32, firstRow int) {
		rng := dropout.Derive(seed, layer, step)
		rng.Advance(uint64(firstRow * columns / 8)) // 8 words for each 64 elements
		d.Forward(x, x, nil, rng)
	}
	whole, first, second := ones(rows*columns), ones(rows/2*columns), ones(rows/2*columns)
	shard(whole, 0)
	shard(first, 0)
	shard(second, rows/2)
	fmt.Println(slices.Equal(whole, slices.Concat(first, second)))
	// Output: true
}

// Shards that are of any size, and need not add up to anything: a stream of its
// own for each.
func ExampleDerive_shards() {
	d, _ := dropout.New(0.5)
	const seed, layer, step = 1, 2, 3
	for shard := range uint64(3) {
		x := ones(7)
		d.Forward(x, x, nil, dropout.Derive(seed, layer, step, shard))
		fmt.Println(x)
	}
	// Output:
	// [2 0 0 0 0 2 0]
	// [0 0 2 2 2 2 2]
	// [0 2 2 0 2 0 2]
}

// Tensor-parallel training: each of two machines has half of the columns of every
// row, a multiple of 64, and draws its part of the mask of the whole row.
func ExampleDropout_Forward_tensorParallel() {
	d, _ := dropout.New(0.5)
	const rows, columns, half = 3, 256, 128

	whole := ones(rows * columns)
	d.Forward(whole, whole, nil, dropout.Derive(1, 2, 3))

	same := true
	for machine := range 2 {
		part := ones(rows * half)
		for row := range rows {
			at := row*columns + machine*half // of the part's row in the whole
			rng := dropout.Derive(1, 2, 3)
			rng.Advance(uint64(at / 8))
			x := part[row*half : (row+1)*half]
			d.Forward(x, x, nil, rng)
			same = same && slices.Equal(x, whole[at:at+half])
		}
	}
	fmt.Println(same)
	// Output: true
}

// Gradient checkpointing: activations are computed again in the backward pass. A
// copy of the stream from before the first time drops the same ones.
func ExamplePCG_checkpointing() {
	d, _ := dropout.New(0.5)
	layer := func(y, x []float32, rng *dropout.PCG) { d.Forward(y, x, nil, rng) }

	x, y, again := ones(1000), ones(1000), ones(1000)
	rng := dropout.Derive(1, 2, 3)
	at := *rng // all there is to keep
	layer(y, x, rng)

	replay := at // a copy, because layer advances it
	layer(again, x, &replay)
	grad := ones(1000)
	d.BackwardAt(grad, grad, at)
	fmt.Println(slices.Equal(y, again), slices.Equal(y, grad), replay == *rng)
	// Output: true true true
}

// Activations in float64: Draw has the mask, and a loop of one's own applies it.
func ExampleMask_Kept() {
	d, _ := dropout.New(0.5)
	x := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	mask := dropout.NewMask(len(x))
	d.Draw(mask, len(x), dropout.Derive(1, 0, 0))

	scale := 1 / (1 - d.P()) // in float64; d.Scale() is rounded to float32
	for i := range x {
		if mask.Kept(i) {
			x[i] *= scale
		} else {
			x[i] = 0
		}
	}
	fmt.Println(x)
	// Output: [0 4 0 0 0 0 14 0]
}
