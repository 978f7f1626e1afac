//go:build !purego

#include "textflag.h"

// The two phases of kernel_generic.go in AVX2.
//
// fillMask makes four mask words at a time, one in each 64-bit lane:
//
//	          lane 0      lane 1      lane 2      lane 3
//	plane 0   word 0      word 8      word 16     word 24
//	plane 1   word 1      word 9      word 17     word 25
//	  …
//	plane 7   word 7      word 15     word 23     word 31
//	           ↓           ↓           ↓           ↓
//	        mask[0]     mask[1]     mask[2]     mask[3]
//
// One register holds the states of one plane and steps by 32 words, so the eight
// chains are independent of each other and nothing is ever shuffled across lanes.
//
// The planes are compared from the least significant one up, because then one
// AND is left of "below T": with b the bit of T at a plane and w the plane,
//
//	b = 1:  less ← ~w | less, that is ~less ← w & ~less
//	b = 0:  less ← ~w & less
//
// LESS holds less or its complement, whichever makes it an AND, and is inverted
// where b differs from the bit below. A T whose lowest set bit is at plane k
// starts at plane k: nothing below it can matter.

// Fixed registers of fillMask.
#define ST0 Y0   // ST0…ST7 = states of planes 0…7
#define ST1 Y1
#define ST2 Y2
#define ST3 Y3
#define ST4 Y4
#define ST5 Y5
#define ST6 Y6
#define ST7 Y7
#define LESS Y8
#define EQUAL Y9 // elements whose digit has agreed with T so far
#define W7 Y10   // w7 + golden, for the ties
#define WORD Y11
#define TMP0 Y12
#define TMP1 Y13
#define LOW Y14
#define ZERO Y15

// Constants that depend on T and inc are in the frame, 32 bytes each:
// the planes' bits of T, inverted; where these differ from the bit below;
// the increment of 32 steps; the tie bits of T less 1; the bit of T at plane 0.
#define NOTBIT(k) (32*k)(BX)
#define FLIP(k) (256+32*k)(BX)
#define INC32 512(BX)
#define TIEMAX 544(BX)
#define BIT0 576(BX)
#define SCALES 608(BX) // and the scale, if there is something to apply to

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

// PLANE draws plane k into W, steps its states S, and compares.
// Clobbers TMP0, TMP1.
#define PLANE(k, S, W) \
	RXSM(S, W);                           \
	VPSRLQ $43, W, TMP0;                  \
	VPXOR  TMP0, W, W;                    \ // W = plane k
	MUL64(step32<>(SB), step32Swap<>(SB), S); \
	VPADDQ INC32, S, S;                   \
	VPXOR  NOTBIT(k), W, TMP0;            \ // ones where plane and T agree
	VPXOR  FLIP(k), LESS, LESS;           \
	VPAND  TMP0, LESS, LESS;              \
	VPAND  TMP0, EQUAL, EQUAL

// LANES sets S to the states of plane k: s·lcgPow[k] + inc·lcgSum[k].
// During set-up LESS, EQUAL, W7, WORD hold s, inc and both with halves
// exchanged. Clobbers TMP0, TMP1, LOW.
#define LANES(k, S) \
	VMOVDQU  (64*k)(SI), S;               \
	VPMULLD  S, EQUAL, TMP0;              \
	VPMULUDQ S, LESS, S;                  \
	VMOVDQU  (64*k)(DX), LOW;             \
	VPMULLD  LOW, WORD, TMP1;             \
	VPMULUDQ LOW, W7, LOW;                \
	VPADDQ   LOW, S, S;                   \
	VPADDD   TMP1, TMP0, TMP0;            \ // both sums of cross products
	VPSLLQ   $32, TMP0, TMP1;             \
	VPBLENDD $0x55, ZERO, TMP0, TMP0;     \
	VPADDQ   TMP1, S, S;                  \
	VPADDQ   TMP0, S, S

