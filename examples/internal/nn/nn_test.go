package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/examples/internal/dataset"
	"github.com/fusedrop/dropout/examples/internal/digits"
)

// noises makes each kind of noise for two hidden layers.
var noises = map[string]func(workers int) (Noise, error){
	"none":     func(int) (Noise, error) { return None{}, nil },
	"dropout":  func(w int) (Noise, error) { return NewDropout(0.2, 0.5, 2, w) },
	"masked":   func(w int) (Noise, error) { return NewMasked(0.2, 0.5, 2, w) },
	"gaussian": func(w int) (Noise, error) { return NewGaussian(0.2, 0.5, 2, w) },
}

func eachNoise(t *testing.T, f func(t *testing.T, noise func(workers int) Noise)) {
	for name, make := range noises {
		t.Run(name, func(t *testing.T) {
			f(t, func(workers int) Noise {
				noise, err := make(workers)
				require.NoError(t, err)
				return noise
			})
		})
	}
}

// The gradient of every parameter against central differences, with the noise
// of one stream.
func TestGradient(t *testing.T) {
	eachNoise(t, func(t *testing.T, noise func(int) Noise) {
		const rows, seed, step = 7, 3, 5
		sizes := []int{12, 9, 8, 10}
		net, grad := New(sizes, 1), Zeros(sizes)
		rng := rand.New(rand.NewPCG(1, 2))
		for _, l := range net {
			for j := range l.B {
				l.B[j] = float32(rng.NormFloat64()) / 4
			}
		}
		images := make([]float32, rows*sizes[0])
		for i := range images {
			images[i] = rng.Float32()
		}
		labels := make([]uint8, rows)
		for i := range labels {
			labels[i] = uint8(rng.IntN(10))
		}
		p := NewPass(net, noise(1), rows)
		loss := func(grad Network) float64 {
			p.Forward(images, seed, step)
			return p.Backward(grad, labels)
		}
		// active tells which units are above zero. Where h changes that, there is a
		// kink between the two sides, and their difference is no derivative.
		active := func() (units []bool) {
			for _, y := range p.acts[1 : len(p.acts)-1] {
				for _, v := range y {
					units = append(units, v != 0)
				}
			}
			return units
		}
		loss(grad)
		const h = 1.0 / 2048
		scratch := Zeros(sizes)
		compared, nonzero, kinks := 0, 0, 0
		for i, param := range net.Params() {
			for j, x := range param {
				param[j] = x + h
				up, above := loss(scratch), active()
				param[j] = x - h
				down, below := loss(scratch), active()
				param[j] = x
				if !slices.Equal(above, below) {
					kinks++
					continue
				}
				compared++
				got, want := float64(grad.Params()[i][j]), (up-down)/(2*h)
				require.InDelta(t, want, got, 2e-3*(1+math.Abs(want)), "parameter %d of list %d", j, i)
				if got != 0 {
					nonzero++
				}
			}
		}
		require.Less(t, kinks, compared/10)
		require.Greater(t, nonzero, 100)
	})
}

// The loss is the mean cross entropy, by its definition.
func TestLoss(t *testing.T) {
	net := Zeros([]int{2, 10})
	copy(net[0].B, []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 100})
	p := NewPass(net, None{}, 2)
	p.Forward(make([]float32, 4), 1, 0)
	got := p.Backward(Zeros([]int{2, 10}), []uint8{9, 1})
	require.InDelta(t, 99.0/2, got, 1e-6)
}

func plan(seed uint64) Plan {
	return Plan{
		Sizes: []int{digits.Side * digits.Side, 48, 32, 10}, Batch: 16, Epochs: 6,
		Rate: 0.05, Momentum: 0.9, MaxNorm: 3, Seed: seed,
	}
}

func TestTrainingReducesLoss(t *testing.T) {
	images := digits.Render(100, 1, 0)
	eachNoise(t, func(t *testing.T, noise func(int) Noise) {
		p := plan(1)
		p.Epochs = 20
		trainer := NewTrainer(p, noise(1))
		before := ErrorRate(trainer.Net, images)
		first := trainer.Train(images)
		var last float64
		for trainer.Epoch() < p.Epochs {
			last = trainer.Train(images)
		}
		require.Less(t, last, 0.8*first)
		require.Less(t, ErrorRate(trainer.Net, images), before/2)
	})
}

