package protocol

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMessagesRoundTrip(t *testing.T) {
	messages := []Message{
		{Hello: &Hello{Name: "avx2", Steps: 12}},
		{Hello: &Hello{Name: "numpy", Steps: 3, With: []string{"Python 3.11", "NumPy 2"}}},
		{Step: "Forward, 64K"},
		{Verified: &Verified{Kernel: "avx2", Elements: 1 << 30, Largest: 1 << 26, Variants: 1 << 20, Gaussian: "0123456789abcdef", Seconds: 1.5}},
		{Measurement: &Measurement{Impl: "avx2", Group: "kernel", Op: "Forward", N: 4096, P: 0.1, Workers: 1,
			NS: Quartiles{1, 2, 3}, Copy: Quartiles{4, 5, 6}, Ratio: Quartiles{7, 8, 9}, Pairs: 10, Attempts: 2, Noisy: true, Allocs: -1, GHz: 3.5}},
		{Behaviour: &Behaviour{Impl: "loop", Rates: []Rate{{P: 0.1, Draws: 100, Rate: 0.11, Lo: 0.1, Hi: 0.12, Mean: 1, MeanLo: 0.9, MeanHi: 1.1}}, MaskBytes: 0.125, NaN: "+0"}},
		{Missing: &Missing{Name: "torch", Reason: "no module"}},
		{Error: "broken"},
	}
	var wire bytes.Buffer
	for _, m := range messages {
		require.NoError(t, Send(&wire, m))
	}
	require.Equal(t, len(messages), strings.Count(wire.String(), "\n"))
	var got []Message
	require.NoError(t, Receive(&wire, func(m Message) error {
		got = append(got, m)
		return nil
	}))
	require.Equal(t, messages, got)
}

func TestJobRoundTrip(t *testing.T) {
	job := Job{Do: "measure", Sizes: []int{4096}, Ps: []float64{0.1}, Ops: []string{"Forward"}, Workers: []int{1, 2},
		Plan:  Plan{Warm: time.Millisecond, Budget: time.Second, Batch: 100, MinPairs: 5, MaxPairs: 100, Noise: 0.15, Attempts: 3},
		Check: Check{Ps: []float64{0.005}, Draws: 1000}}
	wire, err := json.Marshal(job)
	require.NoError(t, err)
	var got Job
	require.NoError(t, json.Unmarshal(wire, &got))
	require.Equal(t, job, got)
}

func TestReceiveRefusesOtherText(t *testing.T) {
	err := Receive(strings.NewReader("hello\n"), func(Message) error { return nil })
	require.ErrorContains(t, err, `not a message: "hello"`)
}
