//go:build !purego

#include "textflag.h"
#include "kernel_amd64.h"

// The appliers of kernel_generic.go that do more than scale, and its normal
// variates, in AVX2.
//
// Mask bits become the sign bits of eight elements as in apply, but dropped
// elements are replaced behind the arithmetic: at p = 1 the scale is +Inf, and
// 0·Inf is a NaN. Operands have the order of the Go code's: the sum of two NaNs is
// the first.

#define SCALE Y0
#define SHIFT Y10
#define DROPPED Y11

// RELU8 does the eight elements at off and sets KEPT to what they keep. M holds
// the mask bits, which B shifts to the sign. Clobbers Y10.
#define RELU8(M, B, off, KEPT) \
	VPSLLVD    B, M, Y10;                 \
	VMASKMOVPS off(SI), Y10, Y10;         \ // 0 where dropped
	VCMPPS     $0x16, ZERO, Y10, KEPT;    \ // ones where not <= 0, as for a NaN
	VMULPS     SCALE, Y10, Y10;           \
	VANDPS     KEPT, Y10, Y10;            \
	VMOVUPS    Y10, off(DI)

// AFFINE8 does the eight elements at off, with M and B as above. Clobbers Y6, Y7.
#define AFFINE8(M, B, off) \
	VPSLLVD    B, M, Y6;                  \
	VMOVUPS    off(SI), Y7;               \
	VMULPS     SCALE, Y7, Y7;             \
	VADDPS     SHIFT, Y7, Y7;             \
	VBLENDVPS  Y6, Y7, DROPPED, Y7;       \
	VMOVUPS    Y7, off(DI)

// RESIDUAL8 does the eight elements at off, with M and B as above. Clobbers Y6…Y8.
#define RESIDUAL8(M, B, off) \
	VPSLLVD    B, M, Y6;                  \
	VMOVUPS    off(SI), Y7;               \
	VADDPS     off(R8), Y7, Y7;           \
	VMOVUPS    off(R9), Y8;               \
	VMULPS     SCALE, Y7, Y7;             \
	VBLENDVPS  Y6, Y7, ZERO, Y7;          \
	VADDPS     Y7, Y8, Y7;                \
	VMOVUPS    Y7, off(DI)

// LOADNOISE sets up applyNormal: DI = dst, SI = src, DX = z, CX = n, Y0 = sigma,
// Y1 = 1.
#define LOADNOISE \
	MOVQ dst+0(FP), DI;                   \
	MOVQ src+8(FP), SI;                   \
	MOVQ z+16(FP), DX;                    \
	MOVQ n+24(FP), CX;                    \
	VBROADCASTSS sigma+32(FP), Y0;        \
	VMOVUPS one<>(SB), Y1

// func applyReLUVectorsAVX2(dst, src *float32, mask *uint64, n int, scale float32)
//
// Requires n to be a multiple of 8.
TEXT ·applyReLUVectorsAVX2(SB), NOSPLIT, $0-36
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ mask+16(FP), DX
	MOVQ n+24(FP), CX
	VBROADCASTSS scale+32(FP), SCALE
	LOADBITS
	VXORPS ZERO, ZERO, ZERO
	SUBQ $32, CX
	JLT  eights
thirtytwo:
	VPBROADCASTD (DX), Y5
	RELU8(Y5, BITS0, 0, Y6)
	RELU8(Y5, BITS1, 32, Y7)
	RELU8(Y5, BITS2, 64, Y8)
	RELU8(Y5, BITS3, 96, Y9)
	VMOVMSKPS Y6, AX
	VMOVMSKPS Y7, R8
	VMOVMSKPS Y8, R9
	VMOVMSKPS Y9, R10
	SHLL $8, R8
	SHLL $16, R9
	SHLL $24, R10
	ORL  R8, AX
	ORL  R9, R10
	ORL  R10, AX              // AX = mask bits of the 32
	MOVL AX, (DX)
	ADDQ $128, SI
	ADDQ $128, DI
	ADDQ $4, DX
	SUBQ $32, CX
	JGE  thirtytwo
eights:
	ADDQ $32, CX
	JZ   done
eight:
	VPBROADCASTB (DX), Y5
	RELU8(Y5, BITS0, 0, Y6)
	VMOVMSKPS Y6, AX
	MOVB AX, (DX)
	ADDQ $32, SI
	ADDQ $32, DI
	INCQ DX
	SUBQ $8, CX
	JNZ  eight
