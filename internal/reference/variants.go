package reference

import "math"

// ReLU returns keep without what a rectified linear unit drops. NaN is kept.
func ReLU(x []float32, keep []bool) []bool {
	both := make([]bool, len(x))
	for i := range x {
		both[i] = keep[i] && !(x[i] <= 0)
	}
	return both
}

// Scaled is Apply with a multiplication at p = 0, too.
func Scaled(x []float32, keep []bool, t uint64) []float32 {
	y := make([]float32, len(x))
	for i := range x {
		if keep[i] {
			y[i] = x[i] * Scale(t)
		}
	}
	return y
}

// Add returns x + row, the row repeated, or x if row is nil.
func Add(x, row []float32) []float32 {
	if row == nil {
		return x
	}
	y := make([]float32, len(x))
	for i := range x {
		y[i] = x[i] + row[i%len(row)]
	}
	return y
}

// ColumnSums adds the rows of x to sums, one after the other.
func ColumnSums(sums, x []float32) []float32 {
	y := append([]float32(nil), sums...)
	for i := range x {
		y[i%len(y)] += x[i]
	}
	return y
}

// Spread returns keep for the elements of groups, given that of the groups.
func Spread(keep []bool, group int) []bool {
	elements := make([]bool, len(keep)*group)
	for i := range elements {
		elements[i] = keep[i/group]
	}
	return elements
}

// Alpha returns a and b of alpha dropout and what it makes of a dropped element,
// a·α'+b, for the p in force at t.
func Alpha(t uint64) (a, b, dropped float64) {
	q := float64(t) / 4294967296
	p := 1 - q
	const prime = -1.7580993408473766
	a = math.Pow(float64(prime*prime*p*q)+q, -0.5)
	return a, -a * prime * p, a * prime * (1 - p)
}

// NormalPair returns the two normal variates of a word in double precision. Its
// uniform variates are the top 31 bits of w, rounded to single precision, and the
// low 32 bits.
func NormalPair(w uint64) (cos, sin float64) {
	h := float64(float32(w >> 33))
	u := float64(float32((h + 0.5) / (1 << 31)))
	r := math.Sqrt(-2 * math.Log(u))
	angle := float64(int32(uint32(w))) * (2 * math.Pi / (1 << 32))
	return r * math.Cos(angle), r * math.Sin(angle)
}

// Normals returns n normal variates in double precision: 16 from 8 words of src.
func Normals(n int, src Source) []float64 {
	z := make([]float64, (n+15)/16*16)
	for i := 0; i < len(z); i += 16 {
		for j := range 8 {
			z[i+j], z[i+j+8] = NormalPair(src.Uint64())
		}
	}
	return z[:n]
}
