package dropout

import (
	"flag"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// The benchmarks run every kernel of this machine beside copy of the same floats,
// under names that benchstat can pivot: `benchstat -col /impl`.
//
// Each call draws from a stream of its own. A branch predictor learns the ties of
// a stream that it sees again and again, and then a kernel looks faster than it
// is in training.

var benchLarge = flag.Bool("large", false, "benchmark slices of 64M floats as well (512 MiB)")

func benchSizes() []int {
	sizes := []int{64, 4 << 10, 64 << 10, 1 << 20, 16 << 20}
	if *benchLarge {
		sizes = append(sizes, 64<<20)
	}
	return sizes
}

// benchBuffers are allocated once per benchmark and written to beforehand, so
// that no call pays for the first touch of a page. The signs of src come in no
// order, so that a branch on them costs what it would in a network.
type benchBuffers struct {
	dst, src []float32
	mask     Mask
}

func newBenchBuffers(n int) *benchBuffers {
	const pad = 5 * 2048
	b := &benchBuffers{make([]float32, n+pad)[:n], make([]float32, n+pad)[:n], NewMask(n)}
	for i := range b.src {
		b.src[i] = float32(int64(mix64(uint64(i)))) / (1 << 54)
		b.dst[i] = 1
	}
	for i := range b.mask {
		b.mask[i] = 1
	}
	return b
}

func (b *benchBuffers) prefix(n int) *benchBuffers {
	return &benchBuffers{b.dst[:n], b.src[:n], b.mask[:maskWords(n)]}
}

// benchKernels runs one operation with every kernel. bytes is what a call on n
// elements reads and writes; bind returns the call, which is given a number that
// differs every time.
func benchKernels(b *testing.B, bytes func(n int) int, bind func(d Dropout, buf *benchBuffers) func(call uint64)) {
	benchGrid(b, benchSizes(), []float64{0.1, 0.5}, bytes, bind)
}

// benchVariant is benchKernels with fewer sizes and one p.
func benchVariant(b *testing.B, bytes func(n int) int, bind func(d Dropout, buf *benchBuffers) func(call uint64)) {
	sizes := []int{4 << 10, 64 << 10, 1 << 20}
	if *benchLarge {
		sizes = append(sizes, 64<<20)
	}
	benchGrid(b, sizes, []float64{0.1}, bytes, bind)
}

func benchGrid(b *testing.B, sizes []int, ps []float64, bytes func(n int) int, bind func(d Dropout, buf *benchBuffers) func(call uint64)) {
	before := active
	defer func() { active = before }()
	all := newBenchBuffers(sizes[len(sizes)-1])
	var call uint64
	for _, n := range sizes {
		buf := all.prefix(n)
		for _, p := range ps {
			run := bind(mustNew(b, p), buf)
			for _, k := range kernels {
				b.Run(fmt.Sprintf("impl=%s/n=%d/p=%v", k.name, n, p), func(b *testing.B) {
					active = use(k)
					b.SetBytes(int64(bytes(n)))
					b.ReportAllocs()
					for b.Loop() {
						call++
						run(call)
					}
				})
			}
			b.Run(fmt.Sprintf("impl=copy/n=%d/p=%v", n, p), func(b *testing.B) {
				b.SetBytes(8 * int64(n))
				for b.Loop() {
					copy(buf.dst, buf.src)
				}
			})
		}
	}
}

func BenchmarkForward(b *testing.B) {
	bytes := func(n int) int { return 8*n + 8*maskWords(n) }
	benchKernels(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		return func(call uint64) { d.Forward(buf.dst, buf.src, buf.mask, NewPCG(call, 54)) }
	})
}

func BenchmarkBackward(b *testing.B) {
	bytes := func(n int) int { return 8*n + 8*maskWords(n) }
	benchKernels(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		d.Draw(buf.mask, len(buf.dst), NewPCG(1, 54))
		return func(uint64) { d.Backward(buf.dst, buf.src, buf.mask) }
	})
}

func BenchmarkBackwardAt(b *testing.B) {
	bytes := func(n int) int { return 8 * n }
	benchKernels(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		return func(call uint64) { d.BackwardAt(buf.dst, buf.src, *NewPCG(call, 54)) }
	})
}

func BenchmarkDraw(b *testing.B) {
	bytes := func(n int) int { return 8 * maskWords(n) }
	benchKernels(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		return func(call uint64) { d.Draw(buf.mask, len(buf.dst), NewPCG(call, 54)) }
	})
}

