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
	at := *rng
	rng.skip(maskWords(len(dst)))
	if d.splits(len(dst)) {
		d.reluParallel(dst, src, mask, at)
	} else {
		d.reluPart(dst, src, mask, at)
	}
}

func (d Dropout) reluParallel(dst, src []float32, mask Mask, at PCG) {
	d.parallel(len(dst), func(lo, hi int) {
		d.reluPart(dst[lo:hi], src[lo:hi], mask.from(lo), at.from(lo))
	})
}

func (d Dropout) reluPart(dst, src []float32, mask Mask, at PCG) {
	scale := d.Scale()
	var scratch [blockWords]uint64
	for lo, hi := 0, 0; lo < len(dst); lo = hi {
		hi = min(lo+blockLen, len(dst))
		m := d.block(src[lo:hi], lo, mask, &scratch, at)
		active.applyReLU(dst[lo:hi], src[lo:hi], m, scale)
		at.skip(blockWords)
	}
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
	at := *rng
	rng.skip(maskWords(len(dst)))
	if d.splits(len(dst)) {
		d.residualParallel(dst, src, bias, residual, mask, at)
	} else {
		d.residualPart(dst, src, bias, residual, 0, mask, at)
	}
}

func (d Dropout) residualParallel(dst, src, bias, residual []float32, mask Mask, at PCG) {
	d.parallel(len(dst), func(lo, hi int) {
		r := residual
		if r != nil {
			r = r[lo:hi]
		}
		column := 0
		if bias != nil {
			column = lo % len(bias)
		}
		d.residualPart(dst[lo:hi], src[lo:hi], bias, r, column, mask.from(lo), at.from(lo))
	})
}

// rowsLen is how many elements a bias is repeated for at a time.
const rowsLen = 1024

// absent stands for a bias or residual that is left out: x + -0 is x for every
// x, which is not so for +0.
var absent = func() (zeros [rowsLen]float32) {
	for i := range zeros {
		zeros[i] = float32(math.Copysign(0, -1))
	}
	return zeros
}()

// residualPart is ForwardResidual from the given column of a row on.
func (d Dropout) residualPart(dst, src, bias, residual []float32, column int, mask Mask, at PCG) {
	var scratch [blockWords]uint64
	var repeated [rowsLen]float32
	rows := absent[:]
	if bias != nil {
		rows = repeated[:]
	}
	scale := d.Scale()
	for lo, hi := 0, 0; lo < len(dst); lo = hi {
		hi = min(lo+blockLen, len(dst))
		m := d.block(src[lo:hi], lo, mask, &scratch, at)
		for lo < hi {
			n := min(hi-lo, rowsLen)
			if bias != nil {
				column = repeat(rows[:n], bias, column)
			}
			r := absent[:n]
			if residual != nil {
				r = residual[lo : lo+n]
			}
			active.applyResidual(dst[lo:lo+n], src[lo:lo+n], rows[:n], r, m[:maskWords(n)], scale)
			lo, m = lo+n, m[maskWords(n):]
		}
		at.skip(blockWords)
	}
}

// repeat fills rows with row after row from the given column of the first on,
// and returns the column behind the last element.
func repeat(rows, row []float32, column int) int {
	n := copy(rows, row[column:])
	n += copy(rows[n:], row[:column])
	end := (column + len(rows)) % len(row)
	for n < len(rows) {
		n += copy(rows[n:], rows[:n])
	}
	return end
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
	if offset, ok := overlap(dbias, grad); ok {
		panic(fmt.Sprintf("dropout: %s: dbias of %d elements overlaps grad of %d at an offset of %d bytes",
			fn, len(dbias), len(grad), offset))
	}
	checkMask(fn, mask, len(dst))
	if len(dst) == 0 {
		return
	}
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
			active.add(dbias[lo:hi], row[lo:hi])
		}
	})
}

// addRows adds x to sum, row by row from the given column of the first on, and
// returns the column behind the last element.
func addRows(sum, x []float32, column int) int {
	for len(x) > 0 {
		n := min(len(x), len(sum)-column)
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
	if offset, ok := overlap(row, dst); ok {
		panic(fmt.Sprintf("dropout: %s: %s of %d elements overlaps dst of %d at an offset of %d bytes",
			fn, name, len(row), len(dst), offset))
	}
}
