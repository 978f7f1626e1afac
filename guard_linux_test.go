package dropout

import (
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// guardedPages returns size bytes, a multiple of the page size, with a page
// before and one behind that fault on any access.
func guardedPages(t *testing.T, size int) []byte {
	t.Helper()
	page := syscall.Getpagesize()
	size = (size + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(all)) })
	require.NoError(t, syscall.Mprotect(all[:page], syscall.PROT_NONE))
	require.NoError(t, syscall.Mprotect(all[page+size:], syscall.PROT_NONE))
	return all[page : page+size]
}

// placed are the two places where n values fit closest to a guard page.
func placed[T any](bytes []byte, n int) [2][]T {
	var v T
	all := unsafe.Slice((*T)(unsafe.Pointer(&bytes[0])), len(bytes)/int(unsafe.Sizeof(v)))
	return [2][]T{all[:n:n], all[len(all)-n:]}
}

// TestGuardPages runs every function on slices that begin right behind or end
// right before a page without access: a read or write one byte beyond dst, src
// or mask kills the test.
func TestGuardPages(t *testing.T) {
	const most = callLen + 65
	dstPages, srcPages, maskPages := guardedPages(t, 4*most), guardedPages(t, 4*most), guardedPages(t, 8*maskWords(most))
	forEachKernel(t, func(t *testing.T) {
		streaming := *active
		streaming.streamLen = 1
		for _, k := range []*kernel{active, &streaming} {
			active = k
			for i, n := range testLengths() {
				if n > most {
					continue
				}
				d, rng := mustNew(t, []float64{0.1, 0.5, 0.7}[i%3]), Derive(uint64(i))
				for place := range 2 {
					dst, src := placed[float32](dstPages, n)[place], placed[float32](srcPages, n)[place]
					mask := Mask(placed[uint64](maskPages, maskWords(n))[place])
					d.Forward(dst, src, mask, rng)
					d.Forward(dst, src, nil, rng)
					d.Backward(dst, src, mask)
					d.BackwardAt(dst, src, *rng)
					d.Draw(mask, n, rng)
					for i := range mask {
						mask[i] = ^uint64(0) // also behind n, as in the mask of a longer slice
					}
					d.Backward(dst, src, mask)
					d.Forward(dst, dst, mask, rng)
				}
			}
		}
	})
}

// TestGuardPagesVariants does the same with the kernels of the variants.
func TestGuardPagesVariants(t *testing.T) {
	dstPages, maskPages := guardedPages(t, 4*callLen), guardedPages(t, 8*maskWords(callLen))
	var inPages [3][]byte
	for i := range inPages {
		inPages[i] = guardedPages(t, 4*callLen)
	}
	forEachKernel(t, func(t *testing.T) {
		for i, n := range testLengths() {
			if n == 0 || n > callLen {
				continue
			}
			d, rng := mustNew(t, 0.3), Derive(uint64(i))
			for place := range 2 {
				dst, mask := placed[float32](dstPages, n)[place], Mask(placed[uint64](maskPages, maskWords(n))[place])
				var in [3][]float32
				for j := range in {
					in[j] = placed[float32](inPages[j], n)[place]
				}
				d.Draw(mask, n, rng)
				active.applyAffine(dst, in[0], mask, 1.5, 0.5, 2)
				active.applyResidual(dst, in[0], in[1], in[2], mask, 1.5)
				active.applyReLU(dst, in[0], mask, 1.5)
				active.add(dst, in[0])
				active.fillNormal(dst[:n/normalGroup*normalGroup], rng.state, rng.inc(), nil)
				active.applyNormal(dst, in[0], in[1], 0.5, false)
			}
		}
	})
}