// SPREAD stores the four quadwords of S at off, each four times.
// Clobbers TMP0.
#define SPREAD(S, off) \
	VPERMQ  $0x00, S, TMP0;               \
	VMOVDQU TMP0, (off)(BX);              \
	VPERMQ  $0x55, S, TMP0;               \
	VMOVDQU TMP0, (off+32)(BX);           \
	VPERMQ  $0xAA, S, TMP0;               \
	VMOVDQU TMP0, (off+64)(BX);           \
	VPERMQ  $0xFF, S, TMP0;               \
	VMOVDQU TMP0, (off+96)(BX)

// apply expands mask bits to the sign bits of eight elements with one variable
// shift. A masked load reads 0 for a sign bit of 0, so that dropped elements
// never reach the multiplication: 0·scale is +0.

#define SCALE Y0
#define BITS0 Y1 // shift counts that bring bits 0…7 of a word to the sign
#define BITS1 Y2 // bits 8…15
#define BITS2 Y3 // bits 16…23
#define BITS3 Y4 // bits 24…31

// APPLY32 does 32 elements at off, their mask bits 32 times in M.
// Clobbers Y6…Y9.
#define APPLY32(M, off, STORE) \
	VPSLLVD    BITS0, M, Y6;              \
	VPSLLVD    BITS1, M, Y7;              \
	VPSLLVD    BITS2, M, Y8;              \
	VPSLLVD    BITS3, M, Y9;              \
	VMASKMOVPS off(SI), Y6, Y6;           \
	VMASKMOVPS (off+32)(SI), Y7, Y7;      \
	VMASKMOVPS (off+64)(SI), Y8, Y8;      \
	VMASKMOVPS (off+96)(SI), Y9, Y9;      \
	VMULPS     SCALE, Y6, Y6;             \
	VMULPS     SCALE, Y7, Y7;             \
	VMULPS     SCALE, Y8, Y8;             \
	VMULPS     SCALE, Y9, Y9;             \
	STORE      Y6, off(DI);               \
	STORE      Y7, (off+32)(DI);          \
	STORE      Y8, (off+64)(DI);          \
	STORE      Y9, (off+96)(DI)

// LOADAPPLY sets up apply: DI = dst, SI = src, DX = mask, CX = n.
#define LOADAPPLY \
	MOVQ dst+0(FP), DI;                   \
	MOVQ src+8(FP), SI;                   \
	MOVQ mask+16(FP), DX;                 \
	MOVQ n+24(FP), CX;                    \
	VBROADCASTSS scale+32(FP), SCALE;     \
	VMOVDQU toSign<>+0(SB), BITS0;        \
	VMOVDQU toSign<>+32(SB), BITS1;       \
	VMOVDQU toSign<>+64(SB), BITS2;       \
	VMOVDQU toSign<>+96(SB), BITS3

// APPLYNEXT is APPLY32 inside fillMask, for the mask bits at off of these four
// words, from R10 to R13, which it advances. Clobbers LESS, EQUAL, W7, WORD, LOW.
#define APPLYNEXT(off) \
	VPBROADCASTD off(DI), LOW;            \
	VPSLLVD    toSign<>+0(SB), LOW, LESS; \
	VPSLLVD    toSign<>+32(SB), LOW, EQUAL; \
	VPSLLVD    toSign<>+64(SB), LOW, W7;  \
	VPSLLVD    toSign<>+96(SB), LOW, WORD; \
	VMASKMOVPS (R10), LESS, LESS;         \
	VMASKMOVPS 32(R10), EQUAL, EQUAL;     \
	VMASKMOVPS 64(R10), W7, W7;           \
	VMASKMOVPS 96(R10), WORD, WORD;       \
	VMULPS     SCALES, LESS, LESS;        \
	VMULPS     SCALES, EQUAL, EQUAL;      \
	VMULPS     SCALES, W7, W7;            \
	VMULPS     SCALES, WORD, WORD;        \
	VMOVNTPS   LESS, (R13);               \
	VMOVNTPS   EQUAL, 32(R13);            \
	VMOVNTPS   W7, 64(R13);               \
	VMOVNTPS   WORD, 96(R13);             \
	ADDQ       $128, R10;                 \
	ADDQ       $128, R13

