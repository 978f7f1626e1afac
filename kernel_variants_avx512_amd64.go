//go:build !purego

package dropout

// applyReLUAVX512 is applyReLUGeneric.
//
//go:noescape
func applyReLUAVX512(dst, src []float32, mask []uint64, scale float32)

// applyAffineAVX512 is applyAffineGeneric.
//
//go:noescape
func applyAffineAVX512(dst, src []float32, mask []uint64, scale, shift, dropped float32)

// applyResidualAVX512 is applyResidualGeneric.
//
//go:noescape
func applyResidualAVX512(dst, src, bias, residual []float32, mask []uint64, scale float32)

// addAVX512 is addGeneric.
//
//go:noescape
func addAVX512(sum, x []float32)

// fillNormalAVX512 is fillNormalGeneric.
//
//go:noescape
func fillNormalAVX512(z []float32, s, inc uint64, near []float32)

// applyNormalAVX512 is applyNormalGeneric.
//
//go:noescape
func applyNormalAVX512(dst, src, z []float32, sigma float32)