done:
	VZEROUPPER
	RET

// func applyAffineVectorsAVX2(dst, src *float32, mask *uint64, n int, scale, shift, dropped float32)
//
// Requires n to be a multiple of 8.
TEXT ·applyAffineVectorsAVX2(SB), NOSPLIT, $0-44
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ mask+16(FP), DX
	MOVQ n+24(FP), CX
	VBROADCASTSS scale+32(FP), SCALE
	VBROADCASTSS shift+36(FP), SHIFT
	VBROADCASTSS dropped+40(FP), DROPPED
	LOADBITS
	SUBQ $32, CX
	JLT  eights
thirtytwo:
	VPBROADCASTD (DX), Y5
	AFFINE8(Y5, BITS0, 0)
	AFFINE8(Y5, BITS1, 32)
	AFFINE8(Y5, BITS2, 64)
	AFFINE8(Y5, BITS3, 96)
	ADDQ $128, SI
	ADDQ $128, DI
	ADDQ $4, DX
	SUBQ $32, CX
	JGE  thirtytwo
eights:
	ADDQ $32, CX
	JZ   done
eight:
	VPBROADCASTB (DX), Y5
	AFFINE8(Y5, BITS0, 0)
	ADDQ $32, SI
	ADDQ $32, DI
	INCQ DX
	SUBQ $8, CX
	JNZ  eight
done:
	VZEROUPPER
	RET

// func applyResidualVectorsAVX2(dst, src, bias, residual *float32, mask *uint64, n int, scale float32)
//
// Requires n to be a multiple of 8.
TEXT ·applyResidualVectorsAVX2(SB), NOSPLIT, $0-52
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ bias+16(FP), R8
	MOVQ residual+24(FP), R9
	MOVQ mask+32(FP), DX
	MOVQ n+40(FP), CX
	VBROADCASTSS scale+48(FP), SCALE
	LOADBITS
	VXORPS ZERO, ZERO, ZERO
	SUBQ $32, CX
	JLT  eights
thirtytwo:
	VPBROADCASTD (DX), Y5
	RESIDUAL8(Y5, BITS0, 0)
	RESIDUAL8(Y5, BITS1, 32)
	RESIDUAL8(Y5, BITS2, 64)
	RESIDUAL8(Y5, BITS3, 96)
	ADDQ $128, SI
	ADDQ $128, R8
	ADDQ $128, R9
	ADDQ $128, DI
	ADDQ $4, DX
	SUBQ $32, CX
	JGE  thirtytwo
eights:
	ADDQ $32, CX
	JZ   done
eight:
	VPBROADCASTB (DX), Y5
	RESIDUAL8(Y5, BITS0, 0)
	ADDQ $32, SI
	ADDQ $32, R8
	ADDQ $32, R9
	ADDQ $32, DI
	INCQ DX
	SUBQ $8, CX
	JNZ  eight
done:
	VZEROUPPER
	RET

// func addVectorsAVX2(sum, x *float32, n int)
//
// Requires n to be a multiple of 8.
TEXT ·addVectorsAVX2(SB), NOSPLIT, $0-24
	MOVQ sum+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	SUBQ $32, CX
	JLT  eights
thirtytwo:
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	VADDPS  (SI), Y0, Y0
	VADDPS  32(SI), Y1, Y1
	VADDPS  64(SI), Y2, Y2
	VADDPS  96(SI), Y3, Y3
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	ADDQ $128, SI
	ADDQ $128, DI
	SUBQ $32, CX
	JGE  thirtytwo
eights:
	ADDQ $32, CX
	JZ   done
eight:
	VMOVUPS (DI), Y0
	VADDPS  (SI), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ  eight
done:
	VZEROUPPER
	RET

// Normal variates: fillNormal and applyNormal.
//
// Eight words of the stream are in two registers, in the order that one shuffle
// within 128 bits turns into eight halves in the order of the words. They are
// stored to where their variates will be:
//
//	        lane 0    lane 1    lane 2    lane 3
//	ST0     word 0    word 1    word 4    word 5
//	ST1     word 2    word 3    word 6    word 7
//	          ↓                   ↓
//	        high halves         low halves
//	          ↓ radius            ↓
//	        radii               low halves
//	          ↓         angle     ↓
//	        cos, z[0]…z[7]      sin, z[8]…z[15]
//
// Each arrow is a pass over z, which is in the L1 cache: in one pass over all, the
// hundred operations of a group would fill the reorder buffer, and the long chain
// of one polynomial would hardly overlap with that of the next group.
//
// normalPair is followed operation by operation, but for factors that are powers
// of two, which commute with rounding: the radius computes with 2^31·u, the angle
// with 4·a, where shifting out the quarter turns leaves the rest with its sign.

