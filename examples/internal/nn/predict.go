package nn

import (
	"math"

	"github.com/fusedrop/dropout/examples/internal/dataset"
)

const predictRows = 100

// ErrorRate returns the share of images that the network, without noise, gives a
// wrong label.
func ErrorRate(net Network, images dataset.Set) float64 {
	wrong := 0
	for i, label := range labels(Predict(net, None{}, images, 1, 0)) {
		if label != images.Labels[i] {
			wrong++
		}
	}
	return float64(wrong) / float64(images.Len())
}

// Predict returns the probabilities of all classes for each image, averaged over
// so many passes with noise: with dropout, this is Monte-Carlo dropout (Gal and
// Ghahramani, "Dropout as a Bayesian Approximation", 2016). Pass i has the noise
// of step i under seed; images that are predicted together have it from one
// stream.
func Predict(net Network, noise Noise, images dataset.Set, passes int, seed uint64) [][]float64 {
	probs := make([][]float64, images.Len())
	p := NewPass(net, noise, predictRows)
	for start := 0; start < images.Len(); start += predictRows {
		batch := images.Slice(start, min(start+predictRows, images.Len()))
		for row := range batch.Len() {
			probs[start+row] = make([]float64, dataset.Classes)
		}
		for i := range passes {
			step := uint64(start/predictRows*passes + i)
			logits := p.Forward(batch.Images, seed, step)
			for row := range batch.Len() {
				l := logits[row*dataset.Classes : (row+1)*dataset.Classes]
				softmax(l, 0)
				for j, q := range l {
					probs[start+row][j] += float64(q) / float64(passes)
				}
			}
		}
	}
	return probs
}

// labels returns the most probable class of each image.
func labels(probs [][]float64) []uint8 {
	out := make([]uint8, len(probs))
	for i, q := range probs {
		out[i] = Label(q)
	}
	return out
}

// Label returns the most probable class.
func Label(probs []float64) uint8 {
	best := 0
	for j, q := range probs {
		if q > probs[best] {
			best = j
		}
	}
	return uint8(best)
}

// Entropy returns the entropy of a prediction in nats: 0 where it is certain, log
// 10 where it has no idea.
func Entropy(probs []float64) float64 {
	var h float64
	for _, q := range probs {
		if q > 0 {
			h -= q * math.Log(q)
		}
	}
	return h
}
