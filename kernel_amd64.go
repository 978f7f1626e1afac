//go:build !purego

package dropout

import (
	"unsafe"

	"github.com/klauspost/cpuid/v2"
)

// archKernels returns the assembly kernels that this processor and operating
// system support, best first.
func archKernels() []*kernel {
	var ks []*kernel
	if cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512DQ, cpuid.AVX512BW, cpuid.AVX512VL) {
		ks = append(ks, &kernel{name: "avx512", isa: avx512, streamLen: streamLen(cpuid.CPU.Cache.L3)})
	}
	if cpuid.CPU.Supports(cpuid.AVX2) {
		ks = append(ks, &kernel{name: "avx2", isa: avx2, streamLen: streamLen(cpuid.CPU.Cache.L3)})
	}
	return ks
}

// streamLen returns from how many elements on stores bypass the caches, given
// the size of the last-level cache in bytes or -1: from where src and dst would
// take a quarter of it. The rest is for what a program does between two calls,
// which leaves dst outside the cache by then.
func streamLen(cache int) int {
	if cache <= 0 {
		cache = 32 << 20
	}
	return cache / 4 / 8
}

// The methods of kernel: see kernel_generic.go.

func (k *kernel) fillMask(mask []uint64, s, inc, t uint64, near []float32) {
	switch k.isa {
	case avx512:
		fillMaskAVX512(mask, s, inc, t, near)
	case avx2:
		fillMaskAVX2(mask, s, inc, t, near)
	default:
		fillMaskGeneric(mask, s, inc, t, near)
	}
}

func (k *kernel) apply(dst, src []float32, mask []uint64, scale float32, stream bool) {
	switch {
	case k.isa == generic:
		applyGeneric(dst, src, mask, scale)
	case stream:
		k.applyStream(dst, src, mask, scale)
	case k.isa == avx512:
		applyAVX512(dst, src, mask, scale)
	default:
		applyAVX2(dst, src, mask, scale)
	}
}

func (k *kernel) fillApply(mask []uint64, s, inc, t uint64, then *pass) {
	switch {
	case k.isa == avx512 && then.op == opScale:
		fillMaskWordsAVX512(mask, s, inc, t, &then.src[0], &then.dst[0], then.scale)
	case k.isa != generic:
		fillMaskWordsAVX2(mask, s, inc, t, nil, then)
	default:
		fillApplyGeneric(mask, s, inc, t, then)
	}
}

func (k *kernel) forwardWord(dst, src []float32, s, inc, t uint64, scale float32) uint64 {
	if k.isa == generic {
		return forwardWordGeneric(dst, src, s, inc, t, scale)
	}
	return forwardWordAVX2(&dst[0], &src[0], len(dst), s, inc, t, scale)
}

func (k *kernel) applyReLU(dst, src []float32, mask []uint64, scale float32) {
	switch k.isa {
	case avx512:
		applyReLUAVX512(dst, src, mask, scale)
	case avx2:
		applyReLUAVX2(dst, src, mask, scale)
	default:
		applyReLUGeneric(dst, src, mask, scale)
	}
}

func (k *kernel) applyAffine(dst, src []float32, mask []uint64, scale, shift, dropped float32) {
	switch k.isa {
	case avx512:
		applyAffineAVX512(dst, src, mask, scale, shift, dropped)
	case avx2:
		applyAffineAVX2(dst, src, mask, scale, shift, dropped)
	default:
		applyAffineGeneric(dst, src, mask, scale, shift, dropped)
	}
}

func (k *kernel) applyResidual(dst, src, bias, residual []float32, mask []uint64, scale float32) {
	switch k.isa {
	case avx512:
		applyResidualAVX512(dst, src, bias, residual, mask, scale)
	case avx2:
		applyResidualAVX2(dst, src, bias, residual, mask, scale)
	default:
		applyResidualGeneric(dst, src, bias, residual, mask, scale)
	}
}