func requireSame(t *testing.T, want, got Network) {
	t.Helper()
	for i, param := range want.Params() {
		for j, x := range param {
			y := got.Params()[i][j]
			require.Equal(t, math.Float32bits(x), math.Float32bits(y), "parameter %d of list %d: %v, want %v", j, i, y, x)
		}
	}
	require.Equal(t, want.Sum(), got.Sum())
}

func TestResume(t *testing.T) {
	images := digits.Render(90, 1, 0) // the last batch is not a whole one
	eachNoise(t, func(t *testing.T, noise func(int) Noise) {
		whole := NewTrainer(plan(1), noise(1))
		for range 5 {
			whole.Train(images)
		}

		first := NewTrainer(plan(1), noise(1))
		for range 2 {
			first.Train(images)
		}
		saved, err := first.MarshalBinary()
		require.NoError(t, err)
		second := NewTrainer(plan(1), noise(1))
		require.NoError(t, second.UnmarshalBinary(saved))
		require.Equal(t, 2, second.Epoch())
		for range 3 {
			second.Train(images)
		}
		requireSame(t, whole.Net, second.Net)
	})
}

func TestBadCheckpoint(t *testing.T) {
	images := digits.Render(20, 1, 0)
	trainer := NewTrainer(plan(1), None{})
	trainer.Train(images)
	saved, err := trainer.MarshalBinary()
	require.NoError(t, err)

	other := NewTrainer(plan(1), None{})
	sum := other.Net.Sum()
	for n := 0; n < len(saved); n += 997 {
		require.Error(t, other.UnmarshalBinary(saved[:n]))
	}
	require.Equal(t, sum, other.Net.Sum())
	require.Zero(t, other.Epoch())

	for name, change := range map[string]func(*Plan){
		"layers": func(p *Plan) { p.Sizes = []int{400, 48, 10} },
		"batch":  func(p *Plan) { p.Batch++ },
		"epochs": func(p *Plan) { p.Epochs++ },
		"seed":   func(p *Plan) { p.Seed++ },
	} {
		t.Run(name, func(t *testing.T) {
			p := plan(1)
			change(&p)
			require.ErrorContains(t, NewTrainer(p, None{}).UnmarshalBinary(saved), "want")
		})
	}
}

// A batch so large that dropout's calls are split among goroutines, for the input
// and the first hidden layer.
func TestWorkers(t *testing.T) {
	images := digits.Render(512, 1, 0)
	p := Plan{Sizes: []int{400, 272, 16, 10}, Batch: 512, Epochs: 1, Momentum: 0.9, Seed: 1}
	for _, name := range []string{"dropout", "masked", "gaussian"} {
		t.Run(name, func(t *testing.T) {
			var want Network
			for _, workers := range []int{1, 3} {
				noise, err := noises[name](workers)
				require.NoError(t, err)
				trainer := NewTrainer(p, noise)
				for range 2 {
					trainer.Step(images, 0.05)
				}
				if want == nil {
					want = trainer.Net
				}
				requireSame(t, want, trainer.Net)
			}
		})
	}
}

// A stored mask and one that is drawn again train the same network.
func TestMaskedIsMaskFree(t *testing.T) {
	images := digits.Render(90, 1, 0)
	var nets []Network
	for _, name := range []string{"dropout", "masked"} {
		noise, err := noises[name](1)
		require.NoError(t, err)
		trainer := NewTrainer(plan(1), noise)
		for range 3 {
			trainer.Train(images)
		}
		nets = append(nets, trainer.Net)
	}
	requireSame(t, nets[0], nets[1])
}

func TestBytes(t *testing.T) {
	for name, want := range map[string]int{"none": 0, "dropout": 32, "gaussian": 32, "masked": 2 * 8 * 16} {
		noise, err := noises[name](1)
		require.NoError(t, err)
		for layer := range 2 {
			noise.Hidden(layer, make([]float32, 1000), dropout.Derive(1))
		}
		require.Equal(t, want, noise.Bytes(), name)
	}
	usual := NewUsual(0.2, 0.5, 2)
	usual.Hidden(0, make([]float32, 1000), nil)
	require.Equal(t, 4000, usual.Bytes())
}

// The loop that times are compared with is dropout too.
func TestUsual(t *testing.T) {
	const n = 10000
	usual := NewUsual(0.2, 0.5, 1)
	x, grad := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i], grad[i] = float32(i%2*2-1), 1 // half of them negative
	}
	usual.Hidden(0, x, nil)
	usual.Backward(0, grad, x)
	kept := 0
	for i := range x {
		require.Equal(t, x[i], grad[i])
		if x[i] != 0 {
			require.Equal(t, float32(2), x[i])
			require.Equal(t, 1, i%2)
			kept++
		}
	}
	require.InDelta(t, n/4, kept, 5*math.Sqrt(n/2*0.25))
}

