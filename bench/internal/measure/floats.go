package measure

// pad is what Floats allocates beyond what it returns, an odd number of pages.
const pad = 5 * 2048

// Floats returns n floats, all written to, so that no call pays for the first
// touch of a page. Slices of Floats don't lie a power of two apart, as large
// slices of such lengths do: the first-level caches of some processors predict
// their ways by a hash of the address and confuse lines that far apart (M. Lipp et
// al., "Take A Way: Exploring the Security Implications of AMD's Cache Way
// Predictors", 2020), which more than doubles the time of a short copy.
func Floats(n int) []float32 {
	x := make([]float32, n+pad)[:n:n]
	for i := range x {
		x[i] = float32(i&1023) - 511.5
	}
	return x
}