// func fillMaskWordsAVX2(mask []uint64, s, inc, t uint64, src, dst *float32, scale float32)
//
// Requires len(mask) > 0 and 0 < t < 2^32. src is nil or the elements that the
// mask is for; they are fetched into the cache while the multiplications go on.
//
// dst is nil or aligned to 32 bytes. If it isn't nil, len(mask) must be a multiple
// of 4, and every four words are applied as soon as they are there, with stores
// that bypass the caches: so the memory works while the next four are made.
TEXT ·fillMaskWordsAVX2(SB), 0, $672-68
	MOVQ mask_base+0(FP), DI
	MOVQ mask_len+8(FP), CX
	MOVQ t+40(FP), R9
	MOVQ src+48(FP), R10
	MOVQ dst+56(FP), R13
	LEAQ 31(SP), BX
	ANDQ $~31, BX             // BX = the constants, aligned
	VPXOR ZERO, ZERO, ZERO

	// The bits of T, inverted, and their changes as bytes, then as a mask a plane.
	MOVQ R9, AX
	SHRQ $24, AX
	LEAQ (AX)(AX*1), DX
	XORQ AX, DX               // bit 7-k = bits of T at planes k and k+1 differ
	NOTQ AX                   // bit 7-k = bit of T at plane k, inverted
	VMOVQ AX, X0
	VPBROADCASTQ X0, Y0
	VMOVQ DX, X1
	VPBROADCASTQ X1, Y1
	VMOVDQU planeBit<>+0(SB), Y2
	VMOVDQU planeBit<>+32(SB), Y3
	VPAND Y2, Y0, Y4
	VPAND Y3, Y0, Y5
	VPAND Y2, Y1, Y6
	VPAND Y3, Y1, Y7
	VPCMPEQQ Y2, Y4, Y4
	VPCMPEQQ Y3, Y5, Y5
	VPCMPEQQ Y2, Y6, Y6
	VPCMPEQQ Y3, Y7, Y7
	SPREAD(Y4, 0)
	SPREAD(Y5, 128)
	SPREAD(Y6, 256)
	SPREAD(Y7, 384)
	BTQ  $31, R9
	SBBQ AX, AX               // AX = bit of T at plane 0, 64 times
	VMOVQ AX, X0
	VPBROADCASTQ X0, Y0
	VMOVDQU Y0, BIT0

	// R8 = the lowest plane that matters; AX = tie bits of T less 1, or -1 if
	// there are none.
	MOVQ $7, R8
	MOVQ R9, AX
	ANDQ $0xFFFFFF, AX
	JNZ  ties
	BSFQ R9, R9
	MOVQ $31, R8
	SUBQ R9, R8
ties:
	DECQ AX
	VMOVQ AX, X0
	VPBROADCASTQ X0, Y0
	VMOVDQU Y0, TIEMAX

	// Words 0…31 from the stream's state.
	MOVQ inc+32(FP), R11
	MOVQ ·lcgSum+32(SB), R12  // lcgSum[0][4]
	IMULQ R11, R12
	VMOVQ R12, X0
	VPBROADCASTQ X0, Y0
	VMOVDQU Y0, INC32
	VPBROADCASTQ s+24(FP), LESS
	VPSHUFD $0xB1, LESS, EQUAL
	VPBROADCASTQ inc+32(FP), W7
	VPSHUFD $0xB1, W7, WORD
	VBROADCASTSS scale+64(FP), Y0
	VMOVDQU Y0, SCALES
	LEAQ ·lcgPow(SB), SI
	LEAQ ·lcgSum(SB), DX
	LANES(0, ST0)
	LANES(1, ST1)
	LANES(2, ST2)
	LANES(3, ST3)
	LANES(4, ST4)
	LANES(5, ST5)
	LANES(6, ST6)
	LANES(7, ST7)

four:
	// Fetch the 256 elements of these four words, or 256 for later if they are
	// applied at once.
	TESTQ R10, R10
	JZ    compare
	TESTQ R13, R13
	JNZ   ahead
	PREFETCHT0 0(R10)
	PREFETCHT0 64(R10)
	PREFETCHT0 128(R10)
	PREFETCHT0 192(R10)
	PREFETCHT0 256(R10)
	PREFETCHT0 320(R10)
	PREFETCHT0 384(R10)
	PREFETCHT0 448(R10)
	PREFETCHT0 512(R10)
	PREFETCHT0 576(R10)
	PREFETCHT0 640(R10)
	PREFETCHT0 704(R10)
	PREFETCHT0 768(R10)
	PREFETCHT0 832(R10)
	PREFETCHT0 896(R10)
	PREFETCHT0 960(R10)
	ADDQ $1024, R10
	JMP  compare
