// Package dataset holds labelled images.
package dataset

// Classes is the number of classes: digits, or the ten kinds of Fashion-MNIST.
const Classes = 10

// Set is a list of labelled images of one size.
type Set struct {
	Width, Height int
	Images        []float32 // image after image, row by row, from 0 to 1
	Labels        []uint8   // below Classes
}

// Len returns the number of images.
func (s Set) Len() int { return len(s.Labels) }

// Pixels returns the number of pixels of an image.
func (s Set) Pixels() int { return s.Width * s.Height }

// Slice returns images lo to hi-1, without copying them.
func (s Set) Slice(lo, hi int) Set {
	s.Images = s.Images[lo*s.Pixels() : hi*s.Pixels()]
	s.Labels = s.Labels[lo:hi]
	return s
}

// Gather copies the images with the given indices to dst, which has room for
// them.
func (s Set) Gather(dst Set, indices []int) {
	n := s.Pixels()
	for i, index := range indices {
		copy(dst.Images[i*n:(i+1)*n], s.Images[index*n:])
		dst.Labels[i] = s.Labels[index]
	}
}

// Make returns a set of n blank images of the size of those of s.
func (s Set) Make(n int) Set {
	s.Images = make([]float32, n*s.Pixels())
	s.Labels = make([]uint8, n)
	return s
}
