package main

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// interval is a mean and half the width of its 95 % confidence interval.
type interval struct{ mean, half float64 }

// newInterval is by the t distribution; one value has a mean and no interval.
func newInterval(x []float64) interval {
	mean, deviation := stat.MeanStdDev(x, nil)
	n := float64(len(x))
	if n < 2 {
		return interval{mean, math.NaN()}
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975)
	return interval{mean, t * deviation / math.Sqrt(n)}
}

// excludesZero reports whether zero lies outside the interval.
func (i interval) excludesZero() bool { return math.Abs(i.mean) > i.half }

func (i interval) percent(sign string) string {
	if math.IsNaN(i.half) {
		return fmt.Sprintf("%"+sign+".2f", 100*i.mean)
	}
	return fmt.Sprintf("%"+sign+".2f ± %.2f", 100*i.mean, 100*i.half)
}

// minus returns the differences of x and y.
func minus(x, y []float64) []float64 {
	d := make([]float64, len(x))
	for i := range x {
		d[i] = x[i] - y[i]
	}
	return d
}
