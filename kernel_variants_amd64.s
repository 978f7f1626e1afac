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
// Two groups of eight words of the stream are in two registers each, in the order
// that one shuffle within 128 bits turns into eight halves in the order of the
// words. They are stored to where their variates will be:
//
//	        lane 0    lane 1    lane 2    lane 3
//	ST0     word 0    word 1    word 4    word 5      first group
//	ST1     word 2    word 3    word 6    word 7
//	ST2     word 8    word 9    word 12   word 13     second group
//	ST3     word 10   word 11   word 14   word 15
//	          ↓                   ↓
//	        high halves         low halves
//	          ↓ radius            ↓
//	        radii               low halves
//	          ↓         angle     ↓
//	        cos, z[0]…z[7]      sin, z[8]…z[15]       of the first group
//	        cos, z[16]…z[23]    sin, z[24]…z[31]      of the second
//
// Each arrow is a pass over z, which is in the L1 cache: in one pass over all, the
// hundred operations of a group would fill the reorder buffer, and the long chain
// of one polynomial would hardly overlap with that of the next group. A round of
// each pass does two groups, since the chains of one leave the ports idle. If their
// number is odd, the words of the last are drawn alone; in the passes radius and
// angle it stands for both groups of the round, which load it before they store it.
//
// normalPair is followed operation by operation, but for factors that are powers
// of two, which commute with rounding. The radius computes with 2^31·u, g = f/2 and
//
//	r/2 = √(e·(-ln2/2) - ((g - g²) + g²·g·(4q)))
//
// where 4q as a polynomial of g has the coefficients 2^(i+2)·log_i, and the angle
// with 4·a, where shifting out the quarter turns leaves the rest with its sign, 2s
// and 2c. They would not commute among the subnormals, but nothing gets there: f is
// 0 or at least 2^-24, and the least product of its powers above 2^-76; t is 0 or
// at least 2^-30, and t⁴·cos0 above 2^-122. At u = 1 the root is of -0 in both.

// Of the pass words.
#define ST0 Y0
#define ST1 Y1
#define ST2 Y2
#define ST3 Y3
#define STEP16 Y10     // A^16
#define STEP16SWAP Y11 // with halves exchanged
#define INC16 Y14      // the increment of 16 steps

// Of the pass radius, for two groups.
#define E0 Y0
#define E1 Y1
#define G0 Y2
#define G1 Y3
#define GG0 Y4
#define GG1 Y5
#define POLY0 Y6
#define POLY1 Y7

// Of the pass angle, for two groups.
#define TURN0 Y0 // the angle plus 1/8 turn: bits 31, 30 = k
#define TURN1 Y1
#define T0 Y2
#define T1 Y3
#define TT0 Y4
#define TT1 Y5
#define SIN0 Y6
#define SIN1 Y7
#define COS0 Y8
#define COS1 Y9
#define TWO Y14
#define SIGN Y15

// COLUMN loads entries k, k+1, k+4, k+5 of the first column of TABLE, which is
// lcgPow or lcgSum, to Y; X is its low half. Clobbers X13.
#define COLUMN(TABLE, k, X, Y) \
	VMOVQ   (64*k)(TABLE), X;             \
	VPINSRQ $1, (64*k+64)(TABLE), X, X;   \
	VMOVQ   (64*k+256)(TABLE), X13;       \
	VPINSRQ $1, (64*k+320)(TABLE), X13, X13; \
	VINSERTI128 $1, X13, Y, Y

// HALVES stores the halves of the words of S0 and S1 at off(SI) and steps the
// states. Clobbers Y4…Y7, TMP0, TMP1.
#define HALVES(S0, S1, off) \
	RXSM(S0, Y4);                         \
	RXSM(S1, Y5);                         \
	MUL64(STEP16, STEP16SWAP, S0);        \
	MUL64(STEP16, STEP16SWAP, S1);        \
	VPADDQ  INC16, S0, S0;                \
	VPADDQ  INC16, S1, S1;                \
	VSHUFPS $0xDD, Y5, Y4, Y6;            \ // Y6 = high halves
	VSHUFPS $0x88, Y5, Y4, Y7;            \
	VPSRLD  $11, Y6, Y4;                  \ // Y4 = w>>43
	VPXOR   Y4, Y7, Y7;                   \ // Y7 = low halves
	VMOVDQU Y6, off(SI);                  \
	VMOVDQU Y7, off+32(SI)

// LINEAR sets P0 to A·X0 + B, and P1 to that of X1. The products are rounded.
#define LINEAR(A, B, X0, X1, P0, P1) \
	VMULPS A<>(SB), X0, P0;               \
	VMULPS A<>(SB), X1, P1;               \
	VADDPS B<>(SB), P0, P0;               \
	VADDPS B<>(SB), P1, P1

