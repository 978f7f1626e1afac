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

func (k *kernel) forwardStream(dst, src []float32, mask []uint64, s, inc, t uint64, scale float32) {
	k.fillMask(mask, s, inc, t, src)
	k.apply(dst, src, mask, scale, false)
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
