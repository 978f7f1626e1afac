package main

import (
	"fmt"
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

func BenchmarkForward(b *testing.B)    { benchmark(b, "Forward") }
func BenchmarkBackward(b *testing.B)   { benchmark(b, "Backward") }
func BenchmarkBackwardAt(b *testing.B) { benchmark(b, "BackwardAt") }
func BenchmarkDraw(b *testing.B)       { benchmark(b, "Draw") }

func benchmark(b *testing.B, name string) {
	for _, n := range benchSizes {
		for _, p := range benchPs {
			buf := newBuffers(n)
			for _, op := range operations {
				if op.name == name {
					d, err := dropout.New(p)
					if err != nil {
						b.Fatal(err)
					}
					benchmarkCall(b, dropout.Kernel(), n, p, op.bytes(n), op.bind(d, buf))
				}
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