// Rows of a bias and groups in the benchmarks; both divide all sizes of benchVariant.
const (
	benchRow   = 1024
	benchGroup = 64
)

func BenchmarkForwardReLU(b *testing.B) {
	bytes := func(n int) int { return 8*n + 8*maskWords(n) }
	benchVariant(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		return func(call uint64) { d.ForwardReLU(buf.dst, buf.src, buf.mask, NewPCG(call, 54)) }
	})
}

func BenchmarkForwardResidual(b *testing.B) {
	bytes := func(n int) int { return 12*n + 8*maskWords(n) + 4*benchRow }
	benchVariant(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		more := newBenchBuffers(len(buf.src))
		bias, residual := more.dst[:benchRow], more.src
		return func(call uint64) { d.ForwardResidual(buf.dst, buf.src, bias, residual, buf.mask, NewPCG(call, 54)) }
	})
}

func BenchmarkBackwardBias(b *testing.B) {
	bytes := func(n int) int { return 8*n + 8*maskWords(n) + 8*benchRow }
	benchVariant(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		d.Draw(buf.mask, len(buf.dst), NewPCG(1, 54))
		dbias := make([]float32, benchRow)
		return func(uint64) { d.BackwardBias(buf.dst, dbias, buf.src, buf.mask) }
	})
}

func BenchmarkForwardGroups(b *testing.B) {
	bytes := func(n int) int { return 8*n + 8*maskWords(n/benchGroup) }
	benchVariant(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		return func(call uint64) { d.ForwardGroups(buf.dst, buf.src, benchGroup, buf.mask, NewPCG(call, 54)) }
	})
}

func BenchmarkBackwardGroups(b *testing.B) {
	bytes := func(n int) int { return 8*n + 8*maskWords(n/benchGroup) }
	benchVariant(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		d.Draw(buf.mask, len(buf.dst)/benchGroup, NewPCG(1, 54))
		return func(uint64) { d.BackwardGroups(buf.dst, buf.src, benchGroup, buf.mask) }
	})
}

func BenchmarkAlphaForward(b *testing.B) {
	bytes := func(n int) int { return 8*n + 8*maskWords(n) }
	benchVariant(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		a, err := NewAlpha(d.P())
		require.NoError(b, err)
		return func(call uint64) { a.Forward(buf.dst, buf.src, buf.mask, NewPCG(call, 54)) }
	})
}

func BenchmarkAlphaBackward(b *testing.B) {
	bytes := func(n int) int { return 8*n + 8*maskWords(n) }
	benchVariant(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		a, err := NewAlpha(d.P())
		require.NoError(b, err)
		d.Draw(buf.mask, len(buf.dst), NewPCG(1, 54))
		return func(uint64) { a.Backward(buf.dst, buf.src, buf.mask) }
	})
}

func BenchmarkAlphaBackwardAt(b *testing.B) {
	bytes := func(n int) int { return 8 * n }
	benchVariant(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		a, err := NewAlpha(d.P())
		require.NoError(b, err)
		return func(call uint64) { a.BackwardAt(buf.dst, buf.src, *NewPCG(call, 54)) }
	})
}

func BenchmarkGaussianForward(b *testing.B) {
	bytes := func(n int) int { return 8 * n }
	benchVariant(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		g, err := NewGaussian(d.P())
		require.NoError(b, err)
		return func(call uint64) { g.Forward(buf.dst, buf.src, NewPCG(call, 54)) }
	})
}

func BenchmarkGaussianBackwardAt(b *testing.B) {
	bytes := func(n int) int { return 8 * n }
	benchVariant(b, bytes, func(d Dropout, buf *benchBuffers) func(uint64) {
		g, err := NewGaussian(d.P())
		require.NoError(b, err)
		return func(call uint64) { g.BackwardAt(buf.dst, buf.src, *NewPCG(call, 54)) }
	})
}

// BenchmarkStream is what a call spends on its stream: Derive, which programs
// use, and NewPCG, which the benchmarks above use because it is next to nothing.
func BenchmarkStream(b *testing.B) {
	var call, sink uint64
	b.Run("impl=NewPCG", func(b *testing.B) {
		for b.Loop() {
			call++
			sink += NewPCG(call, 54).state
		}
	})
	b.Run("impl=Derive", func(b *testing.B) {
		for b.Loop() {
			call++
			sink += Derive(42, 3, call).state
		}
	})
}