#define ST0 Y0
#define ST1 Y1
#define INC8 Y14 // the increment of 8 steps

// Of the pass radius.
#define E Y2
#define F Y3
#define F2 Y4
#define POLY Y5

// Of the pass angle.
#define TURN Y2  // the angle plus 1/8 turn: bits 31, 30 = k
#define T Y3
#define T2 Y4
#define SIN Y5
#define COS Y6
#define ONE Y7
#define SIGN Y8

// COLUMN loads entries k, k+1, k+4, k+5 of the first column of TABLE, which is
// lcgPow or lcgSum, to Y; X is its low half. Clobbers X13.
#define COLUMN(TABLE, k, X, Y) \
	VMOVQ   (64*k)(TABLE), X;             \
	VPINSRQ $1, (64*k+64)(TABLE), X, X;   \
	VMOVQ   (64*k+256)(TABLE), X13;       \
	VPINSRQ $1, (64*k+320)(TABLE), X13, X13; \
	VINSERTI128 $1, X13, Y, Y

// HORNER sets P to P·X + C. The product is rounded.
#define HORNER(C, X, P) \
	VMULPS X, P, P;                       \
	VADDPS C<>(SB), P, P

// func fillNormalVectorsAVX2(z []float32, s, inc uint64, near *float32)
//
// Requires len(z) to be a multiple of 16. near are elements that the variates are
// for, fetched into the cache meanwhile.
TEXT ·fillNormalVectorsAVX2(SB), NOSPLIT, $0-48
	MOVQ z_base+0(FP), DI
	MOVQ near+40(FP), R8
	MOVQ z_len+8(FP), CX
	VPXOR ZERO, ZERO, ZERO
	SHRQ $4, CX               // CX = groups
	JZ   done

	// The states of words 0…7: s·lcgPow + inc·lcgSum.
	LEAQ ·lcgPow(SB), SI
	LEAQ ·lcgSum(SB), DX
	VPBROADCASTQ s+24(FP), Y4
	VPSHUFD $0xB1, Y4, Y5     // Y5 = s with halves exchanged
	VPBROADCASTQ inc+32(FP), Y6
	VPSHUFD $0xB1, Y6, Y7
	COLUMN(SI, 0, X0, ST0)
	COLUMN(SI, 2, X1, ST1)
	COLUMN(DX, 0, X2, Y2)
	COLUMN(DX, 2, X3, Y3)
	VPBROADCASTQ 8(DX), INC8  // lcgSum[0][1]
	MUL64(Y4, Y5, ST0)
	MUL64(Y4, Y5, ST1)
	MUL64(Y6, Y7, Y2)
	MUL64(Y6, Y7, Y3)
	MUL64(Y6, Y7, INC8)
	VPADDQ Y2, ST0, ST0
	VPADDQ Y3, ST1, ST1

	// The halves of the words, to where their variates will be.
	MOVQ DI, SI
	MOVQ CX, DX
words:
	PREFETCHT0 (R8)
	ADDQ $64, R8
	RXSM(ST0, Y4)
	RXSM(ST1, Y5)
	MUL64(step8<>(SB), step8Swap<>(SB), ST0)
	MUL64(step8<>(SB), step8Swap<>(SB), ST1)
	VPADDQ  INC8, ST0, ST0
	VPADDQ  INC8, ST1, ST1
	VSHUFPS $0xDD, Y5, Y4, Y2 // Y2 = high halves
	VSHUFPS $0x88, Y5, Y4, Y3
	VPSRLD  $11, Y2, Y4       // Y4 = w>>43
	VPXOR   Y4, Y3, Y3        // Y3 = low halves
	VMOVDQU Y2, (SI)
	VMOVDQU Y3, 32(SI)
	ADDQ $64, SI
	DECQ DX
	JNZ  words

	// High halves to radii. u·2^31 = 2^(e+31)·(1+f).
	MOVQ DI, SI
	MOVQ CX, DX
