package main

import (
	"encoding/binary"
	"fmt"
	"hash"
	"math"
	"math/rand/v2"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/internal/reference"
)

// variantsUpTo is the size up to which the variants are verified, and up to which
// all of them are timed unless -ops asks for more. They share the generators with
// the operations that are verified beyond.
const variantsUpTo = 2 << 20

// zTolerance is how far a normal variate may be from that of double precision.
const zTolerance = 3e-5

// variants compares every variant with the steps that the reference takes, and
// writes what Gaussian made to sum.
func (v verification) variants(sum hash.Hash) error {
	l, err := newLayer(v.p, v.workers)
	if err != nil {
		return err
	}
	buf := newBuffers(v.n, true)
	hardenValues(buf.src)
	noise := rand.New(rand.NewPCG(1, 2))
	for _, x := range [][]float32{buf.residual, buf.row} {
		for i := range x {
			x[i] = float32(noise.NormFloat64())
		}
	}
	c := &variantCheck{
		layer:  l,
		buf:    buf,
		t:      reference.Threshold(v.p),
		at:     *dropout.NewPCG(42, stream),
		source: v.source,
	}
	c.keep = reference.Keep(v.n, c.t, c.source())
	for _, check := range []struct {
		call string
		run  func() error
	}{
		{"ForwardReLU", c.relu},
		{"ForwardResidual", c.residual},
		{"BackwardBias", c.bias},
		{"ForwardGroups and BackwardGroups", c.groups},
		{"Alpha", c.alpha},
		{"Gaussian", func() error { return c.gaussian(sum) }},
	} {
		for i := range buf.dst {
			buf.dst[i] = float32(math.NaN())
		}
		if err := check.run(); err != nil {
			return fmt.Errorf("in %s, %w", check.call, err)
		}
	}
	return nil
}

// variantCheck is what the checks of the variants share: a layer, its buffers,
// and what the reference keeps at T = t from the place at of the stream on.
type variantCheck struct {
	layer
	buf    *buffers
	t      uint64
	at     dropout.PCG
	source func() reference.Source // at at
	keep   []bool
}

func (c *variantCheck) relu() error {
	rng := c.at
	c.dropout.ForwardReLU(c.buf.dst, c.buf.src, c.buf.mask, &rng)
	keep := reference.ReLU(c.buf.src, c.keep)
	return c.drew(keep, &rng, reference.Scaled(c.buf.src, keep, c.t))
}

func (c *variantCheck) residual() error {
	rng := c.at
	c.dropout.ForwardResidual(c.buf.dst, c.buf.src, c.buf.row, c.buf.residual, c.buf.mask, &rng)
	want := reference.Apply(reference.Add(c.buf.src, c.buf.row), c.keep, c.t)
	want = reference.Add(c.buf.residual, want)
	// A sum of two NaN has the bits of either, as the compiler orders them.
	sameNaN(want)
	sameNaN(c.buf.dst)
	return c.drew(c.keep, &rng, want)
}

func (c *variantCheck) bias() error {
	rng := c.at
	c.dropout.Draw(c.buf.mask, len(c.keep), &rng)
	sums := append([]float32(nil), c.buf.row...)
	c.dropout.BackwardBias(c.buf.dst, sums, c.buf.residual, c.buf.mask)
	want := reference.Apply(c.buf.residual, c.keep, c.t)
	if err := sameBits("dbias", sums, reference.ColumnSums(c.buf.row, want)); err != nil {
		return err
	}
	return c.drew(c.keep, &rng, want)
}

func (c *variantCheck) groups() error {
	rng := c.at
	keep := c.keep[:len(c.keep)/c.buf.group]
	mask := c.buf.mask[:dropout.MaskWords(len(keep))]
	c.dropout.ForwardGroups(c.buf.dst, c.buf.src, c.buf.group, mask, &rng)
	want := reference.Apply(c.buf.src, reference.Spread(keep, c.buf.group), c.t)
	if err := c.drew(keep, &rng, want); err != nil {
		return err
	}
	clear(c.buf.dst)
	c.dropout.BackwardGroups(c.buf.dst, c.buf.src, c.buf.group, mask)
	return sameBits("the gradient", c.buf.dst, want)
}

