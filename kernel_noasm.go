//go:build (!amd64 && !arm64) || purego

package dropout

// archKernels returns no kernel: there is no assembly for this architecture, or
// the build tag purego leaves it out.
func archKernels() []*kernel { return nil }

// The methods of kernel: see kernel_generic.go.

func (k *kernel) fillMask(mask []uint64, s, inc, t uint64, near []float32) {
	fillMaskGeneric(mask, s, inc, t, near)
}

func (k *kernel) apply(dst, src []float32, mask []uint64, scale float32, stream bool) {
	applyGeneric(dst, src, mask, scale)
}

func (k *kernel) fillApply(mask []uint64, s, inc, t uint64, then *pass) {
	fillApplyGeneric(mask, s, inc, t, then)
}

func (k *kernel) forwardWord(dst, src []float32, s, inc, t uint64, scale float32) uint64 {
	return forwardWordGeneric(dst, src, s, inc, t, scale)
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

func (k *kernel) fillNormal(z []float32, s, inc uint64, near []float32) {
	fillNormalGeneric(z, s, inc, near)
}

func (k *kernel) applyNormal(dst, src, z []float32, sigma float32, stream bool) {
	applyNormalGeneric(dst, src, z, sigma)
}
