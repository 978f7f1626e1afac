package dropout

import (
	"fmt"
	"math"
)

// ForwardReLU is Forward of max(src, 0): the two in one pass, with one mask bit
// for both.
//
//	keep[i] = drawn[i] && !(src[i] <= 0)
//	dst[i]  = keep[i] ? src[i]·scale : +0
//
// Backward with this mask is the gradient of both. A NaN is not <= 0, so that it
// passes through where it is not dropped. Without a mask (nil), dst[i] > 0 tells
// what was kept. Advances rng as Forward does.
//
// It panics as Forward does.
func (d Dropout) ForwardReLU(dst, src []float32, mask Mask, rng *PCG) {
	checkForward("ForwardReLU", dst, src, mask, rng)
	raceForward(dst, src, mask, len(dst))
	at := *rng
	rng.skip(maskWords(len(dst)))
	d.forward(&pass{op: opReLU, dst: dst, src: src, scale: d.Scale()}, mask, at)
}

// ForwardResidual is dropout between a biased layer and a residual connection,
// in one pass:
//
//	dst[i] = residual[i] + D(src[i] + bias[i mod len(bias)])
//
// with D as in Forward; the bias is that of one row, and src has whole rows. The
// bits are those of the three steps one by one, each rounded to float32. A nil
// bias or residual is left out. Advances rng as Forward does.
//
// dst may be src, residual, or both.
//
// It panics as Forward does, if residual differs from dst in length or overlaps
// it without being the same, if bias overlaps dst, or if src is not a number of
// whole rows of bias.
func (d Dropout) ForwardResidual(dst, src, bias, residual []float32, mask Mask, rng *PCG) {
	const fn = "ForwardResidual"
	checkForward(fn, dst, src, mask, rng)
	if bias != nil {
		checkRow(fn, dst, "src", "bias", bias)
	}
	if residual != nil {
		checkSlices(fn, dst, "residual", residual)
	}
	if bias == nil && residual == nil {
		d.Forward(dst, src, mask, rng)
		return
	}
	raceForward(dst, src, mask, len(dst))
	raceRead(bias)
	raceRead(residual)
	at := *rng
	rng.skip(maskWords(len(dst)))
	o := pass{op: opResidual, dst: dst, src: src, scale: d.Scale()}
	r := rows{bias: bias, residual: residual}
	stream := active.streams(dst, src) && (residual == nil || active.streams(dst, residual))
	if d.splits(len(dst)) {
		d.residualParallel(o, r, mask, at, stream)
	} else {
		d.residualPart(o, r, mask, at, stream)
	}
}

func (d Dropout) residualParallel(o pass, r rows, mask Mask, at PCG, stream bool) {
	d.parallel(len(o.dst), func(lo, hi int) {
		o := o
		o.dst, o.src = o.dst[lo:hi], o.src[lo:hi]
		d.residualPart(o, r.from(lo), mask.from(lo), at.from(lo), stream)
	})
}

func (d Dropout) residualPart(o pass, r rows, mask Mask, at PCG, stream bool) {
	if r.wraps(len(o.dst)) {
		var memory [2 * rowsLen]float32
		r.memory = memory[:]
		r.repeat()
	}
	o.rows = &r
	d.forwardPart(&o, mask, at, stream)
}

// rows gives bias, row after row, and residual, in parts that kernels can take.
type rows struct {
	bias, residual []float32
	column         int       // of the next element
	memory         []float32 // for rows that follow each other in it
}

// rowsLen is how many elements rows gives at least, but for the end.
const rowsLen = 2 * mixLen

// absent stands for a bias or residual that is left out: x + -0 is x for every
// x, which is not so for +0.
var absent = func() (zeros [rowsLen]float32) {
	for i := range zeros {
		zeros[i] = float32(math.Copysign(0, -1))
	}
	return zeros
}()

// from returns r from element i on.
func (r rows) from(i int) rows {
	if r.bias != nil {
		r.column = i % len(r.bias)
	}
	if r.residual != nil {
		r.residual = r.residual[i:]
	}
	return r
}

// wraps reports whether some of the parts of n elements would end at the end of a
// row, so that rows need memory to go on behind it.
func (r *rows) wraps(n int) bool {
	return r.bias != nil && r.column+n > len(r.bias) && len(r.bias)%mixLen != 0
}

