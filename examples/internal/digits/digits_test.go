package digits

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeterministic(t *testing.T) {
	set := Render(60, 1, 2)
	require.Equal(t, set, Render(60, 1, 2))
	require.Equal(t, set.Slice(0, 25), Render(25, 1, 2), "a longer set begins with the shorter one")

	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	require.Equal(t, set, Render(60, 1, 2), "with another number of goroutines")
}

func TestPartsAndSeedsDiffer(t *testing.T) {
	set := Render(10, 1, 2)
	require.NotEqual(t, set.Images, Render(10, 1, 3).Images)
	require.NotEqual(t, set.Images, Render(10, 2, 2).Images)
}

// Pictures show something, in range, and no two of a digit are the same.
func TestPictures(t *testing.T) {
	set := Render(200, 1, 0)
	seen := map[string]bool{}
	for i := range set.Len() {
		require.Equal(t, uint8(i%10), set.Labels[i])
		picture := set.Images[i*Side*Side : (i+1)*Side*Side]
		bright := 0
		key := make([]byte, 0, len(picture))
		for _, v := range picture {
			require.True(t, v >= 0 && v <= 1, "pixel %v", v)
			if v > 0.3 {
				bright++
			}
			key = append(key, byte(255*v))
		}
		require.Greater(t, bright, 20, "picture %d", i)
		require.Less(t, bright, Side*Side/2, "picture %d", i)
		require.False(t, seen[string(key)], "picture %d was seen before", i)
		seen[string(key)] = true
	}
}

// The mean pictures of the digits tell digits apart: a classifier by the nearest
// mean is far better than chance.
func TestRecognizable(t *testing.T) {
	train, test := Render(1000, 1, 0), Render(500, 1, 1)
	n := train.Pixels()
	var means [10][]float64
	for d := range means {
		means[d] = make([]float64, n)
	}
	for i, label := range train.Labels {
		for j, v := range train.Images[i*n : (i+1)*n] {
			means[label][j] += float64(v) / 100
		}
	}
	right := 0
	for i, label := range test.Labels {
		best, nearest := 0, 1e9
		for d, mean := range means {
			distance := 0.0
			for j, v := range test.Images[i*n : (i+1)*n] {
				distance += (float64(v) - mean[j]) * (float64(v) - mean[j])
			}
			if distance < nearest {
				best, nearest = d, distance
			}
		}
		if best == int(label) {
			right++
		}
	}
	require.Greater(t, right, 250)
}