func TestStopZeros(t *testing.T) {
	y := []float32{0, float32(math.Copysign(0, -1)), 1, -1, math.SmallestNonzeroFloat32, float32(math.Inf(1))}
	grad := []float32{7, 7, 7, 7, 7, 7}
	stopZeros(grad, y)
	require.Equal(t, []float32{0, 0, 7, 7, 7, 7}, grad)
}

func TestLimitColumns(t *testing.T) {
	w := blas32.General{Rows: 2, Cols: 3, Stride: 3, Data: []float32{
		3, 0.3, 30,
		4, 0.4, 40,
	}}
	limitColumns(w, 2.5)
	require.InDeltaSlice(t, []float32{1.5, 0.3, 1.5, 2, 0.4, 2}, w.Data, 1e-6)
	require.Equal(t, float32(0.3), w.Data[1], "short enough: not touched")
}

// Training keeps the norms of hidden units limited, and those only.
func TestMaxNorm(t *testing.T) {
	images := digits.Render(100, 1, 0)
	p := plan(1)
	p.MaxNorm = 0.5
	trainer := NewTrainer(p, None{})
	for range 3 {
		trainer.Train(images)
	}
	longest := make([]float64, len(trainer.Net))
	for i, l := range trainer.Net {
		for j := range l.W.Cols {
			var square float64
			for r := range l.W.Rows {
				square += float64(l.W.Data[r*l.W.Stride+j]) * float64(l.W.Data[r*l.W.Stride+j])
			}
			longest[i] = max(longest[i], math.Sqrt(square))
		}
	}
	require.InDelta(t, 0.5, longest[0], 1e-5)
	require.InDelta(t, 0.5, longest[1], 1e-5)
	require.Greater(t, longest[2], 0.6)
}

// Two steps by hand.
func TestSGD(t *testing.T) {
	sizes := []int{1, 1}
	net, grad := Zeros(sizes), Zeros(sizes)
	s := SGD{Momentum: 0.5, velocity: Zeros(sizes)}
	grad[0].W.Data[0], grad[0].B[0] = 2, -4
	s.Step(net, grad, 0.25)
	require.Equal(t, [][]float32{{-0.5}, {1}}, net.Params())
	s.Step(net, grad, 0.25)
	require.Equal(t, [][]float32{{-1.25}, {2.5}}, net.Params())
}

// Monte-Carlo dropout averages probabilities over passes that differ.
func TestPredict(t *testing.T) {
	images := digits.Render(130, 1, 0)
	net := New([]int{400, 32, 32, 10}, 1)
	noise, err := noises["dropout"](1)
	require.NoError(t, err)
	probs := Predict(net, noise, images, 8, 1)
	require.Len(t, probs, 130)
	for _, q := range probs {
		sum := 0.0
		for _, x := range q {
			sum += x
		}
		require.InDelta(t, 1, sum, 1e-5)
	}
	require.Equal(t, probs, Predict(net, noise, images, 8, 1))
	require.NotEqual(t, probs, Predict(net, noise, images, 8, 2))
	one := Predict(net, noise, images, 1, 1)
	require.NotEqual(t, one, probs)
	require.Equal(t, Predict(net, None{}, images, 1, 1), Predict(net, None{}, images, 1, 2))
}

func TestEntropy(t *testing.T) {
	require.Zero(t, Entropy([]float64{0, 1, 0}))
	require.InDelta(t, math.Log(4), Entropy([]float64{0.25, 0.25, 0.25, 0.25}), 1e-12)
}

func BenchmarkStep(b *testing.B) {
	images := digits.Render(50, 1, 0)
	for _, name := range []string{"none", "dropout", "masked", "gaussian"} {
		b.Run(fmt.Sprintf("noise=%s", name), func(b *testing.B) {
			noise, err := noises[name](1)
			require.NoError(b, err)
			t := NewTrainer(Plan{Sizes: []int{400, 256, 256, dataset.Classes}, Batch: 50, Epochs: 1, Momentum: 0.9, MaxNorm: 3, Seed: 1}, noise)
			for b.Loop() {
				t.Step(images, 0.03)
			}
		})
	}
}
