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
// the size of the last-level cache in bytes or -1: from where src and dst
// together would fill it.
func streamLen(cache int) int {
	if cache <= 0 {
		cache = 32 << 20
	}
	return cache / 8
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
	switch k.isa {
	case avx512:
		if stream {
			applyStreamAVX512(dst, src, mask, scale)
		} else {
			applyAVX512(dst, src, mask, scale)
		}
	case avx2:
		if stream {
			applyStreamAVX2(dst, src, mask, scale)
		} else {
			applyAVX2(dst, src, mask, scale)
		}
	default:
		applyGeneric(dst, src, mask, scale)
	}
}

func (k *kernel) forwardStream(dst, src []float32, mask []uint64, s, inc, t uint64, scale float32) {
	switch k.isa {
	case avx512:
		fillMaskAVX512(mask, s, inc, t, src)
		applyStreamAVX512(dst, src, mask, scale)
	case avx2:
		forwardStreamAVX2(dst, src, mask, s, inc, t, scale)
	default:
		fillMaskGeneric(mask, s, inc, t, src)
		applyGeneric(dst, src, mask, scale)
	}
}

func (k *kernel) applyReLU(dst, src []float32, mask []uint64, scale float32) {
	applyReLUGeneric(dst, src, mask, scale)
}

func (k *kernel) applyAffine(dst, src []float32, mask []uint64, scale, shift, dropped float32) {
	applyAffineGeneric(dst, src, mask, scale, shift, dropped)
}

func (k *kernel) applyResidual(dst, src, bias, residual []float32, mask []uint64, scale float32) {
	applyResidualGeneric(dst, src, bias, residual, mask, scale)
}

func (k *kernel) add(sum, x []float32) {
	addGeneric(sum, x)
}

func (k *kernel) fillNormal(z []float32, s, inc uint64) {
	fillNormalGeneric(z, s, inc)
}

func (k *kernel) applyNormal(dst, src, z []float32, sigma float32) {
	applyNormalGeneric(dst, src, z, sigma)
}

// fillMaskAVX2 is fillMaskGeneric. One word is not worth setting up the
// lanes for.
func fillMaskAVX2(mask []uint64, s, inc, t uint64, near []float32) {
	if len(mask) <= 1 {
		fillMaskGeneric(mask, s, inc, t, near)
		return
	}
	fillMaskWordsAVX2(mask, s, inc, t, unsafe.SliceData(near), nil, 0)
}

//go:noescape
func fillMaskWordsAVX2(mask []uint64, s, inc, t uint64, src, dst *float32, scale float32)

// forwardStreamAVX2 is fillMaskGeneric and applyGeneric, with stores that bypass
// the caches.
func forwardStreamAVX2(dst, src []float32, mask []uint64, s, inc, t uint64, scale float32) {
	if toLine(dst) != 0 || len(dst)%256 != 0 {
		fillMaskAVX2(mask, s, inc, t, src)
		applyStreamAVX2(dst, src, mask, scale)
		return
	}
	fillMaskWordsAVX2(mask, s, inc, t, &src[0], &dst[0], scale)
}

// applyAVX2 is applyGeneric.
func applyAVX2(dst, src []float32, mask []uint64, scale float32) {
	n := len(dst) &^ 7
	if n != 0 {
		applyVectorsAVX2(&dst[0], &src[0], &mask[0], n, scale)
	}
	if n < len(dst) {
		tail := [1]uint64{mask[n/64] >> (n % 64)}
		applyGeneric(dst[n:], src[n:], tail[:], scale)
	}
}

//go:noescape
func applyVectorsAVX2(dst, src *float32, mask *uint64, n int, scale float32)

// applyStreamAVX2 is applyGeneric with stores that bypass the caches.
func applyStreamAVX2(dst, src []float32, mask []uint64, scale float32) {
	if head := toLine(dst); head < len(dst) && head != 0 {
		applyGeneric(dst[:head], src[:head], mask[:1], scale)
		var shifted [callLen / 64]uint64
		mask = shiftMask(&shifted, mask, head)
		dst, src = dst[head:], src[head:]
	}
	n := len(dst) &^ 63
	if n != 0 {
		applyStreamVectorsAVX2(&dst[0], &src[0], &mask[0], n, scale)
	}
	applyAVX2(dst[n:], src[n:], mask[n/64:], scale)
}

//go:noescape
func applyStreamVectorsAVX2(dst, src *float32, mask *uint64, n int, scale float32)

// Stores that bypass the caches must be aligned, and write whole lines at best.
// The elements before the first boundary of a line are set apart, therefore, and
// the mask is shifted for the others.

// toLine returns how many elements of x lie before the first boundary of a
// cache line. x may be shorter than that.
func toLine(x []float32) int {
	const line = 64
	return int(-uintptr(unsafe.Pointer(unsafe.SliceData(x))) % line / 4)
}

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

// fillMaskAVX512 is fillMaskGeneric. One word is not worth setting up the
// lanes for.
func fillMaskAVX512(mask []uint64, s, inc, t uint64, near []float32) {
	if len(mask) <= 1 {
		fillMaskGeneric(mask, s, inc, t, near)
		return
	}
	fillMaskWordsAVX512(mask, s, inc, t, unsafe.SliceData(near))
}

//go:noescape
func fillMaskWordsAVX512(mask []uint64, s, inc, t uint64, near *float32)

// applyAVX512 is applyGeneric.
//
//go:noescape
func applyAVX512(dst, src []float32, mask []uint64, scale float32)

// applyStreamAVX512 is applyGeneric with stores that bypass the caches.
func applyStreamAVX512(dst, src []float32, mask []uint64, scale float32) {
	if head := toLine(dst); head < len(dst) && head != 0 {
		applyGeneric(dst[:head], src[:head], mask[:1], scale)
		var shifted [callLen / 64]uint64
		mask = shiftMask(&shifted, mask, head)
		dst, src = dst[head:], src[head:]
	}
	n := len(dst) &^ 63
	if n != 0 {
		applyStreamVectorsAVX512(&dst[0], &src[0], &mask[0], n, scale)
	}
	applyAVX512(dst[n:], src[n:], mask[n/64:], scale)
}

//go:noescape
func applyStreamVectorsAVX512(dst, src *float32, mask *uint64, n int, scale float32)
