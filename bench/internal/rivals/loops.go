package rivals

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	//lint:ignore SA1019 deprecated, and what many programs still use
	exprand "golang.org/x/exp/rand"
	"gonum.org/v1/gonum/stat/distuv"
)

// Usual is the name of the rival that speed-ups are stated over: the loop that a
// user of the standard library writes.
const Usual = "loop-pcg"

// Loops are the rivals that need no library for dropout: the loop as users write
// it, over several generators, and the quickest that scalar Go was found to do.
var Loops = []Rival{
	{Usual, "float compare per element over math/rand/v2 PCG, []bool", "mask", func(p float64, n int) Layer {
		src := rand.NewPCG(1, 2)
		rng := rand.New(src)
		return usualLoop(p, n, func(seed uint64) { src.Seed(seed, 54) }, rng)
	}},
	{"loop-chacha8", "float compare per element over math/rand/v2 ChaCha8, []bool", "mask", func(p float64, n int) Layer {
		src := rand.NewChaCha8([32]byte{})
		rng := rand.New(src)
		seed := func(seed uint64) {
			var key [32]byte
			binary.LittleEndian.PutUint64(key[:], seed)
			src.Seed(key)
		}
		return usualLoop(p, n, seed, rng)
	}},
	{"loop-exprand", "float compare per element over golang.org/x/exp/rand PCGSource, []bool", "mask", func(p float64, n int) Layer {
		return exprandLoop(p, n, new(exprand.PCGSource))
	}},
	{"loop-bernoulli", "multiplies by gonum distuv.Bernoulli over math/rand/v2 PCG, []float32", "mask", newBernoulliLoop},
	{"loop-branchless", "two draws per word of inlined xorshift64*, integer compare, bit mask", "mask", newBranchlessLoop},
}

// usualLoop draws one float per element and stores the mask as a []bool.
func usualLoop(p float64, n int, seed func(uint64), rng *rand.Rand) Layer {
	keep := make([]bool, n)
	threshold, scale := float32(p), float32(1/(1-p))
	return Layer{
		Seed: seed,
		Forward: func(dst, src []float32) []float32 {
			for i, x := range src {
				if rng.Float32() >= threshold {
					keep[i] = true
					dst[i] = x * scale
				} else {
					keep[i] = false
					dst[i] = 0
				}
			}
			return dst
		},
		Backward:  func(dst, grad []float32) []float32 { return usualBackward(dst, grad, keep, scale) },
		MaskBytes: n,
	}
}

// exprandLoop is usualLoop, written again because calling the generator through
// anything but its own type would cost what a user's loop doesn't pay.
func exprandLoop(p float64, n int, source exprand.Source) Layer {
	rng := exprand.New(source)
	keep := make([]bool, n)
	threshold, scale := float32(p), float32(1/(1-p))
	return Layer{
		Seed: source.Seed,
		Forward: func(dst, src []float32) []float32 {
			for i, x := range src {
				if rng.Float32() >= threshold {
					keep[i] = true
					dst[i] = x * scale
				} else {
					keep[i] = false
					dst[i] = 0
				}
			}
			return dst
		},
		Backward:  func(dst, grad []float32) []float32 { return usualBackward(dst, grad, keep, scale) },
		MaskBytes: n,
	}
}

func usualBackward(dst, grad []float32, keep []bool, scale float32) []float32 {
	for i, g := range grad {
		if keep[i] {
			dst[i] = g * scale
		} else {
			dst[i] = 0
		}
	}
	return dst
}

// newBernoulliLoop multiplies by the 0 or 1 of a distribution, as one does who
// has gonum at hand.
func newBernoulliLoop(p float64, n int) Layer {
	src := rand.NewPCG(1, 2)
	kept := distuv.Bernoulli{P: 1 - p, Src: src}
	mask := make([]float32, n)
	scale := float32(1 / (1 - p))
	return Layer{
		Seed: func(seed uint64) { src.Seed(seed, 54) },
		Forward: func(dst, src []float32) []float32 {
			for i, x := range src {
				mask[i] = float32(kept.Rand()) * scale
				dst[i] = x * mask[i]
			}
			return dst
		},
		Backward: func(dst, grad []float32) []float32 {
			for i, g := range grad {
				dst[i] = g * mask[i]
			}
			return dst
		},
		MaskBytes: 4 * n,
	}
}

// newBranchlessLoop draws two elements from each word of a generator that is
// inlined (xorshift64*, S. Vigna, "An experimental exploration of Marsaglia's
// xorshift generators, scrambled", 2016), compares 32 bits with integers, selects
// with a mask and packs the mask 64 to a word.
func newBranchlessLoop(p float64, n int) Layer {
	state := uint64(1) // not 0, which xorshift never leaves
	mask := make([]uint64, (n+63)/64)
	threshold, scale := uint64(math.Round((1-p)*(1<<32))), float32(1/(1-p))
	return Layer{
		Seed: func(seed uint64) { state = (seed + 1) * 0x9E3779B97F4A7C15 },
		Forward: func(dst, src []float32) []float32 {
			s := state
			for w := range mask {
				n := min(len(src)-64*w, 64)
				y, x := dst[64*w:][:n], src[64*w:][:n]
				var word uint64
				for i := 0; i < n; i++ {
					s ^= s >> 12
					s ^= s << 25
					s ^= s >> 27
					r := s * 0x2545F4914F6CDD1D
					keep := (r>>32 - threshold) >> 63
					y[i] = math.Float32frombits(math.Float32bits(x[i]*scale) & -uint32(keep))
					word |= keep << i
					if i++; i < n {
						keep := (r&(1<<32-1) - threshold) >> 63
						y[i] = math.Float32frombits(math.Float32bits(x[i]*scale) & -uint32(keep))
						word |= keep << i
					}
				}
				mask[w] = word
			}
			state = s
			return dst
		},
		Backward: func(dst, grad []float32) []float32 {
			for w, word := range mask {
				n := min(len(grad)-64*w, 64)
				y, x := dst[64*w:][:n], grad[64*w:][:n]
				for i := range x {
					y[i] = math.Float32frombits(math.Float32bits(x[i]*scale) & -uint32(word&1))
					word >>= 1
				}
			}
			return dst
		},
		MaskBytes: 8 * len(mask),
	}
}
