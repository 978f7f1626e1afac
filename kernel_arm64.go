//go:build !purego

package dropout

// archKernels returns the assembly kernels: NEON is part of every arm64.
func archKernels() []*kernel {
	return []*kernel{{
		name:     "neon",
		fillMask: fillMaskNEON,
		apply:    applyNEON,

		applyReLU:     applyReLUGeneric,
		applyAffine:   applyAffineGeneric,
		applyResidual: applyResidualGeneric,
		add:           addGeneric,
		fillNormal:    fillNormalGeneric,
		applyNormal:   applyNormalGeneric,
	}}
}

// fillMaskNEON is fillMaskGeneric. Fewer words than lanes are not worth setting
// these up for. near is left to the prefetching of the processor.
func fillMaskNEON(mask []uint64, s, inc, t uint64, near []float32) {
	if len(mask) < 4 {
		fillMaskGeneric(mask, s, inc, t, near)
		return
	}
	fillMaskWordsNEON(mask, s, inc, t)
}

//go:noescape
func fillMaskWordsNEON(mask []uint64, s, inc, t uint64)

// applyNEON is applyGeneric.
func applyNEON(dst, src []float32, mask []uint64, scale float32) {
	n := len(dst) &^ 3
	if n != 0 {
		applyVectorsNEON(&dst[0], &src[0], &mask[0], n, scale)
	}
	if n < len(dst) {
		tail := [1]uint64{mask[n/64] >> (n % 64)}
		applyGeneric(dst[n:], src[n:], tail[:], scale)
	}
}

//go:noescape
func applyVectorsNEON(dst, src *float32, mask *uint64, n int, scale float32)
