//go:build !purego

#include "textflag.h"
#include "kernel_avx512_amd64.h"

// The two phases of kernel_generic.go in AVX-512 (F, DQ, BW, VL).
//
// fillMask makes eight mask words at a time, one in each 64-bit lane, in the
// layout of kernel_amd64.s with twice the lanes:
//
//	          lane 0      lane 1       …      lane 7
//	plane 0   word 0      word 8              word 56
//	plane 1   word 1      word 9              word 57
//	  …
//	plane 7   word 7      word 15             word 63
//	           ↓           ↓                   ↓
//	        mask[0]     mask[1]      …      mask[7]
//
// There are registers enough for the states, the bits of T and all constants,
// and a ternary operation takes T's bit of a plane as an operand. The planes are
// compared from the least significant one up: with agree = ~(plane ^ T),
//
//	less  ← agree ? less : T        T has the 1 where they differ and less is true
//	equal ← equal & agree           for two planes at once
//
// A T without tie bits whose lowest set bit is at plane k starts at plane k, and
// needs no equal.
//
// VPMULLQ is three operations on Intel's cores and still the best choice on balance:
// docs/static-analysis.md has what llvm-mca predicts.

// Fixed registers of fillMask, beside those of kernel_avx512_amd64.h.
#define ST0 Z0     // ST0…ST7 = states of planes 0…7
#define ST1 Z1
#define ST2 Z2
#define ST3 Z3
#define ST4 Z4
#define ST5 Z5
#define ST6 Z6
#define ST7 Z7
#define T0 Z8      // T0…T7 = the bit of T at planes 0…7, 64 times
#define T1 Z9
#define T2 Z10
#define T3 Z11
#define T4 Z12
#define T5 Z13
#define T6 Z14
#define T7 Z15
#define LESS Z16
#define EQUAL Z17  // elements whose digit has agreed with T so far
#define W7 Z18     // w7 + golden, for the ties
#define LOW Z19
#define AGREE0 Z20 // of an even plane
#define AGREE1 Z21 // of an odd plane
#define STEP64 Z26
#define INC64 Z27  // the increment of 64 steps
#define GOLDEN Z28
#define TIES Z29   // the tie bits of T, topmost in the lane
#define ONES Z30

// STEP moves the states S of a plane on by 64 words.
#define STEP(S) \
	VPMULLQ  STEP64, S, S;                \
	VPADDQ   INC64, S, S

// PLANE draws a plane, steps its states S, compares it with T and leaves in
// AGREE where they agree. Clobbers TMP.
#define PLANE(S, T, AGREE) \
	RXSM(S, AGREE);                       \
	STEP(S);                              \
	VPSRLQ   $43, AGREE, TMP;             \
	VPTERNLOGQ $0x69, T, TMP, AGREE;      \ // ~(word ^ word>>43 ^ T)
	VPTERNLOGQ $0xE4, AGREE, T, LESS        // AGREE ? LESS : T

// LANES sets S to the states of plane k: s·lcgPow[k] + inc·lcgSum[k].
// During set-up LESS and EQUAL hold s and inc. Clobbers TMP.
#define LANES(k, S) \
	VPMULLQ  (64*k)(SI), LESS, S;         \
	VPMULLQ  (64*k)(DX), EQUAL, TMP;      \
	VPADDQ   TMP, S, S

// THRESHOLD sets T to the bit of T at plane k, 64 times. During set-up LOW
// holds T.
#define THRESHOLD(k, T) \
	VPSLLQ   $(32+k), LOW, T;             \
	VPSRAQ   $63, T, T

// TIE decides the lowest tie of each lane that has one. The last xorshift, left
// out, does not reach the tie bits. Clobbers LOW, AGREE0, TMP, K1.
#define TIE \
	VPADDQ   ONES, EQUAL, TMP;            \
	VPANDNQ  EQUAL, TMP, LOW;             \ // LOW = 1<<i of the lowest tie, or 0
	VPXORQ   LOW, EQUAL, EQUAL;           \
	VPXORQ   LOW, W7, AGREE0;             \
	RXSM(AGREE0, AGREE0);                 \
	VPSRLQ   $43, AGREE0, TMP;            \
	VPXORQ   TMP, AGREE0, AGREE0;         \
	RXSM(AGREE0, AGREE0);                 \
	VPCMPUQ  $1, TIES, AGREE0, K1;        \ // tie bits < those of T
	VPORQ    LOW, LESS, K1, LESS

// FETCH brings 256 bytes of the elements into the cache, in between the planes
// because a burst would fill the queues that the multiplications wait in.
#define FETCH(off) \
	PREFETCHT0 (off+0)(R10);              \
	PREFETCHT0 (off+64)(R10);             \
	PREFETCHT0 (off+128)(R10);            \
	PREFETCHT0 (off+192)(R10)

// apply takes mask words to mask registers, where bit i selects element i. A
// dropped element is neither loaded nor multiplied but set to +0.

// Registers of apply that fillMask leaves free, for it applies, too.
#define SCALE Z31