// HORNER sets P0 to P0·X0 + C, and P1 likewise. The products are rounded.
#define HORNER(C, X0, X1, P0, P1) \
	VMULPS X0, P0, P0;                    \
	VMULPS X1, P1, P1;                    \
	VADDPS C<>(SB), P0, P0;               \
	VADDPS C<>(SB), P1, P1

// EXPONENT sets E to e and G to f/2 of the high halves at HIGH:
// u·2^31 = 2^(e+31)·(1+f).
#define EXPONENT(HIGH, E, G) \
	VMOVDQU   HIGH, E;                    \
	VPSRLD    $1, E, E;                   \
	VCVTDQ2PS E, E;                       \
	VADDPS    half<>(SB), E, E;           \
	VPSUBD    sqrtHalf31<>(SB), E, G;     \ // G = b
	VPSRAD    $23, G, E;                  \
	VCVTDQ2PS E, E;                       \
	VPAND     fraction<>(SB), G, G;       \
	VPADDD    sqrtEighth<>(SB), G, G;     \ // G = (1+f)/2
	VSUBPS    half<>(SB), G, G

// RADIUS stores r/2 at RADII, of e in E, f/2 in G and 4q in POLY. Clobbers E, GG,
// POLY, TMP.
#define RADIUS(E, G, GG, POLY, TMP, RADII) \
	VMULPS  G, G, GG;                     \
	VSUBPS  GG, G, TMP;                   \
	VMULPS  G, GG, GG;                    \
	VMULPS  POLY, GG, POLY;               \
	VADDPS  POLY, TMP, POLY;              \
	VMULPS  minusHalfLn2<>(SB), E, E;     \
	VSUBPS  POLY, E, POLY;                \ // POLY = -l/2
	VSQRTPS POLY, POLY;                   \
	VMOVUPS POLY, RADII

// ANGLE sets TURN, T to t and TT to t², of the low halves at LOW.
#define ANGLE(LOW, TURN, T, TT) \
	VMOVDQU   LOW, TURN;                  \
	VPSLLD    $2, TURN, T;                \
	VPADDD    eighth<>(SB), TURN, TURN;   \
	VCVTDQ2PS T, T;                       \
	VMULPS    turn4<>(SB), T, T;          \
	VMULPS    T, T, TT

// SINCOS sets SIN to 2s and COS to 2c, of twice the polynomials' values there.
// Clobbers T, TT, TMP.
#define SINCOS(T, TT, SIN, COS, TMP) \
	VMULPS T, TT, TMP;                    \
	VADDPS T, T, T;                       \
	VMULPS SIN, TMP, SIN;                 \
	VADDPS SIN, T, SIN;                   \
	VSUBPS TT, TWO, TMP;                  \
	VMULPS TT, TT, TT;                    \
	VMULPS COS, TT, COS;                  \
	VADDPS COS, TMP, COS

// QUADRANT sets SIN and COS to the variates of 2s and 2c there and r/2 at RADII. An
// odd k exchanges the two. Bit 1 of k is the sign of sin, and that of k+1 the sign
// of cos. Clobbers TURN, T, TT, TMP.
#define QUADRANT(TURN, T, TT, SIN, COS, TMP, RADII) \
	VPADDD    TURN, TURN, TMP;            \ // bit 31 = bit 0 of k
	VBLENDVPS TMP, COS, SIN, T;           \
	VBLENDVPS TMP, SIN, COS, TT;          \
	VPXOR     TURN, TMP, TMP;             \
	VPAND     SIGN, TURN, TURN;           \
	VPAND     SIGN, TMP, TMP;             \
	VMULPS    RADII, T, SIN;              \
	VMULPS    RADII, TT, COS;             \
	VPXOR     TURN, SIN, SIN;             \
	VPXOR     TMP, COS, COS

// func fillNormalAVX2(z []float32, s, inc uint64, near []float32)
//
// Requires len(z) to be a multiple of 16. near are elements that the variates are
// for, fetched into the cache meanwhile.
TEXT ·fillNormalAVX2(SB), NOSPLIT, $0-64
	MOVQ z_base+0(FP), DI
	MOVQ near_base+40(FP), R8
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
	VBROADCASTI128 8(DX), Y8  // lcgSum[0][1], lcgSum[0][2]
	MUL64(Y4, Y5, ST0)
	MUL64(Y4, Y5, ST1)
	MUL64(Y6, Y7, Y2)
	MUL64(Y6, Y7, Y3)
	MUL64(Y6, Y7, Y8)
	VPADDQ Y2, ST0, ST0
	VPADDQ Y3, ST1, ST1

	// Those of words 8…15 are 8 steps on.
	VPBROADCASTQ 8(SI), Y4    // lcgPow[0][1]
	VPSHUFD $0xB1, Y4, Y5
	VMOVDQA ST0, ST2
	VMOVDQA ST1, ST3
	VPUNPCKLQDQ Y8, Y8, Y9    // Y9 = the increment of 8 steps
	VPUNPCKHQDQ Y8, Y8, INC16
	MUL64(Y4, Y5, ST2)
	MUL64(Y4, Y5, ST3)
	VPADDQ Y9, ST2, ST2
	VPADDQ Y9, ST3, ST3
	VPBROADCASTQ 16(SI), STEP16 // lcgPow[0][2]
	VPSHUFD $0xB1, STEP16, STEP16SWAP

	// The halves of the words, to where their variates will be.
	MOVQ DI, SI
	MOVQ CX, DX
