// Package idx reads the files of MNIST and of data sets in its format, such as
// Fashion-MNIST (http://yann.lecun.com/exdb/mnist has the format).
package idx

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fusedrop/dropout/examples/internal/dataset"
)

// Load reads the training and the test set in dir: train-images-idx3-ubyte,
// train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each
// plain or with .gz at the end.
func Load(dir string) (train, test dataset.Set, err error) {
	if train, err = load(dir, "train"); err != nil {
		return train, test, err
	}
	if test, err = load(dir, "t10k"); err != nil {
		return train, test, err
	}
	if train.Width != test.Width || train.Height != test.Height {
		return train, test, fmt.Errorf("%s: training images have %d×%d pixels, test images %d×%d",
			dir, train.Width, train.Height, test.Width, test.Height)
	}
	return train, test, nil
}

func load(dir, part string) (dataset.Set, error) {
	images, imagesFile, err := read(dir, part+"-images-idx3-ubyte", 3)
	if err != nil {
		return dataset.Set{}, err
	}
	labels, labelsFile, err := read(dir, part+"-labels-idx1-ubyte", 1)
	if err != nil {
		return dataset.Set{}, err
	}
	n := images.dims[0]
	if n != labels.dims[0] {
		return dataset.Set{}, fmt.Errorf("%s has %d images, %s has %d labels", imagesFile, n, labelsFile, labels.dims[0])
	}
	if len(images.data) == 0 {
		return dataset.Set{}, fmt.Errorf("%s has no pixels: its sizes are %v", imagesFile, images.dims)
	}
	for i, label := range labels.data {
		if label >= dataset.Classes {
			return dataset.Set{}, fmt.Errorf("%s: label %d is %d, want at most %d", labelsFile, i, label, dataset.Classes-1)
		}
	}
	set := dataset.Set{
		Height: images.dims[1],
		Width:  images.dims[2],
		Images: make([]float32, len(images.data)),
		Labels: labels.data,
	}
	for i, b := range images.data {
		set.Images[i] = float32(b) / 255
	}
	return set, nil
}

// read reads name or name.gz in dir and returns which of them it was.
func read(dir, name string, dims int) (array, string, error) {
	file := filepath.Join(dir, name)
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		file += ".gz"
		f, err = os.Open(file)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return array{}, "", fmt.Errorf("%s has neither %s nor %s.gz", dir, name, name)
	}
	if err != nil {
		return array{}, "", err
	}
	defer f.Close()
	var r io.Reader = bufio.NewReader(f)
	if strings.HasSuffix(file, ".gz") {
		zipped, err := gzip.NewReader(r)
		if err != nil {
			return array{}, "", fmt.Errorf("%s: %w", file, err)
		}
		defer zipped.Close()
		r = zipped
	}
	a, err := decode(r, dims)
	if err != nil {
		return array{}, "", fmt.Errorf("%s: %w", file, err)
	}
	return a, file, nil
}

// array is bytes in so many dimensions, of which the last varies fastest.
type array struct {
	dims []int
	data []byte
}

// maxBytes is more than any data set of this kind has.
const maxBytes = 1 << 30

// decode reads an array of unsigned bytes: a magic number, 0x08 for the type and
// the number of dimensions, the dimensions, all big-endian, and then the bytes.
func decode(r io.Reader, dims int) (array, error) {
	header := make([]byte, 4+4*dims)
	if _, err := io.ReadFull(r, header[:4]); err != nil {
		return array{}, truncated(err, "its magic number")
	}
	if magic, want := binary.BigEndian.Uint32(header), 0x0800|uint32(dims); magic != want {
		return array{}, fmt.Errorf("begins with %#08x, want %#08x: not an IDX file of bytes in %d dimensions", magic, want, dims)
	}
	if _, err := io.ReadFull(r, header[4:]); err != nil {
		return array{}, truncated(err, "its header")
	}
	a := array{}
	size := int64(1)
	for i := range dims {
		d := binary.BigEndian.Uint32(header[4+4*i:])
		a.dims = append(a.dims, int(d))
		// size is at most maxBytes and d below 2^32: no overflow.
		if size *= int64(d); size > maxBytes {
			return array{}, fmt.Errorf("the header says more than %d bytes: dimensions from %v on", maxBytes, a.dims)
		}
	}

	// The buffer grows with what is there, not with what the header says; one byte
	// more is asked for to see that nothing follows.
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(r, size+1))
	switch {
	case err != nil:
		return array{}, truncated(err, fmt.Sprintf("byte %d of %d", n, size))
	case n < size:
		return array{}, fmt.Errorf("truncated: %d bytes after the header, which says %d for dimensions %v", n, size, a.dims)
	case n > size:
		return array{}, fmt.Errorf("goes on after the %d bytes that its header says, dimensions %v", size, a.dims)
	}
	a.data = b.Bytes()
	return a, nil
}

func truncated(err error, where string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("truncated: ends within %s", where)
	}
	return fmt.Errorf("at %s: %w", where, err)
}
