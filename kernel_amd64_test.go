//go:build !purego

package dropout

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWordTables checks the tables of forwardWordAVX2 against steps of the stream.
func TestWordTables(t *testing.T) {
	rng := Derive(50)
	at := *rng
	for k := range planes {
		i := k/2 + k%2*planes/2
		require.Equal(t, rng.state, at.state*wordPow[i]+at.inc()*wordSum[i], "plane %d", k)
		rng.Uint64()
	}
}
