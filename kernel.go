package dropout

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"unsafe"
)

// A kernel is one implementation of the two phases. kernel_generic.go says what
// they compute and every kernel gives the same bits. Kernels may require what
// the drivers below guarantee: dst and src have one length, from 1 to callLen,
// and are the same or apart, mask has just the words that they take, 0 < t < 2^32.
type kernel struct {
	name     string
	fillMask func(mask []uint64, s, inc, t uint64, near []float32)
	apply    applier

	// applyStream is apply for a dst that is too long to be found in a cache
	// when it is read next: its stores bypass the caches. The drivers use it for
	// slices of streamLen elements or more; 0 means never.
	applyStream applier
	streamLen   int

	// Appliers of the variants.
	applyReLU     applier // clears the mask bits of what ReLU drops, too
	applyAffine   func(dst, src []float32, mask []uint64, scale, shift, dropped float32)
	applyResidual func(dst, src, bias, residual []float32, mask []uint64, scale float32)
	add           func(sum, x []float32) // any length

	// Gaussian dropout: len(z) is a multiple of normalGroup up to callLen.
	fillNormal  func(z []float32, s, inc uint64)
	applyNormal func(dst, src, z []float32, sigma float32)
}

type applier func(dst, src []float32, mask []uint64, scale float32)

var genericKernel = kernel{
	name:     "generic",
	fillMask: fillMaskGeneric,
	apply:    applyGeneric,

	applyReLU:     applyReLUGeneric,
	applyAffine:   applyAffineGeneric,
	applyResidual: applyResidualGeneric,
	add:           addGeneric,

	fillNormal:  fillNormalGeneric,
	applyNormal: applyNormalGeneric,
}

// kernels lists what can run here, best first; the generic one is always last.
var kernels = append(archKernels(), &genericKernel)

// active is the kernel in use, chosen once, at start.
var active = choose(kernels, os.Getenv("DROPOUT_KERNEL"))

// choose returns the kernel called name, or the first if name is empty.
func choose(kernels []*kernel, name string) *kernel {
	if name == "" {
		return kernels[0]
	}
	var have []string
	for _, k := range kernels {
		if k.name == name {
			return k
		}
		have = append(have, k.name)
	}
	panic(fmt.Sprintf("dropout: DROPOUT_KERNEL is %q, available here: %s", name, strings.Join(have, ", ")))
}

// Kernel returns the name of the kernel in use: "avx512", "avx2", "neon" or
// "generic". It is the best one for the processor, unless the environment
// variable DROPOUT_KERNEL names another when the program starts; a name that is
// not available panics then.
func Kernel() string { return active.name }

const (
	// blockLen is how many elements go through both phases before the next do.
	// Long enough to set up the lanes of a kernel for, short enough that block
	// and mask are in the first-level cache between the phases.
	blockLen   = 4096
	blockWords = blockLen / 64

	// callLen is how many elements one call of an assembly function covers at
	// most. Assembly can't be preempted, and a garbage collection waits for it.
	callLen = 16384

	// shardLen is the least number of elements worth a goroutine.
	shardLen = 1 << 16
)

// forward writes dst, and mask unless it is nil, for the stream at at.
func (d Dropout) forward(dst, src []float32, mask Mask, at PCG) {
	if apply := active.applyFor(dst, src); d.splits(len(dst)) {
		d.forwardParallel(dst, src, mask, at, apply)
	} else {
		d.forwardPart(dst, src, mask, at, apply)
	}
}

// The closures of parallel are on the heap, so they have functions of their own.

func (d Dropout) forwardParallel(dst, src []float32, mask Mask, at PCG, apply applier) {
	d.parallel(len(dst), func(lo, hi int) {
		d.forwardPart(dst[lo:hi], src[lo:hi], mask.from(lo), at.from(lo), apply)
	})
}

func (d Dropout) forwardPart(dst, src []float32, mask Mask, at PCG, apply applier) {
	if t := d.threshold(); t == 0 || t == one {
		if mask != nil {
			d.drawPart(mask, len(dst), at)
		}
		for len(dst) > 0 {
			n := min(len(dst), callLen)
			if t == 0 {
				clear(dst[:n])
			} else {
				copy(dst[:n], src)
			}
			dst, src = dst[n:], src[n:]
		}
		return
	}
	d.blocks(src, mask, at, func(lo, hi int, m []uint64) {
		apply(dst[lo:hi], src[lo:hi], m, d.scale)
	})
}

