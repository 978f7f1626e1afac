package stats

import (
	"math"
	"slices"

	"github.com/fusedrop/dropout"
)

// NormalDefect is a generator of normal variates that is wrong in one way.
type NormalDefect struct {
	NormalGenerator
	Doc string

	// Invisible defects leave the variates as random as they were and merely
	// different: only [NormalDefinition] finds them.
	Invisible bool
}

// NormalDefects are mistakes that a kernel or a definition can plausibly make.
// The first is none.
var NormalDefects = []NormalDefect{
	altered("none", "no defect", func([]float32) {}),
	altered("scaled", "z is 0.1 % too large", func(z []float32) {
		for i := range z {
			z[i] *= 1.001
		}
	}),
	altered("shifted", "z is 0.002 too large", func(z []float32) {
		for i := range z {
			z[i] += 0.002
		}
	}),
	altered("clipped", "|z| is 4 at most", func(z []float32) {
		for i, x := range z {
			z[i] = min(max(x, -4), 4)
		}
	}),
	altered("radius-16", "the radius is drawn with 16 bits: it has 65,536 values and ends at 4.9", coarseRadius),
	altered("angle-half", "the angle's top bit is lost: no sine is negative", eachWord(func(cos, sin float32) (float32, float32) {
		return cos, abs(sin)
	})),
	altered("angle-8", "the angle has 8 bits", eachWord(func(cos, sin float32) (float32, float32) {
		r := math.Hypot(float64(cos), float64(sin))
		angle := (math.Floor(math.Atan2(float64(sin), float64(cos))*128/math.Pi) + 0.5) * math.Pi / 128
		return float32(r * math.Cos(angle)), float32(r * math.Sin(angle))
	})),
	altered("pair-duplicated", "both variates of a word are the cosine", eachWord(func(cos, _ float32) (float32, float32) {
		return cos, cos
	})),
	unseen("pair-swapped", "sine and cosine are swapped, as random as before", eachWord(func(cos, sin float32) (float32, float32) {
		return sin, cos
	})),
	altered("lane-scaled", "one place in 16 is 1 % too large", func(z []float32) {
		for i := 5; i < len(z); i += normalGroup {
			z[i] *= 1.01
		}
	}),
	altered("block-repeated", "every second block of 1024 is the one before", func(z []float32) {
		for ; len(z) >= 2048; z = z[2048:] {
			copy(z[1024:2048], z[:1024])
		}
	}),
	altered("group-repeated", "one group in 64 is the one 16 groups before", func(z []float32) {
		for ; len(z) >= 1024; z = z[1024:] {
			copy(z[512:528], z[256:272])
		}
	}),
	altered("four-uniforms", "z is a sum of four uniform variates", fourUniforms),
	{Doc: "ids are added to the seed: id 1 of a seed is id 0 of the next", NormalGenerator: NormalGenerator{
		Name: "normal-seed+id",
		Stream: func(seed uint64, ids ...uint64) NormalStream {
			return &packageNormals{dropout.NewPCG(seed+last(ids), 54)}
		},
	}},
}

func altered(name, doc string, alter func(z []float32)) NormalDefect {
	return NormalDefect{Doc: doc, NormalGenerator: NormalGenerator{
		Name: "normal-" + name,
		Stream: func(seed uint64, ids ...uint64) NormalStream {
			return &alteredNormals{packageNormals{dropout.Derive(seed, ids...)}, alter}
		},
	}}
}

func unseen(name, doc string, alter func(z []float32)) NormalDefect {
	d := altered(name, doc, alter)
	d.Invisible = true
	return d
}

// alteredNormals are the variates of the package after a change.
type alteredNormals struct {
	packageNormals
	alter func(z []float32)
}

func (s *alteredNormals) Fill(z []float32) {
	s.packageNormals.Fill(z)
	s.alter(z)
}

// eachWord changes the two variates of each word.
func eachWord(f func(cos, sin float32) (float32, float32)) func(z []float32) {
	return func(z []float32) {
		for ; len(z) >= normalGroup; z = z[normalGroup:] {
			for j := range normalGroup / 2 {
				z[j], z[j+8] = f(z[j], z[j+8])
			}
		}
	}
}

func coarseRadius(z []float32) {
	eachWord(func(cos, sin float32) (float32, float32) {
		r2 := float64(cos)*float64(cos) + float64(sin)*float64(sin)
		u := (math.Floor(math.Exp(-r2/2)*(1<<16)) + 0.5) / (1 << 16)
		scale := math.Sqrt(-2 * math.Log(min(u, 1-0x1p-17)) / r2)
		return float32(float64(cos) * scale), float32(float64(sin) * scale)
	})(z)
}

// fourUniforms turns each variate into a uniform one, and four of them into a sum
// of variance 1.
func fourUniforms(z []float32) {
	for i, x := range z {
		z[i] = float32(phi(float64(x)))
	}
	var sums [4]float32
	for ; len(z) >= 4; z = z[4:] {
		for k := range sums {
			sums[k] = 0
			for j := range sums {
				// A Hadamard matrix keeps the four sums uncorrelated.
				u := z[j] - 0.5
				if [4]int{0b0000, 0b1010, 0b1100, 0b0110}[k]>>j&1 != 0 {
					u = -u
				}
				sums[k] += u
			}
		}
		for k, sum := range sums {
			z[k] = sum * 1.7320508 // √3: a uniform variate has the variance 1/12
		}
	}
}

// FindNormalDefect returns the defect called name.
func FindNormalDefect(name string) (NormalDefect, bool) {
	i := slices.IndexFunc(NormalDefects, func(d NormalDefect) bool { return d.Name == name })
	if i < 0 {
		return NormalDefect{}, false
	}
	return NormalDefects[i], true
}
