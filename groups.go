package dropout

import "fmt"

// ForwardGroups is Forward with one draw for each group of contiguous elements:
//
//	dst[i] = keep[i/group] ? src[i]·scale : +0
//
// On channel-first data this is Dropout1d, 2d and 3d with the size of a channel
// as group (Tompson et al., CVPR 2015), and stochastic depth with the size of a
// sample (Huang et al., ECCV 2016). mask has one bit per group, and rng advances
// by 8·⌈n/64⌉ words for n groups.
//
// It panics if group is less than 1 or does not divide the length of src, and as
// Forward does.
func (d Dropout) ForwardGroups(dst, src []float32, group int, mask Mask, rng *PCG) {
	const fn = "ForwardGroups"
	checkForward(fn, dst, src, nil, rng)
	groups := checkGroup(fn, len(src), "src", group)
	if mask != nil {
		checkMask(fn, mask, groups)
	}
	if group == 1 {
		d.Forward(dst, src, mask, rng)
		return
	}
	raceForward(dst, src, mask, groups)
	at := *rng
	rng.skip(maskWords(groups))
	if mask != nil {
		d.drawPart(mask, groups, at)
	}
	d.groups(dst, src, group, mask, at)
}

// BackwardGroups is Backward with the mask of ForwardGroups:
//
//	dst[i] = keep[i/group] ? grad[i]·scale : +0
//
// It panics if group is less than 1 or does not divide the length of grad, and as
// Backward does.
func (d Dropout) BackwardGroups(dst, grad []float32, group int, mask Mask) {
	const fn = "BackwardGroups"
	checkSlices(fn, dst, "grad", grad)
	groups := checkGroup(fn, len(grad), "grad", group)
	checkMask(fn, mask, groups)
	raceBackward(dst, grad, mask, groups)
	d.groups(dst, grad, group, mask, PCG{})
}

func checkGroup(fn string, n int, name string, group int) (groups int) {
	if group < 1 {
		panic(fmt.Sprintf("dropout: %s: group is %d, want at least 1", fn, group))
	}
	if n%group != 0 {
		panic(fmt.Sprintf("dropout: %s: %s has %d elements, not a multiple of group's %d", fn, name, n, group))
	}
	return n / group
}

// groups applies the mask of groups, or the one drawn at at if it is nil.
func (d Dropout) groups(dst, src []float32, group int, mask Mask, at PCG) {
	if stream := active.streams(dst, src); d.splits(len(dst)) {
		d.groupsParallel(dst, src, group, mask, at, stream)
	} else {
		d.groupsPart(dst, src, 0, group, mask, at, stream)
	}
}

func (d Dropout) groupsParallel(dst, src []float32, group int, mask Mask, at PCG, stream bool) {
	d.parallel(len(dst), func(lo, hi int) {
		d.groupsPart(dst[lo:hi], src[lo:hi], lo, group, mask, at, stream)
	})
}

// groupsPart is groups for dst and src from element first on. Block by block it
// spreads the bits of the groups over their elements and applies that.
func (d Dropout) groupsPart(dst, src []float32, first, group int, mask Mask, at PCG, stream bool) {
	// Groups have two elements at least; a block may begin and end inside one.
	var drawn [blockWords/2 + 2]uint64
	var spread [blockWords]uint64
	kept, m := drawn[:], spread[:]
	for len(dst) > 0 {
		n := min(len(dst), blockLen)
		g, last := first/group, (first+n-1)/group
		words := mask.from(g)
		if mask == nil {
			words = kept[:last/64-g/64+1]
			d.fill(words, 64*len(words), at.from(g), nil)
		}
		spreadGroups(m[:maskWords(n)], n, words, g%64, first%group, group)
		d.backwardPart(dst[:n], src[:n], m, stream)
		dst, src, first = dst[n:], src[n:], first+n
	}
}

// spreadGroups writes the mask m of n elements, of which the first is element
// offset of the group whose bit is bit g of kept.
func spreadGroups(m []uint64, n int, kept []uint64, g, offset, group int) {
	if group%64 == 0 && offset%64 == 0 {
		for i := range m {
			m[i] = -(kept[g/64] >> (g % 64) & 1)
			if offset += 64; offset == group {
				offset = 0
				g++
			}
		}
		return
	}
	clear(m)
	for lo, hi := 0, 0; lo < n; lo = hi {
		hi = min(lo+group-offset, n)
		offset = 0
		ones := -(kept[g/64] >> (g % 64) & 1)
		g++
		i, j := lo/64, (hi-1)/64
		head, tail := ones<<(lo%64), ones>>(63-(hi-1)%64)
		if i == j {
			m[i] |= head & tail
			continue
		}
		m[i] |= head
		for i++; i < j; i++ {
			m[i] = ones
		}
		m[j] = tail
	}
}
