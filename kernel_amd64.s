//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "kernel_amd64.h"

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

// Fixed registers of fillMask, beside those of kernel_amd64.h.
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
#define LOW Y14

// Constants that depend on T and inc are in the frame, 32 bytes each:
// the planes' bits of T, inverted; where these differ from the bit below;
// the increment of 32 steps; the tie bits of T less 1; the bit of T at plane 0.
#define NOTBIT(k) (32*k)(BX)
#define FLIP(k) (256+32*k)(BX)
#define INC32 512(BX)
#define TIEMAX 544(BX)
#define BIT0 576(BX)
#define SCALES 608(BX) // and for the appliers: scale, shift, and what is dropped
#define SHIFTS 640(BX)
#define DROPS 672(BX)

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

// LANES sets S to s·x + inc·y, with x at off in the table of powers at SI and y in
// that of sums at DX: 64·k for the states of plane k. During set-up LESS, EQUAL, W7, WORD hold s, inc and both with halves
// exchanged. Clobbers TMP0, TMP1, LOW.
#define LANES(off, S) \
	VMOVDQU  (off)(SI), S;                \
	VPMULLD  S, EQUAL, TMP0;              \
	VPMULUDQ S, LESS, S;                  \
	VMOVDQU  (off)(DX), LOW;              \
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

// APPLY8 does eight elements by the low bits of AX. Clobbers Y5, Y6.
#define APPLY8 \
	VMOVQ AX, X5;                         \
	VPBROADCASTD X5, Y5;                  \
	VPSLLVD BITS0, Y5, Y6;                \
	VMASKMOVPS (SI), Y6, Y6;              \
	VMULPS SCALE, Y6, Y6;                 \
	VMOVUPS Y6, (DI);                     \
	SHRQ $8, AX;                          \
	ADDQ $32, SI;                         \
	ADDQ $32, DI

// APPLY1 does one element by the lowest bit of AX, for tails: a masked load across
// the end of a slice would do for processors, but not for all emulators.
// Clobbers R8, X6.
#define APPLY1 \
	SHRQ $1, AX;                          \
	SBBL R8, R8;                          \ // R8 = the bit, 32 times
	ANDL (SI), R8;                        \
	VMOVD R8, X6;                         \
	VMULSS X0, X6, X6;                    \
	VMOVSS X6, (DI);                      \
	ADDQ $4, SI;                          \
	ADDQ $4, DI

// The appliers inside fillMask do 32 elements each, whose mask bits they broadcast
// to LOW: from SRC to DST, with stores that bypass the caches. Between two times
// four words LESS, EQUAL, W7, WORD, TMP0 and TMP1 are free.
#define SRC R10
#define DST R13
#define BIAS SI
#define RESIDUAL DX

#define SCALENEXT \
	VPSLLVD    toSign<>+0(SB), LOW, LESS; \
	VPSLLVD    toSign<>+32(SB), LOW, EQUAL; \
	VPSLLVD    toSign<>+64(SB), LOW, W7;  \
	VPSLLVD    toSign<>+96(SB), LOW, WORD; \
	VMASKMOVPS (SRC), LESS, LESS;         \
	VMASKMOVPS 32(SRC), EQUAL, EQUAL;     \
	VMASKMOVPS 64(SRC), W7, W7;           \
	VMASKMOVPS 96(SRC), WORD, WORD;       \
	VMULPS     SCALES, LESS, LESS;        \
	VMULPS     SCALES, EQUAL, EQUAL;      \
	VMULPS     SCALES, W7, W7;            \
	VMULPS     SCALES, WORD, WORD;        \
	VMOVNTPS   LESS, (DST);               \
	VMOVNTPS   EQUAL, 32(DST);            \
	VMOVNTPS   W7, 64(DST);               \
	VMOVNTPS   WORD, 96(DST);             \
	ADDQ       $128, SRC;                 \
	ADDQ       $128, DST