// blocks draws the mask of src for the stream at at, into mask unless it is nil,
// and calls f for each block of elements as soon as it has its mask words.
func (d Dropout) blocks(src []float32, mask Mask, at PCG, f func(lo, hi int, m []uint64)) {
	var spare []uint64
	if mask == nil {
		var scratch [blockWords]uint64
		spare = noescape(&scratch)[:]
	}
	for lo, hi := 0, 0; lo < len(src); lo = hi {
		hi = min(lo+blockLen, len(src))
		m := spare
		if mask != nil {
			m = mask[lo/64:]
		}
		m = m[:maskWords(hi-lo)]
		d.fill(m, hi-lo, at, src[lo:hi])
		f(lo, hi, m)
		if hi < len(src) {
			at.skip(blockWords)
		}
	}
}

// fill writes the mask words m of n elements for the stream at at.
func (d Dropout) fill(m []uint64, n int, at PCG, near []float32) {
	switch t := d.threshold(); t {
	case 0:
		clear(m)
		return
	case one:
		for i := range m {
			m[i] = ^uint64(0)
		}
	default:
		active.fillMask(m, at.state, at.inc(), t, near)
	}
	if n%64 != 0 {
		m[n/64] &= 1<<(n%64) - 1
	}
}

// backward writes dst from a stored mask.
func (d Dropout) backward(dst, grad []float32, mask Mask) {
	if apply := active.applyFor(dst, grad); d.splits(len(dst)) {
		d.backwardParallel(dst, grad, mask, apply)
	} else {
		d.backwardPart(dst, grad, mask, apply)
	}
}

func (d Dropout) backwardParallel(dst, grad []float32, mask Mask, apply applier) {
	d.parallel(len(dst), func(lo, hi int) {
		d.backwardPart(dst[lo:hi], grad[lo:hi], mask.from(lo), apply)
	})
}

func (d Dropout) backwardPart(dst, grad []float32, mask Mask, apply applier) {
	t := d.threshold()
	for len(dst) > 0 {
		n := min(len(dst), callLen)
		words := maskWords(n)
		switch t {
		case 0:
			clear(dst[:n])
		case one:
			copyKept(dst[:n], grad[:n], mask[:words])
		default:
			apply(dst[:n], grad[:n], mask[:words], d.scale)
		}
		dst, grad, mask = dst[n:], grad[n:], mask[words:]
	}
}

// copyKept is apply at p = 0, where the bits of every kept element stay as they
// are: a multiplication by 1 would change those of a signalling NaN.
func copyKept(dst, src []float32, mask []uint64) {
	for _, m := range mask {
		n := min(len(src), 64)
		if m == ^uint64(0) {
			copy(dst[:n], src)
		} else {
			d := dst[:n]
			for i, x := range src[:n] {
				d[i] = selected(x, m<<63)
				m >>= 1
			}
		}
		dst, src = dst[n:], src[n:]
	}
}

func (d Dropout) drawParallel(mask Mask, n int, at PCG) {
	d.parallel(n, func(lo, hi int) {
		d.drawPart(mask.from(lo), hi-lo, at.from(lo))
	})
}

func (d Dropout) drawPart(mask Mask, n int, at PCG) {
	for n > 0 {
		part := min(n, callLen)
		words := maskWords(part)
		d.fill(mask[:words], part, at, nil)
		at.skip(words)
		mask, n = mask[words:], n-part
	}
}

// applyFor returns apply, or applyStream where dst is so long that it will have
// left the caches before it is read. In place src brings its lines in anyway,
// and stores that bypass them are slower.
func (k *kernel) applyFor(dst, src []float32) applier {
	if k.streamLen != 0 && len(dst) >= k.streamLen && &dst[0] != &src[0] {
		return k.applyStream
	}
	return k.apply
}

// splits reports whether n elements are worth more than one goroutine.
func (d Dropout) splits(n int) bool {
	return d.workers > 1 && n >= 2*shardLen
}

// parallel calls f for consecutive parts of n elements, each from and to a
// multiple of blockLen but for the end, in as many goroutines as n is worth,
// and returns when all are done.
func (d Dropout) parallel(n int, f func(lo, hi int)) {
	shards := max(1, min(d.workers, n/shardLen))
	blocks := (n-1)/blockLen + 1
	split(n, ((blocks-1)/shards+1)*blockLen, f)
}

// split calls f for consecutive parts of n, each of length part but for the last,
// in a goroutine each but for the first, and returns when all are done.
func split(n, part int, f func(lo, hi int)) {
	var wg sync.WaitGroup
	for lo := part; lo < n; lo += part {
		wg.Go(func() { f(lo, min(lo+part, n)) })
	}
	f(0, min(part, n))
	wg.Wait()
}

// noescape returns p, hidden from escape analysis: it can't follow a call through
// the kernel table and would move what p points to to the heap. No kernel keeps a
// pointer, and to the garbage collector p stays one.
//
//go:nosplit
func noescape[T any](p *T) *T {
	x := uintptr(unsafe.Pointer(p))
	return *(**T)(unsafe.Pointer(&x))
}
