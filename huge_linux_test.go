//go:build amd64 || arm64

package dropout

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// repeatedFloats returns n floats of address space, a period of which is memory and
// comes again and again.
func repeatedFloats(t *testing.T, n, period int) []float32 {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "floats"))
	require.NoError(t, err)
	defer file.Close()
	require.NoError(t, file.Truncate(int64(4*period)))
	size := (4*n + 4*period - 1) / (4 * period) * 4 * period
	all, err := syscall.Mmap(-1, 0, size, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(all)) })
	for at := 0; at < size; at += 4 * period {
		_, _, errno := syscall.Syscall6(syscall.SYS_MMAP, uintptr(unsafe.Pointer(&all[at])), uintptr(4*period),
			syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED|syscall.MAP_FIXED, file.Fd(), 0)
		require.Zero(t, errno)
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&all[0])), n)
}

// TestHuge runs every operation on more than 2^31 elements, 8 GiB of address space
// for each slice but 64 MiB of memory, and compares the end with a call that covers
// the end alone.
func TestHuge(t *testing.T) {
	if !*long {
		t.Skip("takes minutes and 600 MiB: -long")
	}
	const n, period, row = 1<<31 + 8192, 16 << 20, 64
	all := operands{
		dst: repeatedFloats(t, n, period), src: repeatedFloats(t, n, period),
		bias: testFloats(row, 1), sums: make([]float32, row), group: row, mask: NewMask(n),
	}
	copy(all.src[:period], normals(period, Derive(2)))
	all.residual = all.src
	const tail = 8192 + 64*row // from a place where every operation may be split
	for _, op := range operations {
		for _, workers := range []int{1, 2} {
			if workers > 1 && op.name != "Forward" && op.name != "Draw" {
				continue // the same split
			}
			all.setP(0.3, workers)
			all.rng = Derive(3)
			part := partOf(op, all, n-tail, n)
			if op.mask == readsMask {
				all.d.Draw(all.mask, n, Derive(4))
			}
			if op.mask != noMask {
				part.mask = slices.Clone(part.mask[:maskWords(op.bits(&part))])
			}
			part.dst, part.sums = make([]float32, tail), make([]float32, row)
			op.call(&all)
			op.call(&part)
			t.Logf("%s, %d workers", op.name, workers)
			// Several workers write the same memory in no order.
			if op.name != "Draw" && workers == 1 {
				requireSameBits(t, part.dst, all.dst[n-tail:], "%s, %d workers", op.name, workers)
			}
			words := maskWords(op.bits(&all))
			requireSameWords(t, part.mask, all.mask[words-len(part.mask):words], "mask of %s, %d workers", op.name, workers)
			if op.rng {
				require.Equal(t, *part.rng, *all.rng, "stream after %s", op.name)
			} else {
				require.Equal(t, *Derive(3), *all.rng, "stream after %s", op.name)
			}
			if op.name == "Draw" {
				sigma := math.Sqrt(n * 0.3 * 0.7)
				require.InDelta(t, 0.7*n, all.mask.Count(n), 6*sigma)
			}
		}
	}
}
