package dropout

import (
	"bytes"
	"math/rand/v2"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// A region is memory between two pages that fault on any access.
type region struct {
	bytes []byte
	was   []byte // what bytes held before a call
}

// newRegion returns a region for n bytes, a whole number of pages, filled by fill.
// The bytes of one that is not writable fault when they are written to.
func newRegion(t *testing.T, n int, writable bool, fill func(bytes []byte)) *region {
	t.Helper()
	page := syscall.Getpagesize()
	n = max(1, (n+page-1)/page) * page
	all, err := syscall.Mmap(-1, 0, n+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(all)) })
	r := &region{bytes: all[page : page+n]}
	fill(r.bytes)
	r.was = bytes.Clone(r.bytes)
	require.NoError(t, syscall.Mprotect(all[:page], syscall.PROT_NONE))
	require.NoError(t, syscall.Mprotect(all[page+n:], syscall.PROT_NONE))
	if !writable {
		require.NoError(t, syscall.Mprotect(r.bytes, syscall.PROT_READ))
	}
	return r
}

// place returns n values of the region: at its start (0), at its end (1), or a few
// elements behind its start (2), so far that all alignments of floats come up.
func place[T float32 | uint64](r *region, n, where, offset int) []T {
	all := values[T](r.bytes)
	start := 0
	switch room := len(all) - n; where {
	case 1:
		start = room
	case 2:
		start = min(offset, room)
	}
	return all[start : start+n : start+n]
}

func values[T float32 | uint64](b []byte) []T {
	var v T
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(b)/int(unsafe.Sizeof(v)))
}

// requireOnly fails if anything in the region but x has changed, and restores x.
func requireOnly[T float32 | uint64](t *testing.T, r *region, x []T, what string) {
	t.Helper()
	lo, hi := 0, 0
	if len(x) > 0 {
		lo = int(uintptr(unsafe.Pointer(&x[0])) - uintptr(unsafe.Pointer(&r.bytes[0])))
		hi = lo + len(x)*int(unsafe.Sizeof(x[0]))
	}
	if !bytes.Equal(r.was[:lo], r.bytes[:lo]) || !bytes.Equal(r.was[hi:], r.bytes[hi:]) {
		require.FailNow(t, "written outside "+what)
	}
	copy(r.bytes[lo:hi], r.was[lo:hi])
}

func fillFloats(b []byte) { copy(values[float32](b), testFloats(len(b)/4, uint64(len(b)))) }

func fillWords(b []byte) {
	rng := Derive(uint64(len(b)))
	for i := range values[uint64](b) {
		values[uint64](b)[i] = rng.Uint64()
	}
}

// guardLengths are lengths around everything that the drivers and kernels split
// at: all of a few vectors and words, and the neighbourhoods of larger edges.
func guardLengths() []int {
	var ns []int
	for n := range 601 {
		ns = append(ns, n)
	}
	for _, edge := range []int{normalLen, blockLen, 2 * blockLen, callLen, callLen + blockLen, 2 * callLen, shardLen} {
		for n := edge - 17; n <= edge+17; n++ {
			ns = append(ns, n)
		}
	}
	if !*long {
		sampled := ns[:0]
		for i, n := range ns {
			if n <= 130 && !testing.Short() || i%11 == 0 || n%64 == 0 {
				sampled = append(sampled, n)
			}
		}
		ns = sampled
	}
	return append(ns, 2*shardLen-1, 2*shardLen, 2*shardLen+1, 3*shardLen+65)
}

// TestGuardPages runs every operation on slices that begin right behind or end
// right before memory without access, with what is read in memory that can't be
// written: an access beyond a slice faults, and so does a write to src, grad, bias,
// residual or the mask of a backward pass. What surrounds the slices that are
// written must not have changed.
func TestGuardPages(t *testing.T) {
	forEachStore(t, func(t *testing.T) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		rooms := map[int]*guardRoom{}
		for i, n := range guardLengths() {
			pages := n * 4 / syscall.Getpagesize()
			if rooms[pages] == nil {
				rooms[pages] = newGuardRoom(t, n)
			}
			rounds := 3
			if testing.Short() && n > 1024 {
				rounds = 1
			}
			for j, op := range operations {
				for round := range rounds {
					rooms[pages].check(t, op, n, round, rand.New(rand.NewPCG(uint64(i), uint64(j))))
				}
			}
		}
	})
}

// guardRoom has a region for each operand.
type guardRoom struct {
	dst, src, bias, residual, sums, maskIn, maskOut *region
}

func newGuardRoom(t *testing.T, n int) *guardRoom {
	n += syscall.Getpagesize() / 4 // the other lengths of as many pages
	return &guardRoom{
		dst:      newRegion(t, 4*n-4, true, fillFloats),
		src:      newRegion(t, 4*n-4, false, fillFloats),
		bias:     newRegion(t, 4*n-4, false, fillFloats),
		residual: newRegion(t, 4*n-4, false, fillFloats),
		sums:     newRegion(t, 4*n-4, true, fillFloats),
		maskIn:   newRegion(t, 8*maskWords(n), false, fillWords),
		maskOut:  newRegion(t, 8*maskWords(n), true, fillWords),
	}
}

// check makes a call with each operand at one of its three places: in three rounds
// with the same random numbers at each of them.
func (g *guardRoom) check(t *testing.T, op *operation, n, round int, rng *rand.Rand) {
	where := func() int { return (round + rng.IntN(3)) % 3 }
	offset := rng.IntN(16)
	rows := append(rowLengths(n), 1)
	row := rows[rng.IntN(len(rows))]
	o := operands{
		dst:      place[float32](g.dst, n, where(), offset),
		src:      place[float32](g.src, n, where(), rng.IntN(16)),
		residual: place[float32](g.residual, n, where(), rng.IntN(16)),
		group:    row,
		rng:      Derive(uint64(n)),
	}
	if n > 0 {
		o.bias = place[float32](g.bias, row, where(), rng.IntN(16))
		o.sums = place[float32](g.sums, row, where(), rng.IntN(16))
	}
	o.setP([]float64{0.1, 0.5, 0.7, 0, 1}[rng.IntN(5)], 1+rng.IntN(3))
	words := maskWords(op.bits(&o))
	switch op.mask {
	case readsMask:
		o.mask = place[uint64](g.maskIn, words, where(), rng.IntN(3))
	case writesMask:
		if rng.IntN(3) != 0 {
			o.mask = place[uint64](g.maskOut, words, where(), rng.IntN(3))
		}
	}
	if rng.IntN(4) == 0 && op.name != "Draw" {
		o.src = o.dst
	}
	switch rng.IntN(4) {
	case 0:
		o.residual = o.dst
	case 1:
		o.residual = nil
	case 2:
		if o.residual != nil && op.name == "ForwardResidual" {
			o.bias = nil
		}
	}

	defer func() {
		if r := recover(); r != nil {
			require.FailNowf(t, "panic", "%s, n = %d, row or group %d, dst at %p, src at %p: %v",
				op.name, n, row, o.dst, o.src, r)
		}
	}()
	op.call(&o)
	requireOnly(t, g.dst, o.dst, op.name+": dst")
	requireOnly(t, g.sums, o.sums, op.name+": dbias")
	if op.mask == writesMask {
		requireOnly(t, g.maskOut, o.mask, op.name+": mask")
	} else {
		requireOnly[uint64](t, g.maskOut, nil, op.name+": mask")
	}
}