// APPLY64 does 64 elements from SRC to DST, their mask word at MASK, and advances
// all three. Clobbers Z20…Z23, K1…K4.
#define APPLY64(SRC, DST, MASK, STORE) \
	KMOVQ    (MASK), K1;                  \
	KSHIFTRQ $16, K1, K2;                 \
	KSHIFTRQ $32, K1, K3;                 \
	KSHIFTRQ $48, K1, K4;                 \
	VMULPS.Z (SRC), SCALE, K1, Z20;       \
	VMULPS.Z 64(SRC), SCALE, K2, Z21;     \
	VMULPS.Z 128(SRC), SCALE, K3, Z22;    \
	VMULPS.Z 192(SRC), SCALE, K4, Z23;    \
	STORE    Z20, (DST);                  \
	STORE    Z21, 64(DST);                \
	STORE    Z22, 128(DST);               \
	STORE    Z23, 192(DST);               \
	ADDQ     $256, SRC;                   \
	ADDQ     $256, DST;                   \
	ADDQ     $8, MASK

// func fillMaskWordsAVX512(mask []uint64, s, inc, t uint64, src, dst *float32, scale float32)
//
// Requires len(mask) > 0 and 0 < t < 2^32. src is nil or the elements that the
// mask is for; they are fetched into the cache while the multiplications go on.
//
// dst is nil or aligned to 64 bytes. If it isn't nil, len(mask) must be a multiple
// of 8, and every eight words are applied as soon as they are there, with stores
// that bypass the caches: so the memory works while the next eight are made.
TEXT ·fillMaskWordsAVX512(SB), NOSPLIT, $0-68
	MOVQ mask_base+0(FP), DI
	MOVQ mask_len+8(FP), CX
	MOVQ t+40(FP), R9
	MOVQ src+48(FP), R10
	MOVQ dst+56(FP), R13
	VBROADCASTSS scale+64(FP), SCALE
	LOADRXSM
	VPBROADCASTQ step64<>(SB), STEP64
	VPBROADCASTQ golden<>(SB), GOLDEN
	VPTERNLOGQ $0xFF, ONES, ONES, ONES

	// T as a mask a plane, and its tie bits.
	VPBROADCASTQ R9, LOW
	THRESHOLD(0, T0)
	THRESHOLD(1, T1)
	THRESHOLD(2, T2)
	THRESHOLD(3, T3)
	THRESHOLD(4, T4)
	THRESHOLD(5, T5)
	THRESHOLD(6, T6)
	THRESHOLD(7, T7)
	VPSLLQ $40, LOW, TIES

	// R8 = the lowest plane that matters, or 8 if the tie bits do.
	MOVQ $8, R8
	TESTL $0xFFFFFF, R9
	JNZ  lanes
	BSFQ R9, R9
	MOVQ $31, R8
	SUBQ R9, R8

	// Words 0…63 from the stream's state.
lanes:
	VPBROADCASTQ s+24(FP), LESS
	VPBROADCASTQ inc+32(FP), EQUAL
	VPBROADCASTQ sum64<>(SB), INC64
	VPMULLQ EQUAL, INC64, INC64
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

	// R10 = the elements to fetch next, those of the eight words to come or, if
	// they are applied at once, from 4096 bytes behind. R11 = the bytes of eight
	// words' elements. Where there are none, the same lines of a table are fetched
	// over and over: the planes need no branch.
	MOVQ  $2048, R11
	TESTQ R13, R13
	JNZ   ahead
	TESTQ R10, R10
	JNZ   eight
	XORL  R11, R11
	MOVQ  SI, R10
	JMP   eight
ahead:
	MOVQ R10, SI              // SI = the elements to apply next
	ADDQ $4096, R10

eight:
	CMPQ R8, $8
	JLT  few
	RXSM(ST7, W7)
	STEP(ST7)
	FETCH(0)
	VPSRLQ  $43, W7, TMP
	VPXORQ  TMP, W7, W7
	VPANDNQ T7, W7, LESS      // LESS = ~w7 & T
	VPXORQ  T7, W7, EQUAL     // EQUAL inverted
	VPADDQ  GOLDEN, W7, W7
	PLANE(ST6, T6, AGREE0)
	FETCH(256)
	VPANDNQ AGREE0, EQUAL, EQUAL
	PLANE(ST5, T5, AGREE1)
	FETCH(512)
	PLANE(ST4, T4, AGREE0)
	FETCH(768)
	VPTERNLOGQ $0x80, AGREE0, AGREE1, EQUAL
	PLANE(ST3, T3, AGREE1)
	FETCH(1024)
	PLANE(ST2, T2, AGREE0)
	FETCH(1280)
	VPTERNLOGQ $0x80, AGREE0, AGREE1, EQUAL
	PLANE(ST1, T1, AGREE1)
	FETCH(1536)
	PLANE(ST0, T0, AGREE0)
	FETCH(1792)
	VPTERNLOGQ $0x80, AGREE0, AGREE1, EQUAL
	ADDQ R11, R10

	// A lane has three ties or more in 1 of 481 cases: after two rounds without
	// a branch, 1 vector in 61 needs another.
	TIE
	TIE
	VPTESTMQ EQUAL, EQUAL, K1
	KORTESTB K1, K1
	JNZ tie