radius:
	VMOVDQU   (SI), E
	VPSRLD    $1, E, E
	VCVTDQ2PS E, E
	VADDPS    half<>(SB), E, E
	VPSUBD    sqrtHalf31<>(SB), E, F // F = b
	VPSRAD    $23, F, E
	VCVTDQ2PS E, E
	VPAND     fraction<>(SB), F, F
	VPADDD    sqrtHalf<>(SB), F, F
	VSUBPS    one<>(SB), F, F
	VMULPS    F, F, F2
	VMULPS    log6<>(SB), F, POLY
	VADDPS    log5<>(SB), POLY, POLY
	HORNER(log4, F, POLY)
	HORNER(log3, F, POLY)
	HORNER(log2, F, POLY)
	HORNER(log1, F, POLY)
	HORNER(log0, F, POLY)     // POLY = q
	VMULPS    half<>(SB), F2, TMP0
	VSUBPS    TMP0, F, TMP0   // TMP0 = f - f²/2
	VMULPS    F, F2, F2
	VMULPS    POLY, F2, POLY
	VADDPS    POLY, TMP0, POLY
	VMULPS    ln2<>(SB), E, E
	VADDPS    POLY, E, POLY   // POLY = l
	VMULPS    minus2<>(SB), POLY, POLY
	VSQRTPS   POLY, POLY
	VMOVUPS   POLY, (SI)
	ADDQ $64, SI
	DECQ DX
	JNZ  radius

	// Low halves to angles, k quarter turns and t, and these to variates.
	VMOVUPS one<>(SB), ONE
	VMOVUPS signBit<>(SB), SIGN
angle:
	VMOVDQU   32(DI), TURN
	VPSLLD    $2, TURN, T
	VPADDD    eighth<>(SB), TURN, TURN
	VCVTDQ2PS T, T
	VMULPS    turn4<>(SB), T, T
	VMULPS    T, T, T2
	VMULPS    sin2<>(SB), T2, SIN
	VADDPS    sin1<>(SB), SIN, SIN
	HORNER(sin0, T2, SIN)
	VMULPS    T, T2, TMP0
	VMULPS    SIN, TMP0, SIN
	VADDPS    SIN, T, SIN     // SIN = s
	VMULPS    cos1<>(SB), T2, COS
	VADDPS    cos0<>(SB), COS, COS
	VMULPS    half<>(SB), T2, TMP0
	VSUBPS    TMP0, ONE, TMP0
	VMULPS    T2, T2, T2
	VMULPS    COS, T2, COS
	VADDPS    COS, TMP0, COS  // COS = c

	// An odd k exchanges the two. Bit 1 of k is the sign of sin, and that of k+1
	// the sign of cos.
	VPADDD    TURN, TURN, TMP0 // bit 31 = bit 0 of k
	VBLENDVPS TMP0, COS, SIN, T
	VBLENDVPS TMP0, SIN, COS, T2
	VPXOR     TURN, TMP0, TMP0
	VPAND     SIGN, TURN, TURN
	VPAND     SIGN, TMP0, TMP0
	VMULPS    (DI), T, SIN
	VMULPS    (DI), T2, COS
	VPXOR     TURN, SIN, SIN
	VPXOR     TMP0, COS, COS
	VMOVUPS   COS, (DI)
	VMOVUPS   SIN, 32(DI)
	ADDQ $64, DI
	DECQ CX
	JNZ  angle
done:
	VZEROUPPER
	RET

// NOISE8 does eight elements at off. Clobbers V.
#define NOISE8(off, V, STORE) \
	VMULPS  off(DX), Y0, V;               \
	VADDPS  V, Y1, V;                     \ // V = 1 + sigma·z
	VMULPS  off(SI), V, V;                \
	STORE   V, off(DI)

// func applyNormalVectorsAVX2(dst, src, z *float32, n int, sigma float32)
//
// Requires n to be a multiple of 8.
TEXT ·applyNormalVectorsAVX2(SB), NOSPLIT, $0-36
	LOADNOISE
	SUBQ $32, CX
	JLT  eights
thirtytwo:
	NOISE8(0, Y2, VMOVUPS)
	NOISE8(32, Y3, VMOVUPS)
	NOISE8(64, Y4, VMOVUPS)
	NOISE8(96, Y5, VMOVUPS)
	ADDQ $128, DI
	ADDQ $128, SI
	ADDQ $128, DX
	SUBQ $32, CX
	JGE  thirtytwo