func (k *kernel) add(sum, x []float32) {
	switch k.isa {
	case avx512:
		addAVX512(sum, x)
	case avx2:
		addAVX2(sum, x)
	default:
		addGeneric(sum, x)
	}
}

func (k *kernel) fillNormal(z []float32, s, inc uint64, near []float32) {
	switch k.isa {
	case avx512:
		fillNormalAVX512(z, s, inc, near)
	case avx2:
		fillNormalAVX2(z, s, inc, near)
	default:
		fillNormalGeneric(z, s, inc, near)
	}
}

func (k *kernel) applyNormal(dst, src, z []float32, sigma float32, stream bool) {
	switch k.isa {
	case avx512:
		if stream {
			applyNormalAVX2(dst, src, z, sigma, stream)
		} else {
			applyNormalAVX512(dst, src, z, sigma)
		}
	case avx2:
		applyNormalAVX2(dst, src, z, sigma, stream)
	default:
		applyNormalGeneric(dst, src, z, sigma)
	}
}

// fillMaskAVX2 is fillMaskGeneric. One word is not worth setting up the
// lanes for.
func fillMaskAVX2(mask []uint64, s, inc, t uint64, near []float32) {
	if len(mask) < 2 {
		for i := range mask {
			mask[i] = forwardWordAVX2(nil, nil, 0, s, inc, t, 0)
		}
		return
	}
	fillMaskWordsAVX2(mask, s, inc, t, unsafe.SliceData(near), nil)
}

//go:noescape
func fillMaskWordsAVX2(mask []uint64, s, inc, t uint64, near *float32, then *pass)

// forwardWordAVX2 does one word of both phases.
//
//go:noescape
func forwardWordAVX2(dst, src *float32, n int, s, inc, t uint64, scale float32) (mask uint64)

// wordPow and wordSum are the first columns of lcgPow and lcgSum in the order that
// forwardWordAVX2 takes the planes in.
var (
	wordPow = evenOdd(lcgPow)
	wordSum = evenOdd(lcgSum)
)

func evenOdd(table [planes][8]uint64) (column [planes]uint64) {
	for k := range column {
		column[k] = table[2*k%planes+2*k/planes][0]
	}
	return column
}

// applyAVX2 is applyGeneric.
//
//go:noescape
func applyAVX2(dst, src []float32, mask []uint64, scale float32)

// applyStream is apply with stores that bypass the caches. They must be aligned, and
// write whole lines at best. The elements before the first boundary of a line are set
// apart, therefore, and the mask is shifted for the others.
func (k *kernel) applyStream(dst, src []float32, mask []uint64, scale float32) {
	if head := toLine(dst); head < len(dst) && head != 0 {
		applyGeneric(dst[:head], src[:head], mask[:1], scale)
		var shifted [callLen / 64]uint64
		mask = shiftMask(&shifted, mask, head)
		dst, src = dst[head:], src[head:]
	}
	n := len(dst) &^ 63
	switch {
	case n == 0:
	case k.isa == avx512:
		applyStreamVectorsAVX512(&dst[0], &src[0], &mask[0], n, scale)
	default:
		applyStreamVectorsAVX2(&dst[0], &src[0], &mask[0], n, scale)
	}
	k.apply(dst[n:], src[n:], mask[n/64:], scale, false)
}

//go:noescape
func applyStreamVectorsAVX2(dst, src *float32, mask *uint64, n int, scale float32)

// shiftMask writes mask without its first n bits, 0 < n < 64, to shifted and
// returns as many words of it as mask has.
func shiftMask(shifted *[callLen / 64]uint64, mask []uint64, n int) []uint64 {
	for i := range mask {
		shifted[i] = mask[i] >> n
		if i+1 < len(mask) {
			shifted[i] |= mask[i+1] << (64 - n)
		}
	}
	return shifted[:len(mask)]
}
