package main

import (
	"encoding/binary"
	"io"

	"github.com/fusedrop/dropout"
)

// writeRaw writes the words of a stream to w, little-endian, until that fails,
// and returns the error. They come from the kernel: a mask at p = 1/2 is the
// complement of plane 0, and of plane k for a stream advanced by k words.
func writeRaw(w io.Writer, seed uint64) error {
	half, err := dropout.New(0.5)
	if err != nil {
		return err
	}
	const words = 1 << 10
	var planes [8]*dropout.PCG
	for k := range planes {
		planes[k] = dropout.Derive(seed)
		planes[k].Advance(uint64(k))
	}
	mask, out := make(dropout.Mask, words), make([]byte, 8*8*words)
	for {
		for k, rng := range planes {
			half.Draw(mask, 64*words, rng)
			for i, m := range mask {
				binary.LittleEndian.PutUint64(out[8*(8*i+k):], ^m)
			}
		}
		if _, err := w.Write(out); err != nil {
			return err
		}
	}
}
