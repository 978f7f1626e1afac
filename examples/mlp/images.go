package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/examples/internal/dataset"
	"github.com/fusedrop/dropout/examples/internal/digits"
	"github.com/fusedrop/dropout/examples/internal/idx"
)

// images are what all methods train on and are tested on.
type images struct {
	train []dataset.Set // for each seed
	test  dataset.Set
}

// Parts of the images of a seed.
const (
	trainPart = iota
	testPart
	validationPart
)

// load returns images for the seeds of s: rendered ones, or for each seed a random
// choice of MNIST's. For a search, the test images are none that a comparison is
// tested on: other renderings, or the last of MNIST's training images.
func load(s settings) (images, error) {
	if s.MNIST == "" {
		part := uint64(testPart)
		if s.search {
			part = validationPart
		}
		data := images{test: digits.Render(s.Test, s.Seed, part)}
		for i := range s.Seeds {
			data.train = append(data.train, digits.Render(s.Train, s.Seed+uint64(i), trainPart))
		}
		return data, nil
	}

	all, test, err := idx.Load(s.MNIST)
	if err != nil {
		return images{}, err
	}
	if s.search {
		n := all.Len() * 5 / 6
		all, test = all.Slice(0, n), all.Slice(n, all.Len())
	}
	train, tested := s.Train, s.Test
	if train == 0 {
		train = all.Len()
	}
	if tested == 0 {
		tested = test.Len()
	}
	if train > all.Len() {
		return images{}, fmt.Errorf("-train: %d, but there are %d images in %s", train, all.Len(), s.MNIST)
	}
	data := images{test: test.Slice(0, min(tested, test.Len()))}
	for i := range s.Seeds {
		rng := rand.New(dropout.Derive(s.Seed+uint64(i), trainPart))
		chosen := all.Make(train)
		all.Gather(chosen, rng.Perm(all.Len())[:train])
		data.train = append(data.train, chosen)
	}
	return data, nil
}
