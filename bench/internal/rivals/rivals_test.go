package rivals

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fusedrop/dropout/bench/internal/protocol"
)

func TestLoopsAreDropout(t *testing.T) {
	for _, r := range Loops {
		t.Run(r.Name, func(t *testing.T) {
			const n = 1000
			layer := r.New(0.25, n)
			layer.Seed(7)
			src, ones := make([]float32, n), make([]float32, n)
			for i := range src {
				src[i], ones[i] = float32(i+1), 1
			}
			y := layer.Forward(make([]float32, n), src)
			dx := layer.Backward(make([]float32, n), ones)
			dropped := 0
			for i := range y {
				if y[i] == 0 {
					dropped++
					require.Zero(t, dx[i], "element %d", i)
				} else {
					require.InDelta(t, src[i]/0.75, y[i], 1e-3, "element %d", i)
					require.InDelta(t, 1/0.75, dx[i], 1e-6, "element %d", i)
				}
			}
			require.InDelta(t, 250, dropped, 70)
		})
	}
}

func TestRun(t *testing.T) {
	job := protocol.Job{Do: "measure", Sizes: []int{128}, Ps: []float64{0.1}, Impls: []string{Usual, "loop-branchless"},
		Plan:  protocol.Plan{Batch: time.Microsecond, MinPairs: 2, MaxPairs: 2, Noise: 1e9},
		Check: protocol.Check{Ps: []float64{0.3}, Draws: 1 << 16}}
	steps := 0
	var ms []*protocol.Measurement
	var bs []*protocol.Behaviour
	Run(job, Loops, "go", func(m protocol.Message) {
		switch {
		case m.Step != "":
			steps++
		case m.Measurement != nil:
			ms = append(ms, m.Measurement)
		case m.Behaviour != nil:
			bs = append(bs, m.Behaviour)
		}
	})
	require.Equal(t, Steps(job, Loops), steps)
	require.Len(t, ms, 4)
	require.Equal(t, Usual, ms[0].Impl)
	require.Equal(t, "Forward", ms[0].Op)
	require.Equal(t, 128, ms[0].N)
	require.Len(t, bs, 2)
	for _, b := range bs {
		require.Less(t, b.Rates[0].Lo, 0.3)
		require.Greater(t, b.Rates[0].Hi, 0.3)
		require.Equal(t, "+0", b.NaN)
		require.Equal(t, "same bits", b.Chunks)
		require.InDelta(t, 1/0.75, b.Gradient, 1e-6)
	}
}

func TestDroppedTellsMultiplyingFromSelecting(t *testing.T) {
	for _, r := range Loops {
		want := [3]string{"+0", "+0", "+0"}
		if r.Name == "loop-bernoulli" {
			want = [3]string{"NaN", "NaN", "-0"}
		}
		b := Behave(protocol.Check{}, r)
		require.Equal(t, want, [3]string{b.NaN, b.Inf, b.Negative}, r.Name)
	}
}
