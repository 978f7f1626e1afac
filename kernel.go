package dropout

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"unsafe"
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
var active = use(choose(kernels, os.Getenv("DROPOUT_KERNEL")))

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

// An op is an applier: what the second phase does with elements and mask.
type op uint32

const (
	opScale    op = iota // applyGeneric
	opReLU               // applyReLUGeneric
	opAffine             // applyAffineGeneric
	opResidual           // applyResidualGeneric
)

// A pass is an op with what it takes beside the mask, in those of the fields that it
// has. opResidual gets bias and residual from rows.
type pass struct {
	op                    op
	dst, src              []float32
	scale, shift, dropped float32
	bias, residual        []float32
	rows                  *rows
}

// apply is the second phase. stream asks for stores that bypass the caches, which
// opScale has.
func (o *pass) apply(mask []uint64, stream bool) {
	switch o.op {
	case opScale:
		active.apply(o.dst, o.src, mask, o.scale, stream)
	case opReLU:
		active.applyReLU(o.dst, o.src, mask, o.scale)
	case opAffine:
		active.applyAffine(o.dst, o.src, mask, o.scale, o.shift, o.dropped)
	case opResidual:
		for dst, src := o.dst, o.src; len(dst) > 0; {
			bias, residual := o.rows.next(len(dst))
			n := len(bias)
			active.applyResidual(dst[:n], src[:n], bias, residual, mask[:maskWords(n)], o.scale)
			dst, src, mask = dst[n:], src[n:], mask[maskWords(n):]
		}
	}
}

// inverted is Forward and BackwardAt, but for their checks. Calls of up to one mask
// word take a path of their own: they would spend most of their time on the way.
func (d Dropout) inverted(dst, src []float32, mask Mask, at PCG) {
	if n, t := len(dst), d.threshold(); 0 < n && n <= 64 && 0 < t && t < one {
		word := active.forwardWord(dst, src, at.state, at.inc(), t, d.scale)
		if mask != nil {
			mask[0] = word
		}
		return
	}
	d.forward(&pass{dst: dst, src: src, scale: d.scale}, mask, at)
}

// forward writes o.dst, and mask unless it is nil, for the stream at at.
func (d Dropout) forward(o *pass, mask Mask, at PCG) {
	if stream := active.streams(o.dst, o.src); d.splits(len(o.dst)) {
		d.forwardParallel(*o, mask, at, stream)
	} else {
		d.forwardPart(o, mask, at, stream)
	}
}

// The closures of parallel are on the heap, so they have functions of their own.

func (d Dropout) forwardParallel(o pass, mask Mask, at PCG, stream bool) {
	d.parallel(len(o.dst), func(lo, hi int) {
		o := o
		o.dst, o.src = o.dst[lo:hi], o.src[lo:hi]
		d.forwardPart(&o, mask.from(lo), at.from(lo), stream)
	})
}

func (d Dropout) forwardPart(o *pass, mask Mask, at PCG, stream bool) {
	switch ends := d.threshold() == 0 || d.threshold() == one; {
	case ends && o.op == opScale:
		d.forwardEnd(o.dst, o.src, mask, at)
	case stream && !ends:
		d.forwardStream(o, mask, at)
	default:
		d.forwardBlocks(o, mask, at, false)
	}
}

// forwardEnd is Forward at p = 0 and p = 1.
func (d Dropout) forwardEnd(dst, src []float32, mask Mask, at PCG) {
	if mask != nil {
		d.drawPart(mask, len(dst), at)
	}
	for len(dst) > 0 {
		n := min(len(dst), callLen)
		if d.threshold() == 0 {
			clear(dst[:n])
		} else {
			copy(dst[:n], src)
		}
		dst, src = dst[n:], src[n:]
	}
}

// forwardBlocks draws and applies the mask block by block.
func (d Dropout) forwardBlocks(o *pass, mask Mask, at PCG, stream bool) {
	var scratch []uint64
	if mask == nil {
		var words [blockWords]uint64
		scratch = words[:]
	}
	block := *o
	for lo, hi := 0, 0; lo < len(o.dst); lo = hi {
		if lo > 0 {
			at.skip(blockWords)
		}
		hi = min(lo+blockLen, len(o.dst))
		block.dst, block.src = o.dst[lo:hi], o.src[lo:hi]
		m := mask.block(lo, hi, scratch)
		d.fill(m, hi-lo, at, block.src)
		block.apply(m, stream)
	}
}

// forwardStream has the kernel mix the phases and bypass the caches, as long as it
// can: a copy of so many elements leaves the arithmetic units idle.
func (d Dropout) forwardStream(o *pass, mask Mask, at PCG) {
	var scratch [callLen / 64]uint64
	block := *o
	for lo, hi := 0, 0; lo < len(o.dst); lo = hi {
		hi = lo + mixes(o.dst[lo:min(lo+callLen, len(o.dst))])
		if hi == lo {
			block.dst, block.src = o.dst[lo:], o.src[lo:]
			d.forwardBlocks(&block, mask.from(lo), at, true)
			return
		}
		if o.op == opResidual {
			block.bias, block.residual = o.rows.next(hi - lo)
			hi = lo + len(block.bias)
		}
		block.dst, block.src = o.dst[lo:hi], o.src[lo:hi]
		active.fillApply(mask.block(lo, hi, scratch[:]), at.state, at.inc(), d.threshold(), &block)
		at.skip((hi - lo) / 64)
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

// mixLen is how many elements the kernels draw and apply at a time in fillApply,
// at most.
const mixLen = 512

// mixes returns how many elements of dst fillApply can write.
func mixes(dst []float32) int {
	if toLine(dst) != 0 {
		return 0
	}
	return len(dst) &^ (mixLen - 1)
}

// toLine returns how many elements of x lie before the first boundary of a
// cache line. x may be shorter than that.
func toLine(x []float32) int {
	const line = 64
	return int(-uintptr(unsafe.Pointer(unsafe.SliceData(x))) % line / 4)
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
	for end := min(part, n); end < n; {
		lo, hi := end, end+min(part, n-end) // end+part may be beyond the last int
		wg.Go(func() { f(lo, hi) })
		end = hi
	}
	f(0, min(part, n))
	wg.Wait()
}
