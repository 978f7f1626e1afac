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
					d.Forward(dst, dst, mask, rng)
				}
			}
		}
	})
}