// RELUNEXT8 does eight elements at off and adds the mask bits of those that are
// kept to R11. Clobbers LESS, EQUAL, R12.
#define RELUNEXT8(off) \
	VPSLLVD    toSign<>+off(SB), LOW, LESS; \
	VMASKMOVPS off(SRC), LESS, LESS;      \
	VCMPPS     $0x16, ZERO, LESS, EQUAL;  \ // ones where not <= 0, as for a NaN
	VMULPS     SCALES, LESS, LESS;        \
	VANDPS     EQUAL, LESS, LESS;         \
	VMOVNTPS   LESS, off(DST);            \
	VMOVMSKPS  EQUAL, R12;                \
	SHLL       $(off/4), R12;             \
	ORL        R12, R11

#define AFFINENEXT8(off, V, W) \
	VPSLLVD    toSign<>+off(SB), LOW, V;  \
	VMOVUPS    off(SRC), W;               \
	VMULPS     SCALES, W, W;              \
	VADDPS     SHIFTS, W, W;              \
	VMOVAPS    DROPS, TMP0;               \
	VBLENDVPS  V, W, TMP0, W;             \
	VMOVNTPS   W, off(DST)

#define RESIDUALNEXT8(off, V, W) \
	VPSLLVD    toSign<>+off(SB), LOW, V;  \
	VMOVUPS    off(SRC), W;               \
	VADDPS     off(BIAS), W, W;           \
	VMULPS     SCALES, W, W;              \
	VMOVUPS    off(RESIDUAL), TMP0;       \
	VBLENDVPS  V, W, ZERO, W;             \
	VADDPS     W, TMP0, W;                \
	VMOVNTPS   W, off(DST)

// AHEAD fetches the 256 elements from 4 KiB behind P on, for use once.
#define AHEAD(P) \
	PREFETCHNTA 4096(P);                  \
	PREFETCHNTA 4160(P);                  \
	PREFETCHNTA 4224(P);                  \
	PREFETCHNTA 4288(P);                  \
	PREFETCHNTA 4352(P);                  \
	PREFETCHNTA 4416(P);                  \
	PREFETCHNTA 4480(P);                  \
	PREFETCHNTA 4544(P);                  \
	PREFETCHNTA 4608(P);                  \
	PREFETCHNTA 4672(P);                  \
	PREFETCHNTA 4736(P);                  \
	PREFETCHNTA 4800(P);                  \
	PREFETCHNTA 4864(P);                  \
	PREFETCHNTA 4928(P);                  \
	PREFETCHNTA 4992(P);                  \
	PREFETCHNTA 5056(P)

// func fillMaskWordsAVX2(mask []uint64, s, inc, t uint64, near *float32, then *pass)
//
// Requires len(mask) > 0 and 0 < t < 2^32. near is nil or the elements that the
// mask is for; they are fetched into the cache while the multiplications go on.
//
// If then isn't nil, near is; len(mask) must be a multiple of 4 and then.dst
// aligned to 32 bytes. Every four words are applied as soon as they are there, with
// stores that bypass the caches: so the memory works while the next four are made.
TEXT ·fillMaskWordsAVX2(SB), 0, $736-64
	MOVQ mask_base+0(FP), DI
	MOVQ mask_len+8(FP), CX
	MOVQ t+40(FP), R9
	MOVQ near+48(FP), SRC
	SHLQ $1, CX               // CX = half words left
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
	LEAQ ·lcgPow(SB), SI
	LEAQ ·lcgSum(SB), DX
	CMPQ R8, $0
	JEQ  lane0
	LANES(64*7, ST7)
	LANES(64*6, ST6)
	LANES(64*5, ST5)
	LANES(64*4, ST4)
	LANES(64*3, ST3)
	LANES(64*2, ST2)
	LANES(64*1, ST1)