store:
	CMPQ CX, $8
	JLT  last
	VMOVDQU64 LESS, (DI)
	TESTQ R13, R13
	JNZ  apply
	ADDQ $64, DI
	SUBQ $8, CX
	JNZ  eight
	VZEROUPPER
	RET

apply:
	LEAQ 64(DI), DX
word:
	APPLY64(SI, R13, DI, VMOVNTPS)
	CMPQ DI, DX
	JNE  word
	SUBQ $8, CX
	JNZ  eight
	SFENCE
	VZEROUPPER
	RET

tie:
	TIE
	VPTESTMQ EQUAL, EQUAL, K1
	KORTESTB K1, K1
	JNZ tie
	JMP store

	// No tie bits: the planes from R8 up are all that matters.
few:
	VPXORQ LESS, LESS, LESS
	TESTQ  R11, R11
	JZ     planes
	FETCH(0)
	FETCH(256)
	FETCH(512)
	FETCH(768)
	FETCH(1024)
	FETCH(1280)
	FETCH(1536)
	FETCH(1792)
	ADDQ R11, R10
planes:
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
	CMPQ R8, $6
	JEQ  plane6
	PLANE(ST7, T7, AGREE0)
plane6:
	PLANE(ST6, T6, AGREE0)
plane5:
	PLANE(ST5, T5, AGREE0)
plane4:
	PLANE(ST4, T4, AGREE0)
plane3:
	PLANE(ST3, T3, AGREE0)
plane2:
	PLANE(ST2, T2, AGREE0)
plane1:
	PLANE(ST1, T1, AGREE0)
plane0:
	PLANE(ST0, T0, AGREE0)
	JMP store

last:
	MOVL $1, AX
	SHLL CX, AX
	DECL AX
	KMOVB AX, K1              // K1 = the lanes that are left
	VMOVDQU64 LESS, K1, (DI)
	VZEROUPPER
	RET

// func applyAVX512(dst, src []float32, mask []uint64, scale float32)
TEXT ·applyAVX512(SB), NOSPLIT, $0-76
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	MOVQ mask_base+48(FP), DX
	VBROADCASTSS scale+72(FP), SCALE
	SUBQ $64, CX
	JLT  sixteens
sixtyfour:
	APPLY64(SI, DI, DX, VMOVUPS)
	SUBQ $64, CX
	JGE  sixtyfour

sixteens:
	ADDQ $48, CX              // CX = elements left, less 16
	JLT  last
sixteen:
	KMOVW (DX), K1
	VMULPS.Z (SI), SCALE, K1, Z20
	VMOVUPS Z20, (DI)
	ADDQ $64, SI
	ADDQ $64, DI
	ADDQ $2, DX
	SUBQ $16, CX
	JGE  sixteen

	// Elements behind the end are masked: such ones are neither read nor
	// written, whatever page they may be on.
last:
	ADDQ $16, CX
	JZ   done
	MOVL $1, AX
	SHLL CX, AX
	DECL AX
	KMOVW AX, K2              // K2 = the elements that are left
	KMOVW (DX), K1
	KANDW K2, K1, K1
	VMULPS.Z (SI), SCALE, K1, Z20
	VMOVUPS Z20, K2, (DI)
done:
	VZEROUPPER
	RET

// func applyStreamVectorsAVX512(dst, src *float32, mask *uint64, n int, scale float32)
//
// Requires n to be a multiple of 64, n > 0, and dst to be aligned to 64 bytes.
TEXT ·applyStreamVectorsAVX512(SB), NOSPLIT, $0-36
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ mask+16(FP), DX
	MOVQ n+24(FP), CX
	VBROADCASTSS scale+32(FP), SCALE
sixtyfour:
	PREFETCHNTA 0x400(SI)
	PREFETCHNTA 0x440(SI)
	PREFETCHNTA 0x480(SI)
	PREFETCHNTA 0x4C0(SI)
	APPLY64(SI, DI, DX, VMOVNTPS)
	SUBQ $64, CX
	JNZ  sixtyfour

	// Non-temporal stores are weakly ordered: fence them off before anyone is
	// told that they are done.
	SFENCE
	VZEROUPPER
	RET

// A^64 and (A^64-1)/(A-1): 64 steps of the stream in one.
DATA step64<>+0(SB)/8, $0x4425EBBF6F4D5901
GLOBL step64<>(SB), RODATA|NOPTR, $8

DATA sum64<>+0(SB)/8, $0xB5EB8DF53E56BAC0
GLOBL sum64<>(SB), RODATA|NOPTR, $8

// 2^64/φ, the constant of the tie bits.
DATA golden<>+0(SB)/8, $0x9E3779B97F4A7C15
GLOBL golden<>(SB), RODATA|NOPTR, $8
