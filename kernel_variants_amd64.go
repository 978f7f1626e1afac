//go:build !purego

package dropout

// tailWord returns the mask word of the elements from n on, fewer than a vector
// of them, so that they do not reach into the next.
func tailWord(mask []uint64, n int) [1]uint64 {
	return [1]uint64{mask[n/64] >> (n % 64)}
}

// applyReLUAVX2 is applyReLUGeneric.
func applyReLUAVX2(dst, src []float32, mask []uint64, scale float32) {
	n := len(dst) &^ 7
	if n != 0 {
		applyReLUVectorsAVX2(&dst[0], &src[0], &mask[0], n, scale)
	}
	if n < len(dst) {
		tail := tailWord(mask, n)
		drawn := tail[0]
		applyReLUGeneric(dst[n:], src[n:], tail[:], scale)
		mask[n/64] &^= (drawn &^ tail[0]) << (n % 64)
	}
}

//go:noescape
func applyReLUVectorsAVX2(dst, src *float32, mask *uint64, n int, scale float32)

// applyAffineAVX2 is applyAffineGeneric.
func applyAffineAVX2(dst, src []float32, mask []uint64, scale, shift, dropped float32) {
	n := len(dst) &^ 7
	if n != 0 {
		applyAffineVectorsAVX2(&dst[0], &src[0], &mask[0], n, scale, shift, dropped)
	}
	if n < len(dst) {
		tail := tailWord(mask, n)
		applyAffineGeneric(dst[n:], src[n:], tail[:], scale, shift, dropped)
	}
}

//go:noescape
func applyAffineVectorsAVX2(dst, src *float32, mask *uint64, n int, scale, shift, dropped float32)

// applyResidualAVX2 is applyResidualGeneric.
func applyResidualAVX2(dst, src, bias, residual []float32, mask []uint64, scale float32) {
	n := len(dst) &^ 7
	if n != 0 {
		applyResidualVectorsAVX2(&dst[0], &src[0], &bias[0], &residual[0], &mask[0], n, scale)
	}
	if n < len(dst) {
		tail := tailWord(mask, n)
		applyResidualGeneric(dst[n:], src[n:], bias[n:], residual[n:], tail[:], scale)
	}
}

//go:noescape
func applyResidualVectorsAVX2(dst, src, bias, residual *float32, mask *uint64, n int, scale float32)

// addAVX2 is addGeneric.
func addAVX2(sum, x []float32) {
	n := len(sum) &^ 7
	if n != 0 {
		addVectorsAVX2(&sum[0], &x[0], n)
	}
	addGeneric(sum[n:], x[n:])
}

//go:noescape
func addVectorsAVX2(sum, x *float32, n int)

// fillNormalAVX2 is fillNormalGeneric.
//
//go:noescape
func fillNormalAVX2(z []float32, s, inc uint64, near []float32)

// applyNormalAVX2 is applyNormalGeneric.
func applyNormalAVX2(dst, src, z []float32, sigma float32, stream bool) {
	n := 0
	if stream && toLine(dst) == 0 {
		if n = len(dst) &^ 31; n != 0 {
			applyNormalStreamVectorsAVX2(&dst[0], &src[0], &z[0], n, sigma)
		}
	} else if n = len(dst) &^ 7; n != 0 {
		applyNormalVectorsAVX2(&dst[0], &src[0], &z[0], n, sigma)
	}
	applyNormalGeneric(dst[n:], src[n:], z[n:], sigma)
}

//go:noescape
func applyNormalVectorsAVX2(dst, src, z *float32, n int, sigma float32)

//go:noescape
func applyNormalStreamVectorsAVX2(dst, src, z *float32, n int, sigma float32)
