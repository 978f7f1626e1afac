package nn

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/fusedrop/dropout"
)

// Pass takes batches through a network and back.
type Pass struct {
	net   Network
	noise Noise
	rows  int         // of the batch that went forward last
	acts  [][]float32 // acts[i] is the input of layer i after noise; the last, the logits
	grads [][]float32 // gradients of acts but for the first
}

// NewPass returns a Pass for batches of up to rows images.
func NewPass(net Network, noise Noise, rows int) *Pass {
	p := &Pass{net: net, noise: noise}
	for i, size := range net.Sizes() {
		p.acts = append(p.acts, make([]float32, rows*size))
		if i > 0 {
			p.grads = append(p.grads, make([]float32, rows*size))
		}
	}
	return p
}

// Forward returns the logits of a batch, valid until the next call. The noise of
// layer i, that of the input being 0, comes from the stream Derive(seed, i, step).
func (p *Pass) Forward(images []float32, seed, step uint64) []float32 {
	p.rows = len(images) / p.net[0].W.Rows
	p.noise.Input(p.act(0).Data, images, dropout.Derive(seed, 0, step))
	for i, l := range p.net {
		sums := p.act(i + 1)
		for row := range p.rows {
			copy(sums.Data[row*sums.Cols:], l.B)
		}
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, p.act(i), l.W, 1, sums)
		if i < len(p.net)-1 {
			p.noise.Hidden(i, sums.Data, dropout.Derive(seed, uint64(i+1), step))
		}
	}
	return p.act(len(p.net)).Data
}

// Backward sets grad to the gradient of the mean cross entropy of the batch that
// went forward last, and returns that cross entropy.
func (p *Pass) Backward(grad Network, labels []uint8) (loss float64) {
	last := len(p.net) - 1
	dLogits := p.grad(last)
	copy(dLogits.Data, p.act(last+1).Data)
	for row, label := range labels {
		probs := dLogits.Data[row*dLogits.Cols : (row+1)*dLogits.Cols]
		loss -= softmax(probs, int(label))
		probs[label]--
		for j := range probs {
			probs[j] /= float32(p.rows)
		}
	}
	for i := last; i >= 0; i-- {
		dSums := p.grad(i)
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, p.act(i), dSums, 0, grad[i].W)
		clear(grad[i].B)
		for row := range p.rows {
			for j, g := range dSums.Data[row*dSums.Cols : (row+1)*dSums.Cols] {
				grad[i].B[j] += g
			}
		}
		if i > 0 {
			dAct := p.grad(i - 1)
			blas32.Gemm(blas.NoTrans, blas.Trans, 1, dSums, p.net[i].W, 0, dAct)
			p.noise.Backward(i-1, dAct.Data, p.act(i).Data)
		}
	}
	return loss / float64(p.rows)
}

func (p *Pass) act(i int) blas32.General {
	if i == 0 {
		return p.matrix(p.acts[0], p.net[0].W.Rows)
	}
	return p.matrix(p.acts[i], p.net[i-1].W.Cols)
}

func (p *Pass) grad(i int) blas32.General { return p.matrix(p.grads[i], p.net[i].W.Cols) }

func (p *Pass) matrix(data []float32, columns int) blas32.General {
	return blas32.General{Rows: p.rows, Cols: columns, Stride: columns, Data: data[:p.rows*columns]}
}

// softmax turns logits into probabilities and returns the logarithm of the one of
// the label.
func softmax(logits []float32, label int) float64 {
	highest := logits[0]
	for _, x := range logits {
		highest = max(highest, x)
	}
	var sum float64
	of := float64(logits[label] - highest)
	for j, x := range logits {
		e := math.Exp(float64(x - highest))
		sum += e
		logits[j] = float32(e)
	}
	for j := range logits {
		logits[j] = float32(float64(logits[j]) / sum)
	}
	return of - math.Log(sum)
}