ahead:
	PREFETCHNTA 4096(R10)
	PREFETCHNTA 4160(R10)
	PREFETCHNTA 4224(R10)
	PREFETCHNTA 4288(R10)
	PREFETCHNTA 4352(R10)
	PREFETCHNTA 4416(R10)
	PREFETCHNTA 4480(R10)
	PREFETCHNTA 4544(R10)
	PREFETCHNTA 4608(R10)
	PREFETCHNTA 4672(R10)
	PREFETCHNTA 4736(R10)
	PREFETCHNTA 4800(R10)
	PREFETCHNTA 4864(R10)
	PREFETCHNTA 4928(R10)
	PREFETCHNTA 4992(R10)
	PREFETCHNTA 5056(R10)

compare:
	VPXOR    LESS, LESS, LESS
	VPCMPEQQ EQUAL, EQUAL, EQUAL
	CMPQ R8, $7
	JEQ  plane7
	CMPQ R8, $0
	JEQ  plane0
	CMPQ R8, $1
	JEQ  plane1
	CMPQ R8, $2
	JEQ  plane2
	CMPQ R8, $3
	JEQ  plane3
	CMPQ R8, $4
	JEQ  plane4
	CMPQ R8, $5
	JEQ  plane5
	JMP  plane6
plane7:
	PLANE(7, ST7, W7)
	VPADDQ golden<>(SB), W7, W7
plane6:
	PLANE(6, ST6, WORD)
plane5:
	PLANE(5, ST5, WORD)
plane4:
	PLANE(4, ST4, WORD)
plane3:
	PLANE(3, ST3, WORD)
plane2:
	PLANE(2, ST2, WORD)
plane1:
	PLANE(1, ST1, WORD)
plane0:
	PLANE(0, ST0, WORD)
	VPXOR BIT0, LESS, LESS    // LESS = less
	TESTQ AX, AX
	JLT   store

	// Decide the lowest tie of each lane. A lane has two or more in 1 of 38
	// cases, so that one round without a branch is usually all.
tie:
	VPSUBQ EQUAL, ZERO, LOW
	VPAND  EQUAL, LOW, LOW    // LOW = 1<<i of the lowest tie, or 0
	VPXOR  LOW, W7, WORD
	RXSM(WORD, WORD)
	VPSRLQ $43, WORD, TMP0
	VPXOR  TMP0, WORD, WORD
	RXSM(WORD, WORD)
	VPSRLQ $40, WORD, WORD    // the xorshift left out does not reach these bits
	VPCMPGTQ TIEMAX, WORD, WORD
	VPANDN LOW, WORD, WORD
	VPOR   WORD, LESS, LESS
	VPXOR  LOW, EQUAL, EQUAL
	VPTEST EQUAL, EQUAL
	JNZ    tie

store:
	CMPQ CX, $4
	JLT  last
	VMOVDQU LESS, (DI)
	TESTQ R13, R13
	JZ    next
	APPLYNEXT(0)
	APPLYNEXT(4)
	APPLYNEXT(8)
	APPLYNEXT(12)
	APPLYNEXT(16)
	APPLYNEXT(20)
	APPLYNEXT(24)
	APPLYNEXT(28)
next:
	ADDQ $32, DI
	SUBQ $4, CX
	JNZ  four
	TESTQ R13, R13
	JZ    done
	SFENCE
	VZEROUPPER
	RET

last:
	VMOVQ X8, (DI)            // X8 = lanes 0, 1 of LESS
	CMPQ CX, $2
	JLT  done
	VPEXTRQ $1, X8, 8(DI)
	JEQ  done
	VEXTRACTI128 $1, LESS, X8
	VMOVQ X8, 16(DI)
done:
	VZEROUPPER
	RET