// repeat fills memory, 2·rowsLen elements, with a short bias again and again: that
// is rowsLen of them from any column on.
func (r *rows) repeat() {
	if r.short() {
		for n := copy(r.memory, r.bias); n < len(r.memory); {
			n += copy(r.memory[n:], r.memory[:n])
		}
	}
}

func (r *rows) short() bool { return len(r.bias) < rowsLen }

// next returns bias and residual of the next elements: of n, or of fewer, a multiple
// of mixLen.
func (r *rows) next(n int) (bias, residual []float32) {
	if r.residual == nil {
		n = min(n, rowsLen)
	}
	switch run := len(r.bias) - r.column; {
	case r.bias == nil:
		n = min(n, rowsLen)
		bias = absent[:n]
	case run >= n:
		bias = r.bias[r.column:][:n]
	case run >= mixLen:
		n = run &^ (mixLen - 1)
		bias = r.bias[r.column:][:n]
	case r.short():
		n = min(n, rowsLen)
		bias = r.memory[r.column:][:n]
	default:
		n = min(n, rowsLen)
		bias = r.memory[:n]
		copy(bias[copy(bias, r.bias[r.column:]):], r.bias)
	}
	if r.bias != nil {
		r.column = (r.column + n) % len(r.bias)
	}
	residual = absent[:]
	if r.residual != nil {
		residual, r.residual = r.residual, r.residual[n:]
	}
	return bias, residual[:n]
}

// BackwardBias is the backward pass of a biased layer in one pass: dst as
// Backward has it, and the gradient of the bias, the sums of its columns.
//
//	dst[i] = D(grad[i])
//	dbias[i mod len(dbias)] += dst[i]
//
// The rows are added in their order, each sum rounded to float32, whatever the
// number of workers. dst may be grad.
//
// It panics as Backward does, if dbias overlaps dst or grad, or if grad is not a
// number of whole rows of dbias.
func (d Dropout) BackwardBias(dst, dbias, grad []float32, mask Mask) {
	const fn = "BackwardBias"
	checkSlices(fn, dst, "grad", grad)
	checkRow(fn, dst, "grad", "dbias", dbias)
	if overlap(dbias, grad) {
		panic(fmt.Sprintf("dropout: %s: dbias of %d elements overlaps grad of %d at an offset of %d bytes",
			fn, len(dbias), len(grad), int(offset(dbias, grad))))
	}
	checkMask(fn, mask, len(dst))
	if len(dst) == 0 {
		return
	}
	raceBackward(dst, grad, mask, len(dst))
	raceWrite(dbias)
	if d.splits(len(dst)) {
		d.backwardBiasParallel(dst, dbias, grad, mask)
		return
	}
	column := 0
	for lo, hi := 0, 0; lo < len(dst); lo = hi {
		hi = min(lo+blockLen, len(dst))
		d.backwardPart(dst[lo:hi], grad[lo:hi], mask.from(lo), false)
		column = addRows(dbias, dst[lo:hi], column)
	}
}

// backwardBiasParallel splits the elements first and then the columns, because
// sums over parts of the rows would round otherwise.
func (d Dropout) backwardBiasParallel(dst, dbias, grad []float32, mask Mask) {
	d.backwardParallel(dst, grad, mask, active.streams(dst, grad))
	columns := len(dbias)
	split(columns, columns/max(1, min(d.workers, columns/64))+1, func(lo, hi int) {
		for row := dst; len(row) > 0; row = row[columns:] {
			addRows(dbias[lo:hi], row[lo:hi], 0)
		}
	})
}

// addRows adds x to sum, row by row from the given column of the first on, and
// returns the column behind the last element.
func addRows(sum, x []float32, column int) int {
	for len(x) > 0 {
		n := min(len(x), len(sum)-column, callLen)
		active.add(sum[column:column+n], x[:n])
		x = x[n:]
		column += n
		if column == len(sum) {
			column = 0
		}
	}
	return column
}

// checkRow panics unless dst, with src of the same length, has whole rows of row
// and does not share memory with it.
func checkRow(fn string, dst []float32, src, name string, row []float32) {
	if len(row) == 0 && len(dst) != 0 || len(row) != 0 && len(dst)%len(row) != 0 {
		panic(fmt.Sprintf("dropout: %s: %s has %d elements, not a multiple of %s's %d", fn, src, len(dst), name, len(row)))
	}
	if overlap(row, dst) {
		panic(fmt.Sprintf("dropout: %s: %s of %d elements overlaps dst of %d at an offset of %d bytes",
			fn, name, len(row), len(dst), int(offset(row, dst))))
	}
}
