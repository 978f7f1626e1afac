package dropout

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// long asks for what takes minutes or gigabytes; CONTRIBUTING.md has the commands.
var long = flag.Bool("long", false, "test more lengths, longer, and with more memory")

// forEachKernel runs f once with each kernel that this machine has.
func forEachKernel(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	before := active
	t.Cleanup(func() { active = before })
	for _, k := range kernels {
		active = use(k)
		t.Run(k.name, f)
	}
}

// forEachStore runs f with each kernel twice: as it is, and with stores that
// bypass the caches at every length.
func forEachStore(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	forEachKernel(t, func(t *testing.T) {
		t.Run("stored", f)
		streaming := *active
		streaming.streamLen = 1
		active = &streaming
		t.Run("streamed", f)
	})
}

// TestRequiredKernels fails where a kernel that DROPOUT_REQUIRE names is not
// among those that the tests of this package run. CI sets it to what the machine
// must have, so that no kernel goes untested unnoticed.
func TestRequiredKernels(t *testing.T) {
	var have []string
	for _, k := range kernels {
		have = append(have, k.name)
	}
	t.Logf("kernels tested: %s; in use: %s", strings.Join(have, ", "), Kernel())
	for name := range strings.FieldsFuncSeq(os.Getenv("DROPOUT_REQUIRE"), func(r rune) bool { return r == ',' }) {
		require.Contains(t, have, name, "DROPOUT_REQUIRE")
	}
}

// requireSameBits fails at the first element that differs in any bit.
func requireSameBits(t *testing.T, want, got []float32, context string, args ...any) {
	t.Helper()
	require.Len(t, got, len(want), context)
	for i := range want {
		if w, g := math.Float32bits(want[i]), math.Float32bits(got[i]); w != g {
			require.FailNowf(t, "bits differ", "%s: element %d of %d: want %v (%08x), got %v (%08x)",
				fmt.Sprintf(context, args...), i, len(want), want[i], w, got[i], g)
		}
	}
}

// requireSameWords fails at the first mask word that differs.
func requireSameWords(t *testing.T, want, got []uint64, context string, args ...any) {
	t.Helper()
	require.Len(t, got, len(want), context)
	for i := range want {
		if want[i] != got[i] {
			require.FailNowf(t, "words differ", "%s: word %d of %d: want %016x, got %016x",
				fmt.Sprintf(context, args...), i, len(want), want[i], got[i])
		}
	}
}

// hardFloats are values that a wrong kernel may treat unlike the others.
var hardFloats = []float32{
	0, float32(math.Copysign(0, -1)), 1, -1,
	float32(math.Inf(1)), float32(math.Inf(-1)),
	math.Float32frombits(0x7FC00000), math.Float32frombits(0xFFC12345), // quiet NaNs
	math.Float32frombits(0x7F800001), math.Float32frombits(0xFFA00000), // signalling NaNs
	math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32,
	math.Float32frombits(0x007FFFFF), math.Float32frombits(0x80400000), // subnormals
	math.Float32frombits(0x00800000), // the smallest normal number
	math.MaxFloat32, -math.MaxFloat32,
}

// testFloats returns n floats, one in four of them hard, the same for a seed.
func testFloats(n int, seed uint64) []float32 {
	rng := Derive(seed, 0xF10A75)
	x := make([]float32, n)
	for i := range x {
		w := rng.Uint64()
		if w%4 == 0 {
			x[i] = hardFloats[w>>8%uint64(len(hardFloats))]
		} else {
			x[i] = float32(int64(w)) / (1 << 62)
		}
	}
	return x
}

// testPs are the drop probabilities that the properties are checked at: the ends
// and their neighbours, dyadic ones that need every possible number of planes,
// and ordinary ones.
var testPs = []float64{
	0, 0x1p-60, 0x1p-33, 0x1p-32, 1e-6, 0x1p-8, 0.1, 0.125, 0.25, 0.3, 1. / 3, 0.4999999, 0.5, 0.5000001,
	0.625, 0.75, 0.9, 0x1.fep-1, 0x1.ffp-1, 0.999, 1 - 0x1p-24, 1 - 0x1p-32, 1 - 0x1p-33, 1,
}

// testLengths are numbers of elements: every one up to a few vectors of any
// kernel, and the neighbourhood of the edges of words, blocks and calls.
func testLengths() []int {
	var ns []int
	for n := range 300 {
		ns = append(ns, n)
	}
	for _, edge := range []int{512, 576, 1024, blockLen, 2 * blockLen, 3*blockLen + 64, callLen} {
		for n := edge - 9; n <= edge+9; n++ {
			ns = append(ns, n)
		}
	}
	if testing.Short() {
		ns = slices.DeleteFunc(ns, func(n int) bool { return n > 130 && n%7 != 0 })
	}
	return ns
}

func mustNew(t testing.TB, p float64) Dropout {
	d, err := New(p)
	require.NoError(t, err)
	return d
}

// guarded returns a slice of n floats that begins offset elements behind a
// 64-byte boundary of its array, and a function that fails the test if anything
// around the slice has been written to.
func guarded(n, offset int) (x []float32, check func(t *testing.T, context string, args ...any)) {
	const margin = 32
	all := make([]float32, margin+16+n+margin)
	all = all[toLine(all):]
	for i := range all {
		all[i] = -float32(i) - 0.5
	}
	start := margin + offset
	check = func(t *testing.T, context string, args ...any) {
		t.Helper()
		for i, v := range all {
			if (i < start || i >= start+n) && v != -float32(i)-0.5 {
				require.FailNowf(t, "written outside dst", "%s: element %d of %d", fmt.Sprintf(context, args...), i-start, n)
			}
		}
	}
	return all[start : start+n : start+n], check
}