words:
	PREFETCHT0 (R8)
	HALVES(ST0, ST1, 0)
	DECQ DX
	JZ   drawn
	PREFETCHT0 64(R8)
	HALVES(ST2, ST3, 64)
	ADDQ $128, R8
	ADDQ $128, SI
	DECQ DX
	JNZ  words

	// High halves to radii.
drawn:
	MOVQ DI, SI
	MOVQ CX, DX
	MOVL $64, R8              // R8 = bytes from the first group to the second
radius:
	CMPQ DX, $1
	JNE  radiusPair
	XORL R8, R8               // the last group stands for both
radiusPair:
	EXPONENT((SI), E0, G0)
	EXPONENT((SI)(R8*1), E1, G1)
	LINEAR(log6, log5, G0, G1, POLY0, POLY1)
	HORNER(log4, G0, G1, POLY0, POLY1)
	HORNER(log3, G0, G1, POLY0, POLY1)
	HORNER(log2, G0, G1, POLY0, POLY1)
	HORNER(log1, G0, G1, POLY0, POLY1)
	HORNER(log0, G0, G1, POLY0, POLY1)
	RADIUS(E0, G0, GG0, POLY0, TMP0, (SI))
	RADIUS(E1, G1, GG1, POLY1, TMP1, (SI)(R8*1))
	ADDQ $128, SI
	SUBQ $2, DX
	JGT  radius

	// Low halves to angles, k quarter turns and t, and these to variates.
	VMOVUPS two<>(SB), TWO
	VMOVUPS signBit<>(SB), SIGN
	MOVL $64, R8
angle:
	CMPQ CX, $1
	JNE  anglePair
	XORL R8, R8               // likewise
anglePair:
	ANGLE(32(DI), TURN0, T0, TT0)
	ANGLE(32(DI)(R8*1), TURN1, T1, TT1)
	LINEAR(sin2, sin1, TT0, TT1, SIN0, SIN1)
	LINEAR(cos1, cos0, TT0, TT1, COS0, COS1)
	HORNER(sin0, TT0, TT1, SIN0, SIN1)
	SINCOS(T0, TT0, SIN0, COS0, TMP0)
	SINCOS(T1, TT1, SIN1, COS1, TMP1)
	QUADRANT(TURN0, T0, TT0, SIN0, COS0, TMP0, (DI))
	QUADRANT(TURN1, T1, TT1, SIN1, COS1, TMP1, (DI)(R8*1))
	VMOVUPS COS0, (DI)
	VMOVUPS COS1, (DI)(R8*1)
	VMOVUPS SIN0, 32(DI)
	VMOVUPS SIN1, 32(DI)(R8*1)
	ADDQ $128, DI
	SUBQ $2, CX
	JGT  angle
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

// The constants of normalPair as float32, times powers of two where the passes
// compute with such multiples.
SPLAT(log0, 0x3FAAAB6C)         // 2^2·0.33333911
SPLAT(log1, 0xC00001C1)         // 2^3·-0.25001337
SPLAT(log2, 0x404C6BF9)         // 2^4·0.19963064
SPLAT(log3, 0xC0A9C125)         // 2^5·-0.16577585
SPLAT(log4, 0x4118BA2B)         // 2^6·0.14914768
SPLAT(log5, 0xC192195C)         // 2^7·-0.14267487
SPLAT(log6, 0x41B22F58)         // 2^8·0.08700436
SPLAT(sin0, 0xBEAAAAA0)         // 2·-0.16666651
SPLAT(sin1, 0x3C8882DB)         // 2·0.00833198
SPLAT(sin2, 0xB9CC6E2D)         // 2·-0.00019496
SPLAT(cos0, 0x3DAAA505)         // 2·0.04166128
SPLAT(cos1, 0xBB32F230)         // 2·-0.00136525
SPLAT(half, 0x3F000000)         // 0.5
SPLAT(one, 0x3F800000)          // 1
SPLAT(two, 0x40000000)          // 2
SPLAT(minusHalfLn2, 0xBEB17218) // -ln2/2
SPLAT(turn4, 0x2FC90FDB)        // turn/4
SPLAT(sqrtEighth, 0x3EB504F3)   // sqrtHalfBits - 1<<23: the bits of √⅛
SPLAT(sqrtHalf31, 0x4EB504F3)   // sqrtHalfBits + 31<<23: the bits of 2^31·√½
SPLAT(fraction, 0x007FFFFF)
SPLAT(eighth, 0x20000000)       // 1/8 turn
SPLAT(signBit, 0x80000000)
