// The command gcpause measures how long the garbage collector has to wait before
// the world has stopped, while one goroutine makes long calls of Forward and
// another collects all the time. Assembly can't be preempted, so the wait is at
// most the time of one call of a kernel, which covers 16,384 elements. For
// comparison it first measures a loop in Go that is preemptible anywhere.
//
//	go run ./internal/gcpause
//
// It exits with status 1 if a wait during Forward is longer than the target. What
// else keeps the processors busy lengthens the waits, a hypervisor included: run it
// on an idle machine with two cores or more. Where even the loop in Go waits longer
// than the target the machine was not idle, nothing is proved, and the status is 3.
// The last line is about the cause alone, and holds on a busy machine, too: the
// median time of Forward over as many elements as one call of a kernel covers.
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync/atomic"
	"time"

	"github.com/fusedrop/dropout"
)

var (
	elements = flag.Int("n", 1<<28, "elements of a call (1<<28 is 1 GiB)")
	duration = flag.Duration("t", 10*time.Second, "how long to measure each")
	p        = flag.Float64("p", 0.1, "drop probability")
	target   = flag.Duration("target", 100*time.Microsecond, "longest wait allowed")
	separate = flag.Bool("separate", false, "another dst than src, which takes twice the memory")
)

func main() {
	flag.Parse()
	d, err := dropout.New(*p)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	src := make([]float32, *elements)
	for i := range src {
		src[i] = 1
	}
	dst := src
	if *separate {
		dst = make([]float32, *elements)
	}
	fmt.Printf("%s kernel, %d elements, p = %v, GOMAXPROCS %d, %s\n",
		dropout.Kernel(), *elements, *p, runtime.GOMAXPROCS(0), runtime.Version())

	idle := measure("loop in Go", func(stop *atomic.Bool) (calls int) {
		var sum float32
		for !stop.Load() {
			for _, x := range src[:min(1<<16, len(src))] {
				sum += x
			}
			calls++
		}
		runtime.KeepAlive(sum)
		return calls
	})
	longest := measure("Forward", func(stop *atomic.Bool) (calls int) {
		for calls == 0 || !stop.Load() {
			d.Forward(dst, src, nil, dropout.Derive(1, uint64(calls)))
			calls++
		}
		return calls
	})
	fmt.Printf("Forward of %d elements, out of %d: median %v\n", callLen, *elements, callTime(d, dst, src))
	switch {
	case longest <= target.Seconds():
		fmt.Printf("longest wait within the target of %v\n", *target)
	case idle > target.Seconds():
		fmt.Printf("not an idle machine: a loop in Go, too, is waited for longer than the target of %v\n", *target)
		os.Exit(3)
	default:
		fmt.Printf("longest wait above the target of %v\n", *target)
		os.Exit(1)
	}
}

// callLen is how many elements one call of an assembly function covers at most.
const callLen = 16384

// callTime returns the median time of Forward over callLen elements, which come
// from memory.
func callTime(d dropout.Dropout, dst, src []float32) time.Duration {
	var times []time.Duration
	for lo := 0; lo+callLen <= len(src) && len(times) < 10000; lo += callLen {
		rng := dropout.Derive(2, uint64(lo))
		start := time.Now()
		d.Forward(dst[lo:lo+callLen], src[lo:lo+callLen], nil, rng)
		times = append(times, time.Since(start))
	}
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// measure prints the distribution of the waits while work runs, and returns an
// upper bound of the longest in seconds.
func measure(name string, work func(stop *atomic.Bool) (calls int)) float64 {
	runtime.GC()
	before := waits()
	var stop atomic.Bool
	calls := make(chan int)
	go func() { calls <- work(&stop) }()
	start := time.Now()
	for time.Since(start) < *duration {
		runtime.GC()
	}
	stop.Store(true)
	n := <-calls
	after := waits()
	for i := range after.Counts {
		after.Counts[i] -= before.Counts[i]
	}
	longest := quantile(after, 1)
	fmt.Printf("%-10s  %4d calls  %6d waits: median %s, 99%% %s, 99.9%% %s, longest %s\n", name, n, total(after),
		micros(quantile(after, 0.5)), micros(quantile(after, 0.99)), micros(quantile(after, 0.999)), micros(longest))
	return longest
}

// waits returns the histogram of the times from asking all goroutines to stop until
// they have, for garbage collection.
func waits() *metrics.Float64Histogram {
	samples := []metrics.Sample{{Name: "/sched/pauses/stopping/gc:seconds"}}
	metrics.Read(samples)
	h := samples[0].Value.Float64Histogram()
	counts := append([]uint64(nil), h.Counts...)
	return &metrics.Float64Histogram{Counts: counts, Buckets: h.Buckets}
}

func total(h *metrics.Float64Histogram) (n uint64) {
	for _, c := range h.Counts {
		n += c
	}
	return n
}

// quantile returns the upper end of the bucket that holds the q-th part of all.
func quantile(h *metrics.Float64Histogram, q float64) float64 {
	var n uint64
	want := uint64(math.Ceil(q * float64(total(h))))
	for i, c := range h.Counts {
		if n += c; n >= want && c > 0 {
			return h.Buckets[i+1]
		}
	}
	return 0
}

func micros(seconds float64) string { return fmt.Sprintf("<= %.1f µs", 1e6*seconds) }
