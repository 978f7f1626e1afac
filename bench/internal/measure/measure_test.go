package measure

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fusedrop/dropout/bench/internal/protocol"
)

func TestQuartiles(t *testing.T) {
	require.Equal(t, protocol.Quartiles{Q1: 2, Median: 3, Q3: 4}, Quartiles([]float64{5, 1, 4, 2, 3}))
	require.Equal(t, protocol.Quartiles{Q1: 7, Median: 7, Q3: 7}, Quartiles([]float64{7}))
	require.InDelta(t, 2./3, protocol.Quartiles{Q1: 2, Median: 3, Q3: 4}.Spread(), 1e-12)
}

func TestProportion(t *testing.T) {
	lo, hi := Proportion(0, 10, 0.95)
	require.Zero(t, lo)
	require.InDelta(t, 1-math.Pow(0.025, 0.1), hi, 1e-9)
	lo, hi = Proportion(500_000, 1_000_000, 0.99)
	require.InDelta(t, 0.5-2.5758*0.0005, lo, 1e-5)
	require.InDelta(t, 0.5+2.5758*0.0005, hi, 1e-5)
}

// spin takes time in proportion to n.
func spin(n int) {
	for range n {
		chainEnd = chainEnd*5 + 1
	}
}

func TestAgainst(t *testing.T) {
	plan := protocol.Plan{Warm: time.Millisecond, Budget: 10 * time.Millisecond, Batch: 100 * time.Microsecond,
		MinPairs: 3, MaxPairs: 20, Noise: math.Inf(1), Attempts: 2}
	seen := map[uint64]bool{}
	m := Against(plan, func(call uint64) {
		require.False(t, seen[call], "call %d comes twice", call)
		seen[call] = true
		spin(400_000)
	}, func() { spin(100_000) })
	require.GreaterOrEqual(t, m.Pairs, plan.MinPairs)
	require.LessOrEqual(t, m.Pairs, plan.MaxPairs)
	require.Equal(t, 1, m.Attempts)
	require.False(t, m.Noisy)
	require.Greater(t, m.NS.Median, m.Copy.Median)
	require.InDelta(t, 4, m.Ratio.Median, 2)
	require.LessOrEqual(t, m.Ratio.Q1, m.Ratio.Median)
}

func TestAgainstTriesAgainWhenCopyIsNoisy(t *testing.T) {
	plan := protocol.Plan{Budget: time.Second, MinPairs: 8, MaxPairs: 8, Noise: 0.15, Attempts: 3}
	calls := 0
	m := Against(plan, func(uint64) {}, func() {
		calls++
		time.Sleep(time.Duration(calls%2*5) * time.Millisecond)
	})
	require.True(t, m.Noisy)
	require.Equal(t, plan.Attempts, m.Attempts)
}

func TestClock(t *testing.T) {
	require.InDelta(t, 3, ghz(), 2.9)
}
