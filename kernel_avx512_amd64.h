// What the AVX-512 kernels share: the output function of the stream in eight
// lanes of 64 bits, and its constants. The file that includes this one includes
// textflag.h first.

#define TMP Z22
#define FIVE Z24   // set by LOADRXSM, as OUTMUL
#define OUTMUL Z25

// LOADRXSM sets up RXSM.
#define LOADRXSM \
	VPBROADCASTQ five<>(SB), FIVE;        \
	VPBROADCASTQ outMul<>(SB), OUTMUL

// RXSM sets R to output(S) but for the last xorshift. R may be S.
// Clobbers TMP.
#define RXSM(S, R) \
	VPSRLQ   $59, S, TMP;                 \
	VPADDQ   FIVE, TMP, TMP;              \
	VPSRLVQ  TMP, S, TMP;                 \
	VPXORQ   TMP, S, R;                   \
	VPMULLQ  OUTMUL, R, R

// 5, added to the top bits of a state: the shift of the output function.
DATA five<>+0(SB)/8, $5
GLOBL five<>(SB), RODATA|NOPTR, $8

// The multiplier of the output function.
DATA outMul<>+0(SB)/8, $0xAEF17502108EF2D9
GLOBL outMul<>(SB), RODATA|NOPTR, $8