eights:
	ADDQ $32, CX
	JZ   done
eight:
	NOISE8(0, Y2, VMOVUPS)
	ADDQ $32, DI
	ADDQ $32, SI
	ADDQ $32, DX
	SUBQ $8, CX
	JNZ  eight
done:
	VZEROUPPER
	RET

// func applyNormalStreamVectorsAVX2(dst, src, z *float32, n int, sigma float32)
//
// Requires n to be a multiple of 32, n > 0, and dst to be aligned to 32 bytes.
TEXT ·applyNormalStreamVectorsAVX2(SB), NOSPLIT, $0-36
	LOADNOISE
thirtytwo:
	NOISE8(0, Y2, VMOVNTPS)
	NOISE8(32, Y3, VMOVNTPS)
	NOISE8(64, Y4, VMOVNTPS)
	NOISE8(96, Y5, VMOVNTPS)
	ADDQ $128, DI
	ADDQ $128, SI
	ADDQ $128, DX
	SUBQ $32, CX
	JNZ  thirtytwo
	SFENCE
	VZEROUPPER
	RET

// A^8, lcgPow[0][1], plain and with halves exchanged.
DATA step8<>+0(SB)/8, $0xB59DDA5F38413D21
DATA step8<>+8(SB)/8, $0xB59DDA5F38413D21
DATA step8<>+16(SB)/8, $0xB59DDA5F38413D21
DATA step8<>+24(SB)/8, $0xB59DDA5F38413D21
GLOBL step8<>(SB), RODATA|NOPTR, $32

DATA step8Swap<>+0(SB)/8, $0x38413D21B59DDA5F
DATA step8Swap<>+8(SB)/8, $0x38413D21B59DDA5F
DATA step8Swap<>+16(SB)/8, $0x38413D21B59DDA5F
DATA step8Swap<>+24(SB)/8, $0x38413D21B59DDA5F
GLOBL step8Swap<>(SB), RODATA|NOPTR, $32

// SPLAT defines a table of eight times the 32-bit value VALUE.
#define SPLAT(NAME, VALUE) \
	DATA  NAME<>+0(SB)/4, $VALUE;         \
	DATA  NAME<>+4(SB)/4, $VALUE;         \
	DATA  NAME<>+8(SB)/4, $VALUE;         \
	DATA  NAME<>+12(SB)/4, $VALUE;        \
	DATA  NAME<>+16(SB)/4, $VALUE;        \
	DATA  NAME<>+20(SB)/4, $VALUE;        \
	DATA  NAME<>+24(SB)/4, $VALUE;        \
	DATA  NAME<>+28(SB)/4, $VALUE;        \
	GLOBL NAME<>(SB), RODATA|NOPTR, $32

// The constants of normalPair as float32, and those that differ by a power of two.
SPLAT(log0, 0x3EAAAB6C)        // 0.33333911
SPLAT(log1, 0xBE8001C1)        // -0.25001337
SPLAT(log2, 0x3E4C6BF9)        // 0.19963064
SPLAT(log3, 0xBE29C125)        // -0.16577585
SPLAT(log4, 0x3E18BA2B)        // 0.14914768
SPLAT(log5, 0xBE12195C)        // -0.14267487
SPLAT(log6, 0x3DB22F58)        // 0.08700436
SPLAT(sin0, 0xBE2AAAA0)        // -0.16666651
SPLAT(sin1, 0x3C0882DB)        // 0.00833198
SPLAT(sin2, 0xB94C6E2D)        // -0.00019496
SPLAT(cos0, 0x3D2AA505)        // 0.04166128
SPLAT(cos1, 0xBAB2F230)        // -0.00136525
SPLAT(half, 0x3F000000)        // 0.5
SPLAT(one, 0x3F800000)         // 1
SPLAT(minus2, 0xC0000000)      // -2
SPLAT(ln2, 0x3F317218)         // ln 2
SPLAT(turn4, 0x2FC90FDB)       // turn/4
SPLAT(sqrtHalf, 0x3F3504F3)    // sqrtHalfBits
SPLAT(sqrtHalf31, 0x4EB504F3)  // sqrtHalfBits + 31<<23: the bits of 2^31·√½
SPLAT(fraction, 0x007FFFFF)
SPLAT(eighth, 0x20000000)      // 1/8 turn
SPLAT(signBit, 0x80000000)