lane0:
	LANES(64*0, ST0)

	// What there is to apply: R9 = op; DST is nil if there is nothing.
	MOVQ then+56(FP), R11
	XORL  DST, DST
	TESTQ R11, R11
	JZ    four
	MOVQ pass_dst(R11), DST
	MOVQ pass_src(R11), SRC
	MOVQ pass_bias(R11), BIAS
	MOVQ pass_residual(R11), RESIDUAL
	MOVL pass_op(R11), R9
	VBROADCASTSS pass_scale(R11), LESS
	VMOVAPS LESS, SCALES
	VBROADCASTSS pass_shift(R11), LESS
	VMOVAPS LESS, SHIFTS
	VBROADCASTSS pass_dropped(R11), LESS
	VMOVAPS LESS, DROPS

four:
	// Fetch the 256 elements of these four words, or 256 for later if they are
	// applied at once.
	TESTQ DST, DST
	JNZ   ahead
	TESTQ SRC, SRC
	JZ    compare
	PREFETCHT0 0(SRC)
	PREFETCHT0 64(SRC)
	PREFETCHT0 128(SRC)
	PREFETCHT0 192(SRC)
	PREFETCHT0 256(SRC)
	PREFETCHT0 320(SRC)
	PREFETCHT0 384(SRC)
	PREFETCHT0 448(SRC)
	PREFETCHT0 512(SRC)
	PREFETCHT0 576(SRC)
	PREFETCHT0 640(SRC)
	PREFETCHT0 704(SRC)
	PREFETCHT0 768(SRC)
	PREFETCHT0 832(SRC)
	PREFETCHT0 896(SRC)
	PREFETCHT0 960(SRC)
	ADDQ $1024, SRC
	JMP  compare
ahead:
	AHEAD(SRC)
	CMPL R9, $const_opResidual
	JNE  compare
	AHEAD(RESIDUAL)

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
	CMPQ CX, $8
	JLT  last
	VMOVDQU LESS, (DI)
	TESTQ DST, DST
	JNZ  apply
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ  four
	VZEROUPPER
	RET

apply:
	CMPL R9, $const_opScale
	JNE  others
scale:
	VPBROADCASTD (DI), LOW
	SCALENEXT
	VPBROADCASTD 4(DI), LOW
	SCALENEXT
	ADDQ  $8, DI
	SUBQ  $2, CX
	TESTQ $7, CX
	JNZ   scale
	JMP   applied
others:
	CMPL R9, $const_opAffine
	JEQ  affine
	CMPL R9, $const_opResidual
	JEQ  residual
relu:
	VPBROADCASTD (DI), LOW
	XORL R11, R11
	RELUNEXT8(0)
	RELUNEXT8(32)
	RELUNEXT8(64)
	RELUNEXT8(96)
	MOVL R11, (DI)
	ADDQ $128, SRC
	ADDQ $128, DST
	ADDQ $4, DI
	DECQ CX
	TESTQ $7, CX
	JNZ  relu
	JMP  applied
affine:
	VPBROADCASTD (DI), LOW
	AFFINENEXT8(0, LESS, EQUAL)
	AFFINENEXT8(32, W7, WORD)
	AFFINENEXT8(64, LESS, EQUAL)
	AFFINENEXT8(96, W7, WORD)
	ADDQ $128, SRC
	ADDQ $128, DST
	ADDQ $4, DI
	DECQ CX
	TESTQ $7, CX
	JNZ  affine
	JMP  applied
residual:
	VPBROADCASTD (DI), LOW
	RESIDUALNEXT8(0, LESS, EQUAL)
	RESIDUALNEXT8(32, W7, WORD)
	RESIDUALNEXT8(64, LESS, EQUAL)
	RESIDUALNEXT8(96, W7, WORD)
	ADDQ $128, SRC
	ADDQ $128, DST
	ADDQ $128, BIAS
	ADDQ $128, RESIDUAL
	ADDQ $4, DI
	DECQ CX
	TESTQ $7, CX
	JNZ  residual
