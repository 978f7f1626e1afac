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

//go:noescape
func applyStreamVectorsAVX512(dst, src *float32, mask *uint64, n int, scale float32)
