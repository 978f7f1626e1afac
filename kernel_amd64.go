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
	if cpuid.CPU.Supports(cpuid.AVX2) {
		ks = append(ks, &kernel{
			name:        "avx2",
			fillMask:    fillMaskAVX2,
			apply:       applyAVX2,
			applyStream: applyStreamAVX2,
			streamLen:   streamLen(cpuid.CPU.Cache.L3),

			applyReLU:     applyReLUGeneric,
			applyAffine:   applyAffineGeneric,
			applyResidual: applyResidualGeneric,
			add:           addGeneric,
			fillNormal:    fillNormalGeneric,
			applyNormal:   applyNormalGeneric,
		})
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

// fillMaskAVX2 is fillMaskGeneric. One word is not worth setting up the
// lanes for.
func fillMaskAVX2(mask []uint64, s, inc, t uint64, near []float32) {
	if len(mask) <= 1 {
		fillMaskGeneric(mask, s, inc, t, near)
		return
	}
	fillMaskWordsAVX2(mask, s, inc, t, unsafe.SliceData(near))
}

//go:noescape
func fillMaskWordsAVX2(mask []uint64, s, inc, t uint64, near *float32)

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

// applyStreamAVX2 is applyGeneric with stores that bypass the caches. These
// must be aligned: the elements before the first boundary are set apart, and the
// mask is shifted for the others.
func applyStreamAVX2(dst, src []float32, mask []uint64, scale float32) {
	if head := int(-uintptr(unsafe.Pointer(unsafe.SliceData(dst))) % 32 / 4); head != 0 && head < len(dst) {
		applyGeneric(dst[:head], src[:head], mask[:1], scale)
		dst, src = dst[head:], src[head:]
		var shifted [callLen / 64]uint64
		for i := range shifted[:len(mask)] {
			shifted[i] = mask[i] >> head
			if i+1 < len(mask) {
				shifted[i] |= mask[i+1] << (64 - head)
			}
		}
		mask = shifted[:maskWords(len(dst))]
	}
	n := len(dst) &^ 63
	if n != 0 {
		applyStreamVectorsAVX2(&dst[0], &src[0], &mask[0], n, scale)
	}
	applyAVX2(dst[n:], src[n:], mask[n/64:], scale)
}

//go:noescape
func applyStreamVectorsAVX2(dst, src *float32, mask *uint64, n int, scale float32)
