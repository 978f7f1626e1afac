// Package dropout computes dropout, forward and backward, over []float32 with
// SIMD kernels in assembly, at close to the speed of copying memory.
//
// Dropout (Srivastava et al., JMLR 15, 2014) sets each activation to zero with
// probability p during training and scales the survivors by 1/(1-p), so that the
// expected value of every activation stays what it was and nothing has to be
// done at test time. The backward pass sends the gradient through the same mask
// with the same scale:
//
//	forward    y[i]  = keep[i] ? x[i]·scale  : +0
//	backward   dx[i] = keep[i] ? dy[i]·scale : +0
//
// # Use
//
// A [Dropout] is made once for its p. Each call of [Dropout.Forward] draws a mask
// from a stream of random words, a [PCG]; [Derive] gives an independent stream
// to every layer and step.
//
//	d, err := dropout.New(0.1)
//	…
//	rng := dropout.Derive(seed, layer, step)
//	d.Forward(y, x, mask, rng)    // in training; at test time don't call it
//	…
//	d.Backward(dx, dy, mask)
//
// The mask takes one bit per element. It need not be kept at all:
//
//	at := *rng
//	d.Forward(y, x, nil, rng)
//	…
//	d.BackwardAt(dx, dy, at)      // draws the same mask again
//
// # The mask
//
// Whether an element is kept is a function of the stream and of the element's
// position in it, and of nothing else. Every kernel, processor architecture,
// number of goroutines and way of cutting a tensor into calls gives the same
// bits. With T = round((1-p)·2^32), 64 elements take the next 8 words w0…w7 of
// the stream, and element i of the 64 is kept if
//
//	u_i = d_i<<24 | L_i < T
//	d_i = bit i of w0…w7, w0 first, as an 8-bit number
//	L_i = output(output((w7 + 0x9E3779B97F4A7C15) ^ 1<<i)) >> 40
//
// where output is the output function of the stream. The probability of keeping
// is thus T/2^32 exactly, [Dropout.P] returns the p in force and the scale is
// float32(2^32/T). A call over n elements advances the stream by 8·⌈n/64⌉ words
// whatever p is, so that a tensor may be split at any multiple of 64 elements,
// each part being drawn from a copy of the stream advanced by an eighth of the
// elements before it.
//
// # Edges
//
// Dropped elements are selected, not multiplied: they become +0 even if they
// were NaN or infinite. Kept NaNs and infinities stay. p = 0 copies bit for bit
// and p = 1 writes +0. Slices may be of any length and alignment; dst may be the
// slice it is computed from.
//
// A p that New can't use is an error. Slices that don't fit together panic with
// a message that names the argument and both numbers, before anything has been
// written.
//
// # Kernels
//
// The kernel is chosen once, when the program starts: AVX2 on amd64 where the
// processor and the operating system have it, Go code elsewhere. [Kernel] tells
// which. The environment variable DROPOUT_KERNEL=generic|avx2 overrides the
// choice, and the build tag purego leaves assembly out altogether. No call
// allocates, and no assembly runs longer than some microseconds without giving
// the garbage collector a chance to stop the goroutine.
package dropout
