//go:build (!amd64 && !arm64) || purego

package dropout

// archKernels returns no kernel: there is no assembly for this architecture, or
// the build tag purego leaves it out.
func archKernels() []*kernel { return nil }
