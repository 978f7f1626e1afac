package rivals

import (
	"fmt"
	"math"
	"slices"

	"github.com/fusedrop/dropout/bench/internal/measure"
	"github.com/fusedrop/dropout/bench/internal/protocol"
)

// confidence is that of the intervals for the drop rate: with some dozens of them
// in a report, 99 % would set a sound rival apart too often.
const confidence = 0.999

// Behave looks at what r does, by running it.
func Behave(check protocol.Check, r Rival) protocol.Behaviour {
	const n = 1 << 16
	b := protocol.Behaviour{Impl: r.Name, About: r.About, Backward: r.Backward, Workers: "not run", MaskBytes: -1}
	for _, p := range check.Ps {
		b.Rates = append(b.Rates, rate(r, p, n, check.Draws))
	}
	b.NaN = dropped(r, n, float32(math.NaN()))
	b.Inf = dropped(r, n, float32(math.Inf(1)))
	b.Negative = dropped(r, n, -1)
	if layer := r.New(0.5, n); layer.MaskBytes >= 0 {
		b.MaskBytes = float64(layer.MaskBytes) / n
	}
	b.Chunks = chunks(r, n)
	b.Gradient = gradient(r, n)
	return b
}

// gradient returns the largest gradient of ones at p = 0.25, which is the scale.
func gradient(r Rival, n int) float64 {
	layer := r.New(0.25, n)
	backward := layer.Backward
	if backward == nil {
		backward = layer.BackwardAt
	}
	if backward == nil {
		return -1
	}
	buf := NewBuffers(n)
	for i := range buf.Src {
		buf.Src[i] = 1
	}
	layer.Forward(buf.Dst, buf.Src)
	return float64(slices.Max(backward(make([]float32, n), buf.Src)))
}

// rate drops ones, in calls of n elements with a fresh stream each.
func rate(r Rival, p float64, n, draws int) protocol.Rate {
	layer := r.New(p, n)
	buf := NewBuffers(n)
	for i := range buf.Src {
		buf.Src[i] = 1
	}
	total, dropped, sum := 0, 0, 0.
	for call := uint64(0); total < draws; call++ {
		if layer.Seed != nil {
			layer.Seed(call)
		}
		for _, y := range layer.Forward(buf.Dst, buf.Src) {
			if y == 0 {
				dropped++
			}
			sum += float64(y)
		}
		total += n
	}
	lo, hi := measure.Proportion(dropped, total, confidence)
	// y is either 0 or one value, so that the mean has the interval of the rate.
	value := sum / float64(total-dropped)
	return protocol.Rate{P: p, Draws: total, Rate: float64(dropped) / float64(total), Lo: lo, Hi: hi,
		Mean: sum / float64(total), MeanLo: (1 - hi) * value, MeanHi: (1 - lo) * value}
}

// dropped returns what elements of value x become that are dropped, told by what
// becomes of many at p = 0.5.
func dropped(r Rival, n int, x float32) string {
	layer := r.New(0.5, n)
	buf := NewBuffers(n)
	for i := range buf.Src {
		buf.Src[i] = x
	}
	kinds := map[string]int{}
	for _, y := range layer.Forward(buf.Dst, buf.Src) {
		kinds[kind(y)]++
	}
	switch was := kind(x); {
	case kinds["+0"] > 0:
		return "+0"
	case kinds["-0"] > 0:
		return "-0"
	case kinds["NaN"] > 0 && (was == "NaN" || len(kinds) > 1):
		return "NaN"
	}
	return fmt.Sprint(kinds)
}

func kind(x float32) string {
	switch {
	case x != x:
		return "NaN"
	case math.IsInf(float64(x), 0):
		return "Inf"
	case x == 0 && math.Signbit(float64(x)):
		return "-0"
	case x == 0:
		return "+0"
	}
	return "finite"
}

// chunks reports whether two calls in a row, over both halves, drop the elements
// that one call over all of them drops.
func chunks(r Rival, n int) string {
	whole, half := r.New(0.5, n), r.New(0.5, n/2)
	if whole.Seed == nil {
		return "can't be seeded"
	}
	src := NewBuffers(n).Src
	whole.Seed(1)
	want := whole.Forward(make([]float32, n), src)
	half.Seed(1)
	for _, lo := range []int{0, n / 2} {
		for i, y := range half.Forward(make([]float32, n/2), src[lo:lo+n/2]) {
			if y != want[lo+i] {
				return "other bits"
			}
		}
	}
	return "same bits"
}
