//go:build !purego

package dropout

// archKernels returns the assembly kernels: NEON is part of every arm64.
func archKernels() []*kernel {
	return []*kernel{{name: "neon", isa: neon}}
}

// The methods of kernel: see kernel_generic.go.

func (k *kernel) fillMask(mask []uint64, s, inc, t uint64, near []float32) {
	switch k.isa {
	case neon:
		fillMaskNEON(mask, s, inc, t, near)
	default:
		fillMaskGeneric(mask, s, inc, t, near)
	}
}

func (k *kernel) apply(dst, src []float32, mask []uint64, scale float32, stream bool) {
	switch k.isa {
	case neon:
		applyNEON(dst, src, mask, scale)
	default:
		applyGeneric(dst, src, mask, scale)
	}
}

func (k *kernel) fillApply(mask []uint64, s, inc, t uint64, then *pass) {
	fillApplyGeneric(mask, s, inc, t, then)
}

func (k *kernel) forwardWord(dst, src []float32, s, inc, t uint64, scale float32) uint64 {
	return forwardWordGeneric(dst, src, s, inc, t, scale)
}

func (k *kernel) applyReLU(dst, src []float32, mask []uint64, scale float32) {
	switch k.isa {
	case neon:
		applyReLUNEON(dst, src, mask, scale)
	default:
		applyReLUGeneric(dst, src, mask, scale)
	}
}

func (k *kernel) applyAffine(dst, src []float32, mask []uint64, scale, shift, dropped float32) {
	switch k.isa {
	case neon:
		applyAffineNEON(dst, src, mask, scale, shift, dropped)
	default:
		applyAffineGeneric(dst, src, mask, scale, shift, dropped)
	}
}

func (k *kernel) applyResidual(dst, src, bias, residual []float32, mask []uint64, scale float32) {
	switch k.isa {
	case neon:
		applyResidualNEON(dst, src, bias, residual, mask, scale)
	default:
		applyResidualGeneric(dst, src, bias, residual, mask, scale)
	}
}

func (k *kernel) add(sum, x []float32) {
	switch k.isa {
	case neon:
		addNEON(sum, x)
	default:
		addGeneric(sum, x)
	}
}

func (k *kernel) fillNormal(z []float32, s, inc uint64, near []float32) {
	switch k.isa {
	case neon:
		fillNormalNEON(z, s, inc)
	default:
		fillNormalGeneric(z, s, inc, near)
	}
}

func (k *kernel) applyNormal(dst, src, z []float32, sigma float32, stream bool) {
	switch k.isa {
	case neon:
		applyNormalNEON(dst, src, z, sigma)
	default:
		applyNormalGeneric(dst, src, z, sigma)
	}
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

// tailMask returns the bits of the elements from n on, which the assembly leaves
// over: fewer than a vector has, so that they are in one word.
func tailMask(mask []uint64, n int) [1]uint64 {
	return [1]uint64{mask[n/64] >> (n % 64)}
}

// applyNEON is applyGeneric.
func applyNEON(dst, src []float32, mask []uint64, scale float32) {
	n := len(dst) &^ 3
	if n != 0 {
		applyVectorsNEON(&dst[0], &src[0], &mask[0], n, scale)
	}
	if n < len(dst) {
		tail := tailMask(mask, n)
		applyGeneric(dst[n:], src[n:], tail[:], scale)
	}
}

//go:noescape
func applyVectorsNEON(dst, src *float32, mask *uint64, n int, scale float32)

// applyReLUNEON is applyReLUGeneric.
func applyReLUNEON(dst, src []float32, mask []uint64, scale float32) {
	n := len(dst) &^ 3
	if n != 0 {
		applyReLUVectorsNEON(&dst[0], &src[0], &mask[0], n, scale)
	}
	if n < len(dst) {
		tail := tailMask(mask, n)
		before := tail[0]
		applyReLUGeneric(dst[n:], src[n:], tail[:], scale)
		mask[n/64] ^= (before ^ tail[0]) << (n % 64)
	}
}

//go:noescape
func applyReLUVectorsNEON(dst, src *float32, mask *uint64, n int, scale float32)

// applyAffineNEON is applyAffineGeneric.
func applyAffineNEON(dst, src []float32, mask []uint64, scale, shift, dropped float32) {
	n := len(dst) &^ 3
	if n != 0 {
		applyAffineVectorsNEON(&dst[0], &src[0], &mask[0], n, scale, shift, dropped)
	}
	if n < len(dst) {
		tail := tailMask(mask, n)
		applyAffineGeneric(dst[n:], src[n:], tail[:], scale, shift, dropped)
	}
}

//go:noescape
func applyAffineVectorsNEON(dst, src *float32, mask *uint64, n int, scale, shift, dropped float32)

// applyResidualNEON is applyResidualGeneric.
func applyResidualNEON(dst, src, bias, residual []float32, mask []uint64, scale float32) {
	n := len(dst) &^ 3
	if n != 0 {
		applyResidualVectorsNEON(&dst[0], &src[0], &bias[0], &residual[0], &mask[0], n, scale)
	}
	if n < len(dst) {
		tail := tailMask(mask, n)
		applyResidualGeneric(dst[n:], src[n:], bias[n:], residual[n:], tail[:], scale)
	}
}

//go:noescape
func applyResidualVectorsNEON(dst, src, bias, residual *float32, mask *uint64, n int, scale float32)

// addNEON is addGeneric.
func addNEON(sum, x []float32) {
	n := len(sum) &^ 3
	if n != 0 {
		addVectorsNEON(&sum[0], &x[0], n)
	}
	addGeneric(sum[n:], x[n:])
}

//go:noescape
func addVectorsNEON(sum, x *float32, n int)

// fillNormalNEON is fillNormalGeneric.
func fillNormalNEON(z []float32, s, inc uint64) {
	if len(z) != 0 {
		fillNormalVectorsNEON(&z[0], len(z), s, inc)
	}
}

//go:noescape
func fillNormalVectorsNEON(z *float32, n int, s, inc uint64)

// applyNormalNEON is applyNormalGeneric.
func applyNormalNEON(dst, src, z []float32, sigma float32) {
	n := len(dst) &^ 3
	if n != 0 {
		applyNormalVectorsNEON(&dst[0], &src[0], &z[0], n, sigma)
	}
	applyNormalGeneric(dst[n:], src[n:], z[n:], sigma)
}

//go:noescape
func applyNormalVectorsNEON(dst, src, z *float32, n int, sigma float32)
