//go:build !purego

package dropout

import "unsafe"

// fillMaskAVX512 is fillMaskGeneric. One word is not worth setting up the
// lanes for.
func fillMaskAVX512(mask []uint64, s, inc, t uint64, near []float32) {
	if len(mask) <= 1 {
		fillMaskGeneric(mask, s, inc, t, near)
		return
	}
	fillMaskWordsAVX512(mask, s, inc, t, unsafe.SliceData(near), nil, 0)
}

//go:noescape
func fillMaskWordsAVX512(mask []uint64, s, inc, t uint64, src, dst *float32, scale float32)

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
