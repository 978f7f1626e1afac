package dropout

import (
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stressTime is how long TestStress works on each kernel.
func stressTime() time.Duration {
	switch {
	case *long:
		return 20 * time.Second
	case testing.Short():
		return 100 * time.Millisecond
	}
	return 300 * time.Millisecond
}

// TestStress calls every operation with every kernel from many goroutines, fresh
// ones and at all depths of the stack, while garbage is collected all the time,
// goroutines are preempted, and profiler and tracer walk their stacks. A kernel that
// leaves a register wrong that Go code or the runtime relies on gives wrong results
// then, or a crash.
func TestStress(t *testing.T) {
	runtime.SetCPUProfileRate(5000)
	defer runtime.SetCPUProfileRate(0)
	forEachStore(t, func(t *testing.T) {
		defer debug.SetGCPercent(debug.SetGCPercent(1))
		if trace.Start(io.Discard) == nil {
			defer trace.Stop()
		}
		var stop atomic.Bool
		var wg, disturbers sync.WaitGroup
		disturbers.Go(func() {
			for !stop.Load() {
				runtime.GC()
				pprof.Lookup("goroutine").WriteTo(io.Discard, 0)
			}
		})
		disturb(&disturbers, &stop)
		for i, op := range operations {
			wg.Go(func() {
				for round := 0; round == 0 || !stop.Load(); round++ {
					stressOnce(t, op, i+round)
				}
			})
		}
		time.Sleep(stressTime())
		stop.Store(true)
		wg.Wait()
		disturbers.Wait()
	})
}

// stressOnce makes one call in a goroutine of its own, some frames deep, and
// compares with the reference.
func stressOnce(t *testing.T, op *operation, round int) {
	n := []int{100, 700, blockLen + 70, callLen + 65}[round%4]
	rows := rowLengths(n)
	row := rows[round%len(rows)]
	in := &operands{
		src: testFloats(n, uint64(round)), residual: testFloats(n, 1), bias: testFloats(row, 2), sums: testFloats(row, 3),
		group: row, rng: Derive(uint64(round)), dst: make([]float32, n), mask: dirtyMask(n),
	}
	in.setP([]float64{0.1, 0.5, 0.3}[round%3], 1)
	want := op.want(in)
	done := make(chan struct{})
	go func() {
		atDepth(round*7%300, func() { op.call(in) })
		close(done)
	}()
	<-done
	for i := range want.dst {
		if w, g := want.dst[i], in.dst[i]; w != g && (w == w || g == g) {
			t.Errorf("%s, round %d: element %d is %v, want %v", op.name, round, i, g, w)
			return
		}
	}
	for i, w := range want.mask {
		if w != in.mask[i] {
			t.Errorf("%s, round %d: mask word %d is %#x, want %#x", op.name, round, i, in.mask[i], w)
			return
		}
	}
	for i, w := range want.sums {
		if g := in.sums[i]; w != g && (w == w || g == g) {
			t.Errorf("%s, round %d: sum %d is %v, want %v", op.name, round, i, g, w)
			return
		}
	}
	if want.rng != *in.rng {
		t.Errorf("%s, round %d: the stream is elsewhere", op.name, round)
	}
}

// TestStressSettings repeats TestStress in processes with settings of the runtime
// that make mistakes show: memory overwritten when it is freed, marks checked,
// collections that stop the world, no asynchronous preemption.
func TestStressSettings(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, setting := range []string{"clobberfree=1", "gccheckmark=1", "gcstoptheworld=1", "asyncpreemptoff=1", "adaptivestackstart=1"} {
		t.Run(setting, func(t *testing.T) {
			child := exec.Command(os.Args[0], "-test.run=^TestStress$", "-test.short")
			child.Env = append(os.Environ(), "GODEBUG="+setting, "GOTRACEBACK=all")
			out, err := child.CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Contains(t, string(out), "PASS")
		})
	}
}
