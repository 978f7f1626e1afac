package dropout

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// Constants of setseq_64_rxs_m_xs_64: the default multiplier of PCG's 64-bit
// generators and the multiplier of the RXS M XS output function.
//
// M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically
// Good Algorithms for Random Number Generation", HMC-CS-2014-0905, 2014, and
// PCG_DEFAULT_MULTIPLIER_64 and pcg_output_rxs_m_xs_64_64 in its C library.
const (
	lcgMul = 6364136223846793005
	outMul = 12605985483714917081
)

// PCG is a stream of random words: the generator setseq_64_rxs_m_xs_64 of the
// PCG family (O'Neill 2014), bit for bit the one the C library calls
// pcg_setseq_64_rxs_m_xs_64_random_r.
//
//	step    s ← s·6364136223846793005 + inc (mod 2^64), inc odd
//	output  w = ((s >> ((s >> 59) + 5)) ^ s)·12605985483714917081 ; w ^ (w >> 43)
//
// Uint64 returns the output of the state before the step. The period is 2^64
// words.
//
// A PCG is a value: copy it to remember a position of the stream. The zero
// value is a valid stream (state 0, inc 1), the same one in every program;
// use [Derive] or [NewPCG] for one of your own. PCG is not meant for
// cryptography.
//
// Two places of one stream that lie a large power of two apart are correlated,
// a property of every generator whose state is a 64-bit LCG. Words less than 2^26
// positions apart (2^29 elements), and words of any two streams from Derive, may
// be treated as independent; do not cut one stream into longer shards, derive a
// stream for each instead. docs/mask.md has the measurements.
//
// A PCG must not be used by several goroutines at once; give each its own, by
// Derive or by copying and advancing.
type PCG struct {
	state  uint64
	stream uint64 // inc = stream<<1 | 1, so that every PCG has an odd inc
}

// NewPCG returns the stream that the C library's
// pcg_setseq_64_srandom_r(seed, stream) gives. The top bit of stream is not
// used: a 64-bit LCG has 2^63 increments.
//
// Neighbouring seeds of one stream are places of one sequence and neighbouring
// streams are related sequences; where several streams are needed together, as
// for layers, steps and shards, use [Derive].
func NewPCG(seed, stream uint64) *PCG {
	r := &PCG{stream: stream &^ (1 << 63)}
	r.Seed(seed)
	return r
}

// Derive returns the stream of a list of identifiers, as of layer, step and
// shard, under a seed. All words of seed and ids, their order and their number
// are hashed into both the state and the increment, so that lists which differ
// in any way, however little, give unrelated streams.
//
// The hash absorbs one word at a time into 128 bits of state with the finalizer
// of SplitMix64 (variant 13 of D. Stafford, "Better Bit Mixing", 2011), a
// bijection of the 128 bits for every word; its increment is the golden ratio
// 2^64/φ of the same generator (Steele, Lea and Flood, OOPSLA 2014).
func Derive(seed uint64, ids ...uint64) *PCG {
	r := derive(seed, ids)
	return &r
}

func derive(seed uint64, ids []uint64) PCG {
	var lo, hi uint64 = outMul, lcgMul
	absorb := func(x uint64) {
		lo = mix64(lo ^ x)
		hi = mix64(hi + lo + golden)
	}
	absorb(seed)
	for _, id := range ids {
		absorb(id)
	}
	absorb(uint64(len(ids)))
	absorb(golden)
	return PCG{state: lo, stream: hi >> 1}
}

// golden is 2^64/φ rounded to odd.
const golden = 0x9E3779B97F4A7C15

func mix64(x uint64) uint64 {
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// inc returns the increment of the LCG.
func (r *PCG) inc() uint64 { return r.stream<<1 | 1 }

// Uint64 returns the next word of the stream.
func (r *PCG) Uint64() uint64 {
	w := output(r.state)
	r.state = r.state*lcgMul + r.inc()
	return w
}

// output is RXS M XS, the output function of the stream.
func output(s uint64) uint64 {
	w := (s>>((s>>59+5)&63) ^ s) * outMul // &63 spares the compiler a check
	return w ^ w>>43
}

// Seed puts r where NewPCG(seed, stream) starts, for the stream r is on.
// With Uint64 it makes *PCG a Source of golang.org/x/exp/rand.
func (r *PCG) Seed(seed uint64) {
	r.state = (r.inc()+seed)*lcgMul + r.inc()
}

// Advance moves r ahead by words words, as that many calls of Uint64 would, in
// at most 64 steps. It wraps around the period 2^64: Advance(-n), with n a
// uint64, goes back by n words.
func (r *PCG) Advance(words uint64) {
	r.state = jump(r.state, lcgMul, r.inc(), words)
}

// skip moves r ahead by the words that n mask words are made of.
func (r *PCG) skip(n int) {
	r.state = jump(r.state, maskMul, maskSum*r.inc(), uint64(n))
}

// from returns the stream from the mask word of element i on.
func (r PCG) from(i int) PCG {
	r.skip(i / 64)
	return r
}

// jump returns s after n steps s ← s·mul + add, by squaring (F. Brown, "Random
// Number Generation with Arbitrary Strides", 1994).
func jump(s, mul, add, n uint64) uint64 {
	for ; n != 0; n >>= 1 {
		if n&1 != 0 {
			s = s*mul + add
		}
		add *= mul + 1
		mul *= mul
	}
	return s
}

// One step of maskMul and maskSum·inc is planes steps of the LCG: A^8 and
// (A^8-1)/(A-1) = (1+A)(1+A²)(1+A⁴), modulo 2^64.
const (
	lcgMul2 = lcgMul * lcgMul % (1 << 64)
	lcgMul4 = lcgMul2 * lcgMul2 % (1 << 64)
	maskMul = lcgMul4 * lcgMul4 % (1 << 64)
	maskSum = (1 + lcgMul) * (1 + lcgMul2) % (1 << 64) * (1 + lcgMul4) % (1 << 64)
)

// The encoding of a PCG: a magic, state and increment in big-endian order, and
// the IEEE CRC-32 of all that.
const (
	pcgMagic = "pcg:rxsmxs64"
	pcgSize  = len(pcgMagic) + 8 + 8 + 4
)

// AppendBinary appends the encoding of r, 32 bytes, to b.
// It never fails; the error is there for [encoding.BinaryAppender].
func (r *PCG) AppendBinary(b []byte) ([]byte, error) {
	start := len(b)
	b = append(b, pcgMagic...)
	b = binary.BigEndian.AppendUint64(b, r.state)
	b = binary.BigEndian.AppendUint64(b, r.inc())
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start:])), nil
}

// MarshalBinary returns the encoding of r, for [encoding.BinaryMarshaler].
func (r *PCG) MarshalBinary() ([]byte, error) {
	return r.AppendBinary(make([]byte, 0, pcgSize))
}

var errPCGEncoding = errors.New("dropout: PCG: not an encoding of a PCG, or a damaged one")

// UnmarshalBinary sets r to the stream and position encoded in data. Where data
// is not what MarshalBinary returns, it gives an error and leaves r as it was.
func (r *PCG) UnmarshalBinary(data []byte) error {
	if len(data) != pcgSize || string(data[:len(pcgMagic)]) != pcgMagic {
		return errPCGEncoding
	}
	body := data[:pcgSize-4]
	state := binary.BigEndian.Uint64(body[len(pcgMagic):])
	inc := binary.BigEndian.Uint64(body[len(pcgMagic)+8:])
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(data[pcgSize-4:]) || inc&1 == 0 {
		return errPCGEncoding
	}
	*r = PCG{state: state, stream: inc >> 1}
	return nil
}