// func applyVectorsAVX2(dst, src *float32, mask *uint64, n int, scale float32)
//
// Requires n to be a multiple of 8.
TEXT ·applyVectorsAVX2(SB), NOSPLIT, $0-36
	LOADAPPLY
	SUBQ $64, CX
	JLT  eights
sixtyfour:
	PREFETCHT0 0x400(SI)
	PREFETCHT0 0x440(SI)
	PREFETCHT0 0x480(SI)
	PREFETCHT0 0x4C0(SI)
	VPBROADCASTD (DX), Y5
	APPLY32(Y5, 0, VMOVUPS)
	VPBROADCASTD 4(DX), Y5
	APPLY32(Y5, 128, VMOVUPS)
	ADDQ $256, SI
	ADDQ $256, DI
	ADDQ $8, DX
	SUBQ $64, CX
	JGE  sixtyfour
eights:
	ADDQ $64, CX
	JZ   done
	MOVQ (DX), AX
eight:
	VMOVQ AX, X5
	VPBROADCASTD X5, Y5
	VPSLLVD BITS0, Y5, Y6
	VMASKMOVPS (SI), Y6, Y6
	VMULPS SCALE, Y6, Y6
	VMOVUPS Y6, (DI)
	SHRQ $8, AX
	ADDQ $32, SI
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ  eight
done:
	VZEROUPPER
	RET

// func applyStreamVectorsAVX2(dst, src *float32, mask *uint64, n int, scale float32)
//
// Requires n to be a multiple of 64, n > 0, and dst to be aligned to 32 bytes.
TEXT ·applyStreamVectorsAVX2(SB), NOSPLIT, $0-36
	LOADAPPLY
sixtyfour:
	PREFETCHNTA 0x400(SI)
	PREFETCHNTA 0x440(SI)
	PREFETCHNTA 0x480(SI)
	PREFETCHNTA 0x4C0(SI)
	VPBROADCASTD (DX), Y5
	APPLY32(Y5, 0, VMOVNTPS)
	VPBROADCASTD 4(DX), Y5
	APPLY32(Y5, 128, VMOVNTPS)
	ADDQ $256, SI
	ADDQ $256, DI
	ADDQ $8, DX
	SUBQ $64, CX
	JNZ  sixtyfour

	// Non-temporal stores are weakly ordered: fence them off before anyone is
	// told that they are done.
	SFENCE
	VZEROUPPER
	RET

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

// A^32, lcgPow[0][4], likewise.
DATA step32<>+0(SB)/8, $0x96481983E5188C81
DATA step32<>+8(SB)/8, $0x96481983E5188C81
DATA step32<>+16(SB)/8, $0x96481983E5188C81
DATA step32<>+24(SB)/8, $0x96481983E5188C81
GLOBL step32<>(SB), RODATA|NOPTR, $32

DATA step32Swap<>+0(SB)/8, $0xE5188C8196481983
DATA step32Swap<>+8(SB)/8, $0xE5188C8196481983
DATA step32Swap<>+16(SB)/8, $0xE5188C8196481983
DATA step32Swap<>+24(SB)/8, $0xE5188C8196481983
GLOBL step32Swap<>(SB), RODATA|NOPTR, $32

// 2^64/φ, the constant of the tie bits.
DATA golden<>+0(SB)/8, $0x9E3779B97F4A7C15
DATA golden<>+8(SB)/8, $0x9E3779B97F4A7C15
DATA golden<>+16(SB)/8, $0x9E3779B97F4A7C15
DATA golden<>+24(SB)/8, $0x9E3779B97F4A7C15
GLOBL golden<>(SB), RODATA|NOPTR, $32

// The bit of T>>24 that belongs to each plane.
DATA planeBit<>+0(SB)/8, $128
DATA planeBit<>+8(SB)/8, $64
DATA planeBit<>+16(SB)/8, $32
DATA planeBit<>+24(SB)/8, $16
DATA planeBit<>+32(SB)/8, $8
DATA planeBit<>+40(SB)/8, $4
DATA planeBit<>+48(SB)/8, $2
DATA planeBit<>+56(SB)/8, $1
GLOBL planeBit<>(SB), RODATA|NOPTR, $64

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