applied:
	TESTQ CX, CX
	JNZ   four

	// Non-temporal stores are weakly ordered: fence them off before anyone is
	// told that they are done.
	SFENCE
	VZEROUPPER
	RET

last:
	VMOVQ X8, (DI)            // X8 = lanes 0, 1 of LESS
	CMPQ CX, $4
	JLT  done
	VPEXTRQ $1, X8, 8(DI)
	JEQ  done
	VEXTRACTI128 $1, LESS, X8
	VMOVQ X8, 16(DI)
done:
	VZEROUPPER
	RET

// TIEOUT sets R11 to output(R11) but for the last xorshift.
// R13 = outMul. Clobbers CX, R12.
#define TIEOUT \
	MOVQ  R11, CX;                        \
	SHRQ  $59, CX;                        \
	ADDQ  $5, CX;                         \
	MOVQ  R11, R12;                       \
	SHRQ  CX, R12;                        \
	XORQ  R12, R11;                       \
	IMULQ R13, R11

// func forwardWordAVX2(dst, src *float32, n int, s, inc, t uint64, scale float32) (mask uint64)
//
// Requires 0 < t < 2^32 and 0 <= n <= 64; if n is 0 the mask is of 64 elements.
//
// One word has nothing to fill lanes with but its own planes. They are compared
// each for itself, and then two neighbours become one, three times:
//
//	Y0        plane 0    plane 2    plane 4    plane 6
//	Y1        plane 1    plane 3    plane 5    plane 7
//	           ↓          ↓          ↓          ↓
//	          0, 1       2, 3       4, 5       6, 7
//	           ↓                     ↓
//	          0…3                   4…7
//	           ↓
//	          0…7
TEXT ·forwardWordAVX2(SB), NOSPLIT, $0-64
	VPXOR ZERO, ZERO, ZERO
	VPBROADCASTQ s+24(FP), LESS
	VPSHUFD $0xB1, LESS, EQUAL
	VPBROADCASTQ inc+32(FP), W7
	VPSHUFD $0xB1, W7, WORD
	LEAQ ·wordPow(SB), SI
	LEAQ ·wordSum(SB), DX
	LANES(0, Y0)
	LANES(32, Y1)
	RXSM(Y0, Y0)
	RXSM(Y1, Y1)
	VPSRLQ $43, Y0, TMP0
	VPXOR  TMP0, Y0, Y0
	VPSRLQ $43, Y1, TMP1
	VPXOR  TMP1, Y1, Y1

	// Y2, Y3 = the bits of T; then Y4, Y5 = less, Y2, Y3 = differ, plane by plane.
	MOVQ t+40(FP), R9
	MOVQ R9, AX
	SHRQ $24, AX
	VMOVQ AX, X8
	VPBROADCASTQ X8, Y8
	VMOVDQU wordBit<>+0(SB), Y2
	VMOVDQU wordBit<>+32(SB), Y3
	VPAND Y2, Y8, Y4
	VPAND Y3, Y8, Y5
	VPCMPEQQ Y2, Y4, Y2
	VPCMPEQQ Y3, Y5, Y3
	VPANDN Y2, Y0, Y4
	VPANDN Y3, Y1, Y5
	VPXOR  Y2, Y0, Y2
	VPXOR  Y3, Y1, Y3

	// With higher and lower planes H and L:
	// less = less(H) | ~differ(H) & less(L), differ = differ(H) | differ(L).
	VPANDN Y5, Y2, Y5
	VPOR   Y5, Y4, Y4
	VPOR   Y3, Y2, Y2
	VPSHUFD $0x4E, Y4, Y5
	VPSHUFD $0x4E, Y2, Y3
	VPANDN Y5, Y2, Y5
	VPOR   Y5, Y4, Y4
	VPOR   Y3, Y2, Y2
	VEXTRACTI128 $1, Y4, X5
	VEXTRACTI128 $1, Y2, X3
	VPANDN X5, X2, X5
	VPOR   X5, X4, X4
	VPOR   X3, X2, X2
	VMOVQ  X4, AX             // AX = less
	VMOVQ  X2, R8
	NOTQ   R8                 // R8 = equal
	ANDQ   $0xFFFFFF, R9
	JZ     decided
	TESTQ  R8, R8
	JZ     decided
	VEXTRACTI128 $1, Y1, X1
	VPEXTRQ $1, X1, DX
	MOVQ   golden<>(SB), R13
	ADDQ   R13, DX            // DX = w7 + golden
	MOVQ   outMul<>(SB), R13
