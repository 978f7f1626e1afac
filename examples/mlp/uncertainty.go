package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/fusedrop/dropout/examples/internal/dataset"
	"github.com/fusedrop/dropout/examples/internal/nn"
)

const (
	monteCarloPasses = 30
	monteCarloImages = 2000
	monteCarloSeed   = 1 << 32 // of streams that no training used
)

// reportUncertainty shows how far the entropy of predictions tells which of them
// are wrong: the network that was trained with dropout, once without noise and
// once with dropout at test time.
func reportUncertainty(out io.Writer, e *experiment) error {
	net, err := e.network(withDropout)
	if err != nil {
		return err
	}
	noise, err := methods[withDropout].noise(e.settings)
	if err != nil {
		return err
	}
	images := e.data.test.Slice(0, min(monteCarloImages, e.data.test.Len()))
	fmt.Fprintf(out, "\nUncertainty of the network trained with dropout and seed %d, %d test images: errors in percent, and the entropy\n"+
		"of the prediction, from 0 (certain) to 2.30 (no idea)\n", e.settings.Seed, images.Len())
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(w, "\terror\tof the most uncertain tenth\tof the others\tentropy where right\twhere wrong\tconfidence\n")
	for _, by := range []struct {
		name  string
		probs [][]float64
	}{
		{"one pass without dropout", nn.Predict(net, nn.None{}, images, 1, 0)},
		{fmt.Sprintf("Monte-Carlo dropout, %d passes", monteCarloPasses),
			nn.Predict(net, noise, images, monteCarloPasses, e.settings.Seed+monteCarloSeed)},
	} {
		u := measureUncertainty(by.probs, images)
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\n",
			by.name, 100*u.all, 100*u.uncertain, 100*u.others, u.entropyRight, u.entropyWrong, 100*u.confidence)
	}
	return w.Flush()
}

type uncertainty struct {
	all, uncertain, others     float64 // error rates: of all, the tenth of highest entropy, the rest
	entropyRight, entropyWrong float64 // means, in nats
	confidence                 float64 // mean of the highest probability
}

func measureUncertainty(probs [][]float64, images dataset.Set) uncertainty {
	type prediction struct {
		entropy float64
		wrong   int
	}
	predictions := make([]prediction, len(probs))
	var u uncertainty
	var entropy [2]float64
	var count [2]int
	for i, q := range probs {
		p := prediction{entropy: nn.Entropy(q)}
		if nn.Label(q) != images.Labels[i] {
			p.wrong = 1
		}
		predictions[i] = p
		entropy[p.wrong] += p.entropy
		count[p.wrong]++
		u.confidence += slices.Max(q) / float64(len(probs))
	}
	slices.SortStableFunc(predictions, func(a, b prediction) int {
		switch {
		case a.entropy > b.entropy:
			return -1
		case a.entropy < b.entropy:
			return 1
		}
		return 0
	})
	rate := func(part []prediction) float64 {
		wrong := 0
		for _, p := range part {
			wrong += p.wrong
		}
		return float64(wrong) / float64(max(1, len(part)))
	}
	tenth := (len(predictions) + 9) / 10
	u.all, u.uncertain, u.others = rate(predictions), rate(predictions[:tenth]), rate(predictions[tenth:])
	u.entropyRight, u.entropyWrong = entropy[0]/float64(max(1, count[0])), entropy[1]/float64(max(1, count[1]))
	return u
}