func (c *variantCheck) alpha() error {
	rng := c.at
	c.layer.alpha.Forward(c.buf.dst, c.buf.src, c.buf.mask, &rng)
	want, gradient := make([]float32, len(c.keep)), make([]float32, len(c.keep))
	a, b, dropped := reference.Alpha(c.t)
	for i, x := range c.buf.src {
		switch {
		case c.t == 1<<32:
			want[i], gradient[i] = x, x
		case c.keep[i]:
			want[i], gradient[i] = float32(float32(a)*x)+float32(b), float32(a)*x
		default:
			want[i] = float32(dropped)
		}
	}
	if err := c.drew(c.keep, &rng, want); err != nil {
		return err
	}
	clear(c.buf.dst)
	c.layer.alpha.Backward(c.buf.dst, c.buf.src, c.buf.mask)
	if err := sameBits("the gradient", c.buf.dst, gradient); err != nil {
		return err
	}
	clear(c.buf.dst)
	c.layer.alpha.BackwardAt(c.buf.dst, c.buf.src, c.at)
	return sameBits("the gradient without a mask", c.buf.dst, gradient)
}

// gaussian compares with double precision, which is all that the reference has;
// that the kernels agree bit by bit shows in sum.
func (c *variantCheck) gaussian(sum hash.Hash) error {
	rng := c.at
	n := len(c.buf.dst)
	c.layer.gaussian.Forward(c.buf.dst, c.buf.src, &rng)
	end := c.at
	end.Advance(8 * uint64((n+15)/16))
	if rng != end {
		return fmt.Errorf("the stream is elsewhere than 8 words for each 16 elements on")
	}
	p := c.layer.gaussian.P()
	sigma := float64(float32(math.Sqrt(p / (1 - p))))
	for i, z := range reference.Normals(n, c.source()) {
		x, got := float64(c.buf.src[i]), float64(c.buf.dst[i])
		if !(math.Abs(x) < 1e30) {
			continue // NaN, infinite, or nearly: sum is what compares these
		}
		// Three roundings to 24 bits, of σz, of 1+σz and of the product, or the
		// spacing of subnormal numbers.
		tolerance := math.Abs(x)*(zTolerance*sigma+(2+3*sigma*math.Abs(z))/(1<<24)) + math.SmallestNonzeroFloat32
		if want := x * (1 + sigma*z); !(math.Abs(got-want) <= tolerance) {
			return fmt.Errorf("element %d is %v, want %v within %.2g", i, got, want, tolerance)
		}
	}
	var bits [4]byte
	for _, y := range c.buf.dst {
		binary.LittleEndian.PutUint32(bits[:], math.Float32bits(y))
		sum.Write(bits[:])
	}
	again := make([]float32, n)
	c.layer.gaussian.BackwardAt(again, c.buf.src, c.at)
	return sameBits("the gradient", again, c.buf.dst)
}

// drew checks dst, the mask of keep and the place of the stream after drawing it.
func (c *variantCheck) drew(keep []bool, rng *dropout.PCG, want []float32) error {
	if err := sameBits("dst", c.buf.dst, want); err != nil {
		return err
	}
	for i, want := range reference.Pack(keep) {
		if got := c.buf.mask[i]; got != want {
			return fmt.Errorf("mask word %d is %016x, want %016x", i, got, want)
		}
	}
	end := c.at
	end.Advance(8 * uint64(dropout.MaskWords(len(keep))))
	if *rng != end {
		return fmt.Errorf("the stream is elsewhere than 8 words for each 64 elements on")
	}
	return nil
}

// sameBits returns the first difference of two slices as an error.
func sameBits(name string, got, want []float32) error {
	if i, ok := differ(got, want); ok {
		return fmt.Errorf("element %d of %s is %v (%08x), want %v (%08x)", i, name,
			got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
	}
	return nil
}

// sameNaN gives all NaN in x the same bits.
func sameNaN(x []float32) {
	for i, v := range x {
		if v != v {
			x[i] = float32(math.NaN())
		}
	}
}