tie:
	MOVQ   R8, R10
	NEGQ   R10
	ANDQ   R8, R10            // R10 = 1<<i of the lowest tie
	MOVQ   DX, R11
	XORQ   R10, R11
	TIEOUT
	MOVQ   R11, R12
	SHRQ   $43, R12
	XORQ   R12, R11
	TIEOUT
	SHRQ   $40, R11
	CMPQ   R11, R9
	SBBQ   R12, R12
	ANDQ   R10, R12
	ORQ    R12, AX
	XORQ   R10, R8
	JNZ    tie
decided:
	MOVQ n+16(FP), CX
	TESTQ $63, CX
	JZ    whole
	MOVQ $-1, R8
	SHLQ CX, R8
	NOTQ R8
	ANDQ R8, AX
whole:
	MOVQ AX, mask+56(FP)
	TESTQ CX, CX
	JZ   done
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	VBROADCASTSS scale+48(FP), SCALE
	LOADBITS
	SUBQ $32, CX
	JLT  eights
thirtytwo:
	VMOVQ AX, X5
	VPBROADCASTD X5, Y5
	APPLY32(Y5, 0, VMOVUPS)
	SHRQ $32, AX
	ADDQ $128, SI
	ADDQ $128, DI
	SUBQ $32, CX
	JGE  thirtytwo
eights:
	ADDQ $24, CX
	JLT  tail
eight:
	APPLY8
	SUBQ $8, CX
	JGE  eight
tail:
	ADDQ $8, CX
	JZ   done
one:
	APPLY1
	DECQ CX
	JNZ  one
done:
	VZEROUPPER
	RET

// func applyAVX2(dst, src []float32, mask []uint64, scale float32)
TEXT ·applyAVX2(SB), NOSPLIT, $0-76
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	MOVQ mask_base+48(FP), DX
	VBROADCASTSS scale+72(FP), SCALE
	LOADBITS
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
	SUBQ $8, CX
	JLT  tail
eight:
	APPLY8
	SUBQ $8, CX
	JGE  eight
tail:
	ADDQ $8, CX
	JZ   done
one:
	APPLY1
	DECQ CX
	JNZ  one
done:
	VZEROUPPER
	RET

// func applyStreamVectorsAVX2(dst, src *float32, mask *uint64, n int, scale float32)
//
// Requires n to be a multiple of 64, n > 0, and dst to be aligned to 32 bytes.
TEXT ·applyStreamVectorsAVX2(SB), NOSPLIT, $0-36
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ mask+16(FP), DX
	MOVQ n+24(FP), CX
	VBROADCASTSS scale+32(FP), SCALE
	LOADBITS
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

	SFENCE                    // as above
	VZEROUPPER
	RET

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

// The same in the order of forwardWord.
DATA wordBit<>+0(SB)/8, $128
DATA wordBit<>+8(SB)/8, $32
DATA wordBit<>+16(SB)/8, $8
DATA wordBit<>+24(SB)/8, $2
DATA wordBit<>+32(SB)/8, $64
DATA wordBit<>+40(SB)/8, $16
DATA wordBit<>+48(SB)/8, $4
DATA wordBit<>+56(SB)/8, $1
GLOBL wordBit<>(SB), RODATA|NOPTR, $64
