// What the AVX2 kernels share: the multiplication and the output function of the
// stream in four lanes of 64 bits, the expansion of mask bits, and the tables
// that go with them. The file that includes this one includes textflag.h first.

#define TMP0 Y12
#define TMP1 Y13
#define ZERO Y15 // 0, set by who uses MUL64 or RXSM

// MUL64 sets each lane of R to the low 64 bits of R·K. AVX2 has no such
// instruction: the low halves are multiplied in full, and the two cross products
// in one VPMULLD with KSWAP, which is K with its halves exchanged.
// Clobbers TMP0, TMP1.
#define MUL64(K, KSWAP, R) \
	VPMULLD  KSWAP, R, TMP0;              \ // {lo: R.lo·K.hi, hi: R.hi·K.lo}
	VPMULUDQ K, R, R;                     \
	VPSLLQ   $32, TMP0, TMP1;             \
	VPBLENDD $0x55, ZERO, TMP0, TMP0;     \ // clear lo
	VPADDQ   TMP1, R, R;                  \
	VPADDQ   TMP0, R, R

// RXSM sets R to output(S) but for the last xorshift. R may be S.
// Clobbers TMP0, TMP1.
#define RXSM(S, R) \
	VPSRLQ $59, S, TMP0;                  \
	VPADDQ five<>(SB), TMP0, TMP0;        \
	VPSRLVQ TMP0, S, TMP0;                \
	VPXOR  TMP0, S, R;                    \
	MUL64(outMul<>(SB), outMulSwap<>(SB), R)

// LOADBITS sets up the shift counts that bring mask bits, broadcast 32 at a time,
// to the sign bits of eight elements each.
#define BITS0 Y1 // bits 0…7
#define BITS1 Y2 // bits 8…15
#define BITS2 Y3 // bits 16…23
#define BITS3 Y4 // bits 24…31
#define LOADBITS \
	VMOVDQU toSign<>+0(SB), BITS0;        \
	VMOVDQU toSign<>+32(SB), BITS1;       \
	VMOVDQU toSign<>+64(SB), BITS2;       \
	VMOVDQU toSign<>+96(SB), BITS3

// 5, added to the top bits of a state: the shift of the output function.
DATA five<>+0(SB)/8, $0x0000000000000005
DATA five<>+8(SB)/8, $0x0000000000000005
DATA five<>+16(SB)/8, $0x0000000000000005
DATA five<>+24(SB)/8, $0x0000000000000005
GLOBL five<>(SB), RODATA|NOPTR, $32

// The multiplier of the output function, plain and with halves exchanged.
DATA outMul<>+0(SB)/8, $0xAEF17502108EF2D9
DATA outMul<>+8(SB)/8, $0xAEF17502108EF2D9
DATA outMul<>+16(SB)/8, $0xAEF17502108EF2D9
DATA outMul<>+24(SB)/8, $0xAEF17502108EF2D9
GLOBL outMul<>(SB), RODATA|NOPTR, $32

DATA outMulSwap<>+0(SB)/8, $0x108EF2D9AEF17502
DATA outMulSwap<>+8(SB)/8, $0x108EF2D9AEF17502
DATA outMulSwap<>+16(SB)/8, $0x108EF2D9AEF17502
DATA outMulSwap<>+24(SB)/8, $0x108EF2D9AEF17502
GLOBL outMulSwap<>(SB), RODATA|NOPTR, $32

// 31-i for bits i of a word.
DATA toSign<>+0(SB)/4, $31
DATA toSign<>+4(SB)/4, $30
DATA toSign<>+8(SB)/4, $29
DATA toSign<>+12(SB)/4, $28
DATA toSign<>+16(SB)/4, $27
DATA toSign<>+20(SB)/4, $26
DATA toSign<>+24(SB)/4, $25
DATA toSign<>+28(SB)/4, $24
DATA toSign<>+32(SB)/4, $23
DATA toSign<>+36(SB)/4, $22
DATA toSign<>+40(SB)/4, $21
DATA toSign<>+44(SB)/4, $20
DATA toSign<>+48(SB)/4, $19
DATA toSign<>+52(SB)/4, $18
DATA toSign<>+56(SB)/4, $17
DATA toSign<>+60(SB)/4, $16
DATA toSign<>+64(SB)/4, $15
DATA toSign<>+68(SB)/4, $14
DATA toSign<>+72(SB)/4, $13
DATA toSign<>+76(SB)/4, $12
DATA toSign<>+80(SB)/4, $11
DATA toSign<>+84(SB)/4, $10
DATA toSign<>+88(SB)/4, $9
DATA toSign<>+92(SB)/4, $8
DATA toSign<>+96(SB)/4, $7
DATA toSign<>+100(SB)/4, $6
DATA toSign<>+104(SB)/4, $5
DATA toSign<>+108(SB)/4, $4
DATA toSign<>+112(SB)/4, $3
DATA toSign<>+116(SB)/4, $2
DATA toSign<>+120(SB)/4, $1
DATA toSign<>+124(SB)/4, $0
GLOBL toSign<>(SB), RODATA|NOPTR, $128
