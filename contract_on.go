//go:build dropoutcontract

package dropout

import "fmt"

// With the build tag dropoutcontract every call of a kernel is checked against
// what kernels may require, as the comment of kernel has it. It is for tests: a
// driver that breaks the contract panics, on every kernel and architecture.

// checkedKernel is a kernel whose methods panic where their arguments break the
// contract.
type checkedKernel struct{ kernel }

func use(k *kernel) *checkedKernel { return &checkedKernel{*k} }

func (k *checkedKernel) fillMask(mask []uint64, s, inc, t uint64, near []float32) {
	const fn = "fillMask"
	if len(mask) < 1 || 64*len(mask) > callLen || len(near) > 64*len(mask) {
		breach(fn, "%d words for %d elements", len(mask), len(near))
	}
	checkStream(fn, inc, t)
	k.kernel.fillMask(mask, s, inc, t, near)
}

func (k *checkedKernel) apply(dst, src []float32, mask []uint64, scale float32, stream bool) {
	checkApply("apply", dst, mask, src)
	k.kernel.apply(dst, src, mask, scale, stream)
}

func (k *checkedKernel) forwardWord(dst, src []float32, s, inc, t uint64, scale float32) uint64 {
	const fn = "forwardWord"
	checkElements(fn, dst, src)
	if len(dst) > 64 {
		breach(fn, "%d elements", len(dst))
	}
	checkStream(fn, inc, t)
	return k.kernel.forwardWord(dst, src, s, inc, t, scale)
}

func (k *checkedKernel) fillApply(mask []uint64, s, inc, t uint64, then *pass) {
	const fn = "fillApply"
	checkApply(fn, then.dst, mask, then.src)
	if then.op == opResidual {
		checkElements(fn, then.dst, then.bias, then.residual)
	}
	if len(then.dst)%mixLen != 0 || toLine(then.dst) != 0 || &then.dst[0] == &then.src[0] {
		breach(fn, "%d elements, %d to the next line, src at %d", len(then.dst), toLine(then.dst), offset(then.dst, then.src))
	}
	checkStream(fn, inc, t)
	k.kernel.fillApply(mask, s, inc, t, then)
}

func (k *checkedKernel) applyReLU(dst, src []float32, mask []uint64, scale float32) {
	checkApply("applyReLU", dst, mask, src)
	k.kernel.applyReLU(dst, src, mask, scale)
}

func (k *checkedKernel) applyAffine(dst, src []float32, mask []uint64, scale, shift, dropped float32) {
	checkApply("applyAffine", dst, mask, src)
	k.kernel.applyAffine(dst, src, mask, scale, shift, dropped)
}

func (k *checkedKernel) applyResidual(dst, src, bias, residual []float32, mask []uint64, scale float32) {
	checkApply("applyResidual", dst, mask, src, bias, residual)
	k.kernel.applyResidual(dst, src, bias, residual, mask, scale)
}

func (k *checkedKernel) add(sum, x []float32) {
	checkElements("add", sum, x)
	k.kernel.add(sum, x)
}

func (k *checkedKernel) fillNormal(z []float32, s, inc uint64, near []float32) {
	const fn = "fillNormal"
	checkElements(fn, z)
	if len(z)%normalGroup != 0 {
		breach(fn, "%d elements", len(z))
	}
	checkStream(fn, inc, 1)
	k.kernel.fillNormal(z, s, inc, near)
}

func (k *checkedKernel) applyNormal(dst, src, z []float32, sigma float32, stream bool) {
	checkElements("applyNormal", dst, src, z)
	k.kernel.applyNormal(dst, src, z, sigma, stream)
}

// checkApply checks a call that goes by a mask.
func checkApply(fn string, dst []float32, mask []uint64, reads ...[]float32) {
	checkElements(fn, dst, reads...)
	if len(mask) != maskWords(len(dst)) {
		breach(fn, "%d words for %d elements", len(mask), len(dst))
	}
}

// checkElements checks that the slices read have the length of the one written,
// and that each is the same as that one or apart from it.
func checkElements(fn string, dst []float32, reads ...[]float32) {
	if len(dst) < 1 || len(dst) > callLen {
		breach(fn, "%d elements", len(dst))
	}
	for i, x := range reads {
		if len(x) != len(dst) {
			breach(fn, "%d elements, slice %d has %d", len(dst), i, len(x))
		}
		if !fits(dst, x) {
			breach(fn, "overlaps slice %d at %d bytes", i, int(offset(dst, x)))
		}
	}
}

func checkStream(fn string, inc, t uint64) {
	if inc&1 == 0 || t == 0 || t >= one {
		breach(fn, "inc is %#x, T is %#x", inc, t)
	}
}

func breach(fn, format string, args ...any) {
	panic("dropout: contract of " + fn + ": " + fmt.Sprintf(format, args...))
}
