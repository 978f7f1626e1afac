package reference

import "math/big"

// Stream is setseq_64_rxs_m_xs_64 in arithmetic of unlimited size, reduced
// modulo 2^64 where its definition says so.
type Stream struct {
	state, inc *big.Int
}

var (
	modulus    = new(big.Int).Lsh(big.NewInt(1), 64)
	multiplier = big.NewInt(6364136223846793005)
	outputMul  = new(big.Int).SetUint64(12605985483714917081)
)

// NewStream seeds a Stream as the C library's srandom does.
func NewStream(seed, stream uint64) *Stream {
	s := &Stream{state: new(big.Int), inc: new(big.Int).SetUint64(stream)}
	s.inc.Lsh(s.inc, 1).Add(s.inc, big.NewInt(1)).Mod(s.inc, modulus)
	s.step()
	s.state.Add(s.state, new(big.Int).SetUint64(seed)).Mod(s.state, modulus)
	s.step()
	return s
}

func (s *Stream) step() {
	s.state.Mul(s.state, multiplier).Add(s.state, s.inc).Mod(s.state, modulus)
}

// Uint64 returns the output of the state before the step.
func (s *Stream) Uint64() uint64 {
	shift := new(big.Int).Rsh(s.state, 59).Uint64() + 5
	w := new(big.Int).Rsh(s.state, uint(shift))
	w.Xor(w, s.state).Mul(w, outputMul).Mod(w, modulus)
	w.Xor(w, new(big.Int).Rsh(w, 43))
	s.step()
	return w.Uint64()
}

// Advance moves s by n words, forwards or backwards, n reduced modulo the
// period: state·A^n + inc·(A^n-1)/(A-1), the division being exact before the
// reduction if A^n is known modulo ·2^64.
func (s *Stream) Advance(n *big.Int) {
	n = new(big.Int).Mod(n, modulus)
	less := new(big.Int).Sub(multiplier, big.NewInt(1))
	wide := new(big.Int).Mul(less, modulus)
	power := new(big.Int).Exp(multiplier, n, wide)
	sum := new(big.Int).Sub(power, big.NewInt(1))
	sum.Mod(sum, wide).Div(sum, less)
	s.state.Mul(s.state, power).Add(s.state, sum.Mul(sum, s.inc)).Mod(s.state, modulus)
}
