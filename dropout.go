package dropout

import (
	"fmt"
	"math"
	"unsafe"
)

// Dropout is inverted dropout with a fixed drop probability p. The zero value
// has p = 0 and one worker.
//
// With T = round((1-p)·2^32) and scale = float32(2^32/T):
//
//	forward    y[i]  = keep[i] ? x[i]·scale  : +0
//	backward   dx[i] = keep[i] ? dy[i]·scale : +0
//
// Every method writes every element of dst. dst may be the very slice it is
// computed from; otherwise the two must not overlap. All arguments are checked
// before anything is written: after a panic nothing has changed, rng included.
//
// A Dropout is a value without hidden state and may be used by any number of
// goroutines at once, as long as they don't share dst, mask or rng.
type Dropout struct {
	drop    uint64  // 2^32 - T, so that the zero value keeps everything
	scale   float32 // 2^32/T; not used where drop is 0
	workers int     // goroutines for a long call; 0 means 1
}

// one is 1.0 as a threshold: T at p = 0.
const one = 1 << 32

// New returns a Dropout that drops with probability p, rounded so that 1-p is a
// multiple of 2^-32. It gives an error if p is NaN or outside [0, 1].
func New(p float64) (Dropout, error) {
	if !(p >= 0 && p <= 1) {
		return Dropout{}, fmt.Errorf("dropout: New: p is %v, want 0 <= p <= 1", p)
	}
	t := math.Round((1 - p) * one)
	return Dropout{drop: one - uint64(t), scale: float32(one / t)}, nil
}

// P returns the drop probability in force, 1 - T/2^32: the p given to New to
// within 2^-33.
func (d Dropout) P() float64 { return float64(d.drop) / one }

// Scale returns what kept elements are multiplied by, float32(2^32/T). It
// belongs to the p in force, so that the expected value of y is x. At p = 1,
// where nothing is kept, it is +Inf.
func (d Dropout) Scale() float32 {
	if d.drop == 0 {
		return 1
	}
	return d.scale
}

// threshold returns T.
func (d Dropout) threshold() uint64 { return one - d.drop }

// Workers returns a copy of d whose calls over long slices use up to n
// goroutines, the caller's included. The results are the same bits for every n.
// Slices below about 100,000 elements are not worth a goroutine and take one.
// It panics if n is less than 1.
func (d Dropout) Workers(n int) Dropout {
	checkWorkers("Workers", n)
	d.workers = n
	return d
}

// Forward sets dst to src with elements dropped and survivors scaled, and
// advances rng by 8·⌈n/64⌉ words for n elements, whatever p is. The bits of the
// elements that were kept are stored in mask, unless mask is nil; further words
// of a longer mask are left alone.
//
// With p = 0 dst is a bit-for-bit copy of src; with p = 1 it is +0.
//
// It panics if dst and src differ in length or overlap without being the same,
// if mask is neither nil nor long enough, or if rng is nil.
func (d Dropout) Forward(dst, src []float32, mask Mask, rng *PCG) {
	checkForward("Forward", dst, src, mask, rng)
	raceForward(dst, src, mask, len(dst))
	at := *rng
	rng.skip(maskWords(len(dst)))
	d.inverted(dst, src, mask, at)
}

// Backward sets dst to grad sent through the mask that Forward stored: the
// kept elements times the scale, +0 for the others. The bits of mask are all it
// goes by, so mask must be one drawn with the same p.
//
// It panics if dst and grad differ in length or overlap without being the same,
// or if mask is not long enough.
func (d Dropout) Backward(dst, grad []float32, mask Mask) {
	checkSlices("Backward", dst, "grad", grad)
	checkMask("Backward", mask, len(dst))
	raceBackward(dst, grad, mask, len(dst))
	d.backward(dst, grad, mask)
}

// BackwardAt is Backward without a stored mask: it draws again the mask that
// Forward drew with its rng at the position at. It takes as long as Forward.
//
// It panics if dst and grad differ in length or overlap without being the same.
func (d Dropout) BackwardAt(dst, grad []float32, at PCG) {
	checkSlices("BackwardAt", dst, "grad", grad)
	raceBackward(dst, grad, nil, 0)
	d.inverted(dst, grad, nil, at)
}

// Draw stores the mask of n elements, the one that Forward would draw, and
// advances rng likewise, by 8·⌈n/64⌉ words. Further words of a longer mask are
// left alone.
//
// It panics if n is negative, if mask is not long enough or if rng is nil.
func (d Dropout) Draw(mask Mask, n int, rng *PCG) {
	if n < 0 {
		panic(fmt.Sprintf("dropout: Draw: n is %d, want at least 0", n))
	}
	checkMask("Draw", mask, n)
	checkForward("Draw", nil, nil, nil, rng)
	raceForward(nil, nil, mask, n)
	at := *rng
	rng.skip(maskWords(n))
	if d.splits(n) {
		d.drawParallel(mask, n, at)
	} else {
		d.drawPart(mask, n, at)
	}
}

// checkForward makes the checks of a forward pass, whose mask may be nil.
func checkForward(fn string, dst, src []float32, mask Mask, rng *PCG) {
	if !fits(dst, src) {
		panicSlices(fn, dst, "src", src)
	}
	if mask != nil {
		checkMask(fn, mask, len(dst))
	}
	if rng == nil {
		panic("dropout: " + fn + ": rng is nil")
	}
}

// raceForward and raceBackward tell the race detector, if it is in use, what a
// pass with a mask of n elements reads and writes: assembly hides it.

func raceForward(dst, src []float32, mask Mask, n int) {
	raceRead(src)
	raceWrite(dst)
	raceWrite(mask.words(n))
}

func raceBackward(dst, grad []float32, mask Mask, n int) {
	raceRead(grad)
	raceWrite(dst)
	raceRead(mask.words(n))
}

func checkWorkers(fn string, n int) {
	if n < 1 {
		panic(fmt.Sprintf("dropout: %s: n is %d, want at least 1", fn, n))
	}
}

// checkSlices panics unless src, called name in the signature of fn, has the
// length of dst and is either the same slice or apart from it.
func checkSlices(fn string, dst []float32, name string, src []float32) {
	if !fits(dst, src) {
		panicSlices(fn, dst, name, src)
	}
}

// fits reports whether dst and src have one length and are the same or apart.
func fits(dst, src []float32) bool {
	return len(dst) == len(src) && (offset(dst, src) == 0 || !overlap(dst, src))
}

func panicSlices(fn string, dst []float32, name string, src []float32) {
	if len(dst) != len(src) {
		panic(fmt.Sprintf("dropout: %s: dst has %d elements, %s has %d", fn, len(dst), name, len(src)))
	}
	panic(fmt.Sprintf("dropout: %s: dst overlaps %s of %d elements at an offset of %d bytes, want none or 0",
		fn, name, len(src), int(offset(dst, src))))
}

// offset returns how many bytes x begins after y, modulo the size of memory.
func offset(x, y []float32) uintptr {
	return uintptr(unsafe.Pointer(unsafe.SliceData(x))) - uintptr(unsafe.Pointer(unsafe.SliceData(y)))
}

// overlap reports whether x and y share memory.
func overlap(x, y []float32) bool {
	return offset(x, y) < 4*uintptr(len(y)) || offset(y, x) < 4*uintptr(len(x))
}

func checkMask(fn string, mask Mask, n int) {
	if want := maskWords(n); len(mask) < want {
		panicMask(fn, len(mask), n, want)
	}
}

func panicMask(fn string, words, n, want int) {
	panic(fmt.Sprintf("dropout: %s: mask has %d words, %d elements need %d", fn, words, n, want))
}
