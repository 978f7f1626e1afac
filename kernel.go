package dropout

import (
	"fmt"
	"os"
	"strings"
	"sync"
)

// A kernel is one implementation of everything that touches many elements.
// kernel_generic.go says what its methods compute, and every kernel gives the
// same bits. Kernels may require what the drivers below guarantee: slices that
// are used together have one length, from 1 to callLen; those that are written
// are the same as others or apart from them; mask has just the words that the
// elements take; 0 < t < 2^32.
//
// The methods choose by a switch and not through function values, because
// escape analysis can't follow those and would move the block's mask, which is
// on the stack, to the heap.
type kernel struct {
	name string
	isa  isa

	// streamLen is from how many elements on the drivers ask for stores that
	// bypass the caches; 0 means never.
	streamLen int
}

// isa is the instruction set of a kernel.
type isa uint8

const (
	generic isa = iota
	avx2
	avx512
	neon
)

// kernels lists what can run here, best first; the generic one is always last.
var kernels = append(archKernels(), &kernel{name: "generic", isa: generic})

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
	if stream := active.streams(dst, src); d.splits(len(dst)) {
		d.forwardParallel(dst, src, mask, at, stream)
	} else {
		d.forwardPart(dst, src, mask, at, stream)
	}
}

// The closures of parallel are on the heap, so they have functions of their own.

func (d Dropout) forwardParallel(dst, src []float32, mask Mask, at PCG, stream bool) {
	d.parallel(len(dst), func(lo, hi int) {
		d.forwardPart(dst[lo:hi], src[lo:hi], mask.from(lo), at.from(lo), stream)
	})
}

func (d Dropout) forwardPart(dst, src []float32, mask Mask, at PCG, stream bool) {
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
	if stream {
		d.forwardStream(dst, src, mask, at)
		return
	}
	var scratch [blockWords]uint64
	for lo, hi := 0, 0; lo < len(dst); lo = hi {
		hi = min(lo+blockLen, len(dst))
		m := d.block(src[lo:hi], lo, mask, &scratch, at)
		active.apply(dst[lo:hi], src[lo:hi], m, d.scale, false)
		at.skip(blockWords)
	}
}

// forwardStream is forwardPart where the kernel should mix the phases and bypass
// the caches: a copy of so many elements leaves the arithmetic units idle.
func (d Dropout) forwardStream(dst, src []float32, mask Mask, at PCG) {
	var scratch [callLen / 64]uint64
	for lo, hi := 0, 0; lo < len(dst); lo = hi {
		hi = min(lo+callLen, len(dst))
		m := scratch[:]
		if mask != nil {
			m = mask[lo/64:]
		}
		m = m[:maskWords(hi-lo)]
		active.forwardStream(dst[lo:hi], src[lo:hi], m, at.state, at.inc(), d.threshold(), d.scale)
		trim(m, hi-lo)
		at.skip(callLen / 64)
	}
}

// block draws the mask of one block of elements for the stream at at, into mask
// from element lo on, or into scratch where mask is nil, and returns its words.
func (d Dropout) block(elements []float32, lo int, mask Mask, scratch *[blockWords]uint64, at PCG) []uint64 {
	m := scratch[:]
	if mask != nil {
		m = mask[lo/64:]
	}
	m = m[:maskWords(len(elements))]
	d.fill(m, len(elements), at, elements)
	return m
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
	trim(m, n)
}

// trim clears the bits of m from n on.
func trim(m []uint64, n int) {
	if n%64 != 0 {
		m[n/64] &= 1<<(n%64) - 1
	}
}

// backward writes dst from a stored mask.
func (d Dropout) backward(dst, grad []float32, mask Mask) {
	if stream := active.streams(dst, grad); d.splits(len(dst)) {
		d.backwardParallel(dst, grad, mask, stream)
	} else {
		d.backwardPart(dst, grad, mask, stream)
	}
}

func (d Dropout) backwardParallel(dst, grad []float32, mask Mask, stream bool) {
	d.parallel(len(dst), func(lo, hi int) {
		d.backwardPart(dst[lo:hi], grad[lo:hi], mask.from(lo), stream)
	})
}

func (d Dropout) backwardPart(dst, grad []float32, mask Mask, stream bool) {
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
			active.apply(dst[:n], grad[:n], mask[:words], d.scale, stream)
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

// streams reports whether dst is so long that it will have left the caches before
// it is read, so that its stores had better bypass them. In place src brings the
// lines in anyway, and bypassing is slower.
func (k *kernel) streams(dst, src []float32) bool {
	return k.streamLen != 0 && len(dst) >= k.streamLen && &dst[0] != &src[0]
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
