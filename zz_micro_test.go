package dropout

import (
	"fmt"
	"testing"
	"time"
)

func TestMicro(t *testing.T) {
	n := 1024
	mk := func() []float32 { return make([]float32, n+24)[:n] }
	dst, src, z, r, bias := mk(), mk(), mk(), mk(), mk()
	for i := range src {
		src[i] = float32(i&1023) - 511.5
		r[i] = 1
	}
	mask := NewMask(n)
	fill := func() { mustNew(t, 0.1).Draw(mask, n, NewPCG(1, 2)) }
	fill()
	ops := []struct {
		name string
		f    func()
	}{
		{"copy", func() { copy(dst, src) }},
		{"fillNormal", func() { active.fillNormal(z, 5, 7) }},
		{"applyNormal", func() { active.applyNormal(dst, src, r, 0.1) }},
		{"apply", func() { active.apply(dst, src, mask, 1.1, false) }},
		{"affine", func() { active.applyAffine(dst, src, mask, 1.1, 0.1, -2) }},
		{"residual", func() { active.applyResidual(dst, src, bias, r, mask, 1.1) }},
		{"add", func() { active.add(dst, src) }},
		{"fillMask", func() { active.fillMask(mask, 5, 7, 0xE6666666, nil) }},
		{"relu", func() { active.applyReLU(dst, src, mask, 1.1) }},
	}
	for _, o := range ops {
		best := 1e9
		for range 300 {
			t0 := time.Now()
			for range 20 {
				o.f()
			}
			best = min(best, float64(time.Since(t0).Nanoseconds())/float64(20*n))
		}
		fmt.Printf("%-12s min %.4f ns/el\n", o.name, best)
	}
}
