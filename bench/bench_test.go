package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/bench/internal/measure"
	"github.com/fusedrop/dropout/bench/internal/rivals"
)

// The benchmarks have the names of those in the root module's kernel_bench_test.go,
// with the competitors added. The kernel is the one that DROPOUT_KERNEL names, or
// the best: programs outside the package can't switch it.

var (
	benchSizes = []int{4 << 10, 64 << 10, 1 << 20}
	benchPs    = []float64{0.1, 0.5}
)

func BenchmarkForward(b *testing.B)            { benchmark(b, "Forward") }
func BenchmarkBackward(b *testing.B)           { benchmark(b, "Backward") }
func BenchmarkBackwardAt(b *testing.B)         { benchmark(b, "BackwardAt") }
func BenchmarkDraw(b *testing.B)               { benchmark(b, "Draw") }
func BenchmarkForwardReLU(b *testing.B)        { benchmark(b, "ForwardReLU") }
func BenchmarkForwardResidual(b *testing.B)    { benchmark(b, "ForwardResidual") }
func BenchmarkBackwardBias(b *testing.B)       { benchmark(b, "BackwardBias") }
func BenchmarkForwardGroups(b *testing.B)      { benchmark(b, "ForwardGroups") }
func BenchmarkBackwardGroups(b *testing.B)     { benchmark(b, "BackwardGroups") }
func BenchmarkAlphaForward(b *testing.B)       { benchmark(b, "Alpha.Forward") }
func BenchmarkAlphaBackward(b *testing.B)      { benchmark(b, "Alpha.Backward") }
func BenchmarkAlphaBackwardAt(b *testing.B)    { benchmark(b, "Alpha.BackwardAt") }
func BenchmarkGaussianForward(b *testing.B)    { benchmark(b, "Gaussian.Forward") }
func BenchmarkGaussianBackwardAt(b *testing.B) { benchmark(b, "Gaussian.BackwardAt") }

func benchmark(b *testing.B, name string) {
	op := operations[slices.IndexFunc(operations, func(op operation) bool { return op.name == name })]
	ps := benchPs
	if op.unfused != nil {
		ps = ps[:1]
	}
	for _, n := range benchSizes {
		for _, p := range ps {
			buf := newBuffers(n, true)
			l, err := newLayer(p, 1)
			if err != nil {
				b.Fatal(err)
			}
			benchmarkCall(b, dropout.Kernel(), n, p, op.bytes(n), op.bind(l, buf))
			if op.unfused != nil {
				benchmarkCall(b, "unfused", n, p, op.bytes(n), op.unfused(l, buf))
			}
			benchmarkCall(b, "copy", n, p, 8*n, func(uint64) { buf.copy() })
			for _, r := range rivals.Loops {
				layer := r.New(p, n)
				if call := layer.Bind(name, rivals.Buffers{Dst: buf.dst, Src: buf.src}); call != nil {
					benchmarkCall(b, r.Name, n, p, 8*n+layer.MaskBytes, call)
				}
			}
		}
	}
}

func benchmarkCall(b *testing.B, impl string, n int, p float64, bytes int, call measure.Call) {
	b.Run(fmt.Sprintf("impl=%s/n=%d/p=%v", impl, n, p), func(b *testing.B) {
		b.SetBytes(int64(bytes))
		b.ReportAllocs()
		var number uint64
		for b.Loop() {
			number++
			call(number)
		}
	})
}
