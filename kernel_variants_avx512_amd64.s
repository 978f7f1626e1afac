//go:build !purego

#include "textflag.h"
#include "kernel_avx512_amd64.h"

// The appliers of kernel_generic.go that do more than scale, and its normal
// variates, in AVX-512 (F, DQ, BW, VL).
//
// Mask bits go to opmask registers, whose bit i selects element i of 16.
// Dropped elements are replaced behind the arithmetic, not before: at p = 1 the
// scale is +Inf, and 0·Inf is a NaN. Elements behind the end are masked: they are
// neither read nor written, whatever page they may be on. Operands have the order
// of the Go code's: the sum of two NaNs is the first.

#define SCALE Z0
#define SHIFT Z1
#define DROPPED Z2
#define ZERO Z3

// Opmasks: K1…K4 = bits of elements 0…15, 16…31, 32…47, 48…63 of a word;
// K7 = the elements that are left, fewer than 16.

// LOADMASK sets K1…K4 to the mask word at DX.
#define LOADMASK \
	KMOVQ    (DX), K1;                    \
	KSHIFTRQ $16, K1, K2;                 \
	KSHIFTRQ $32, K1, K3;                 \
	KSHIFTRQ $48, K1, K4

// LEFT sets K7 to the first CX elements, CX < 16. Clobbers AX.
#define LEFT \
	MOVL $1, AX;                          \
	SHLL CX, AX;                          \
	DECL AX;                              \
	KMOVW AX, K7

// RELU16 does the 16 elements at off, and takes from their mask bits at bits those
// that are not kept. Four small loads and stores of bits are less work than parting
// and joining a mask word. Clobbers K, V.
#define RELU16(off, bits, K, V) \
	KMOVW    bits(DX), K;                 \
	VMOVUPS  off(SI), V;                  \
	VCMPPS   $0x16, ZERO, V, K, K;        \ // not <= 0, as for a NaN
	VMULPS.Z SCALE, V, K, V;              \
	KMOVW    K, bits(DX);                 \
	VMOVUPS  V, off(DI)

// AFFINE16 does the 16 elements at off, K their mask bits. Clobbers V, W.
#define AFFINE16(off, K, V, W) \
	VMULPS   off(SI), SCALE, V;           \
	VMOVAPS  DROPPED, W;                  \
	VADDPS   SHIFT, V, K, W;              \
	VMOVUPS  W, off(DI)

// RESIDUAL16 does the 16 elements at off, K their mask bits. Clobbers V, W.
#define RESIDUAL16(off, K, V, W) \
	VMOVUPS  off(SI), V;                  \
	VADDPS   off(R8), V, V;               \
	VMOVUPS  off(R9), W;                  \
	VMULPS.Z SCALE, V, K, V;              \
	VADDPS   V, W, V;                     \
	VMOVUPS  V, off(DI)

// func applyReLUAVX512(dst, src []float32, mask []uint64, scale float32)
TEXT ·applyReLUAVX512(SB), NOSPLIT, $0-76
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	MOVQ mask_base+48(FP), DX
	VBROADCASTSS scale+72(FP), SCALE
	VPXORD ZERO, ZERO, ZERO
	SUBQ $64, CX
	JLT  sixteens
sixtyfour:
	RELU16(0, 0, K1, Z4)
	RELU16(64, 2, K2, Z5)
	RELU16(128, 4, K3, Z6)
	RELU16(192, 6, K4, Z7)
	ADDQ $256, SI
	ADDQ $256, DI
	ADDQ $8, DX
	SUBQ $64, CX
	JGE  sixtyfour

sixteens:
	ADDQ $48, CX              // CX = elements left, less 16
	JLT  last
sixteen:
	RELU16(0, 0, K1, Z4)
	ADDQ $64, SI
	ADDQ $64, DI
	ADDQ $2, DX
	SUBQ $16, CX
	JGE  sixteen

	// The mask bits behind the end stay.
last:
	ADDQ $16, CX
	JZ   done
	LEFT
	KMOVW (DX), K1
	VMOVUPS.Z (SI), K7, Z4    // 0 behind the end, which is not kept
	VCMPPS $0x16, ZERO, Z4, K1, K2
	KANDNW K1, K7, K1         // K1 = bits behind the end
	VMULPS.Z SCALE, Z4, K2, Z4
	VMOVUPS Z4, K7, (DI)
	KORW K1, K2, K1
	KMOVW K1, (DX)
done:
	VZEROUPPER
	RET

// func applyAffineAVX512(dst, src []float32, mask []uint64, scale, shift, dropped float32)
TEXT ·applyAffineAVX512(SB), NOSPLIT, $0-84
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	MOVQ mask_base+48(FP), DX
	VBROADCASTSS scale+72(FP), SCALE
	VBROADCASTSS shift+76(FP), SHIFT
	VBROADCASTSS dropped+80(FP), DROPPED
	SUBQ $64, CX
	JLT  sixteens
sixtyfour:
	LOADMASK
	AFFINE16(0, K1, Z4, Z5)
	AFFINE16(64, K2, Z6, Z7)
	AFFINE16(128, K3, Z8, Z9)
	AFFINE16(192, K4, Z10, Z11)
	ADDQ $256, SI
	ADDQ $256, DI
	ADDQ $8, DX
	SUBQ $64, CX
	JGE  sixtyfour

sixteens:
	ADDQ $48, CX              // CX = elements left, less 16
	JLT  last
sixteen:
	KMOVW (DX), K1
	AFFINE16(0, K1, Z4, Z5)
	ADDQ $64, SI
	ADDQ $64, DI
	ADDQ $2, DX
	SUBQ $16, CX
	JGE  sixteen

last:
	ADDQ $16, CX
	JZ   done
	LEFT
	KMOVW (DX), K1
	VMULPS.Z (SI), SCALE, K7, Z4
	VADDPS SHIFT, Z4, K1, DROPPED
	VMOVUPS DROPPED, K7, (DI)
done:
	VZEROUPPER
	RET

// func applyResidualAVX512(dst, src, bias, residual []float32, mask []uint64, scale float32)
TEXT ·applyResidualAVX512(SB), NOSPLIT, $0-124
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	MOVQ bias_base+48(FP), R8
	MOVQ residual_base+72(FP), R9
	MOVQ mask_base+96(FP), DX
	VBROADCASTSS scale+120(FP), SCALE
	SUBQ $64, CX
	JLT  sixteens
sixtyfour:
	LOADMASK
	RESIDUAL16(0, K1, Z4, Z5)
	RESIDUAL16(64, K2, Z6, Z7)
	RESIDUAL16(128, K3, Z8, Z9)
	RESIDUAL16(192, K4, Z10, Z11)
	ADDQ $256, SI
	ADDQ $256, R8
	ADDQ $256, R9
	ADDQ $256, DI
	ADDQ $8, DX
	SUBQ $64, CX
	JGE  sixtyfour

sixteens:
	ADDQ $48, CX              // CX = elements left, less 16
	JLT  last
sixteen:
	KMOVW (DX), K1
	RESIDUAL16(0, K1, Z4, Z5)
	ADDQ $64, SI
	ADDQ $64, R8
	ADDQ $64, R9
	ADDQ $64, DI
	ADDQ $2, DX
	SUBQ $16, CX
	JGE  sixteen

last:
	ADDQ $16, CX
	JZ   done
	LEFT
	KMOVW (DX), K1
	VMOVUPS.Z (SI), K7, Z4
	VADDPS.Z (R8), Z4, K7, Z4
	VMOVUPS.Z (R9), K7, Z5
	VMULPS.Z SCALE, Z4, K1, Z4
	VADDPS Z4, Z5, Z4
	VMOVUPS Z4, K7, (DI)
done:
	VZEROUPPER
	RET

// func addAVX512(sum, x []float32)
TEXT ·addAVX512(SB), NOSPLIT, $0-48
	MOVQ sum_base+0(FP), DI
	MOVQ sum_len+8(FP), CX
	MOVQ x_base+24(FP), SI
	SUBQ $64, CX
	JLT  sixteens
sixtyfour:
	VMOVUPS (DI), Z4
	VMOVUPS 64(DI), Z5
	VMOVUPS 128(DI), Z6
	VMOVUPS 192(DI), Z7
	VADDPS  (SI), Z4, Z4
	VADDPS  64(SI), Z5, Z5
	VADDPS  128(SI), Z6, Z6
	VADDPS  192(SI), Z7, Z7
	VMOVUPS Z4, (DI)
	VMOVUPS Z5, 64(DI)
	VMOVUPS Z6, 128(DI)
	VMOVUPS Z7, 192(DI)
	ADDQ $256, SI
	ADDQ $256, DI
	SUBQ $64, CX
	JGE  sixtyfour

sixteens:
	ADDQ $48, CX              // CX = elements left, less 16
	JLT  last
sixteen:
	VMOVUPS (DI), Z4
	VADDPS  (SI), Z4, Z4
	VMOVUPS Z4, (DI)
	ADDQ $64, SI
	ADDQ $64, DI
	SUBQ $16, CX
	JGE  sixteen

last:
	ADDQ $16, CX
	JZ   done
	LEFT
	VMOVUPS.Z (DI), K7, Z4
	VADDPS.Z (SI), Z4, K7, Z4
	VMOVUPS Z4, K7, (DI)
done:
	VZEROUPPER
	RET

// Normal variates: fillNormal and applyNormal.
//
// Two groups, 16 words of the stream, are in two registers, in the order that one
// shuffle within 128 bits turns into 16 halves in the order of the words, those of
// group a before those of group b:
//
//	        lanes 0, 1   lanes 2, 3   lanes 4, 5   lanes 6, 7
//	ST0     a0 a1        a4 a5        b0 b1        b4 b5
//	ST1     a2 a3        a6 a7        b2 b3        b6 b7
//	               ↓                         ↓
//	HIGH    a0 a1 a2 a3  a4 a5 a6 a7  b0 b1 b2 b3  b4 b5 b6 b7   → radii
//	ANGLE   a0 a1 a2 a3  a4 a5 a6 a7  b0 b1 b2 b3  b4 b5 b6 b7   → s, c
//	               ↓                         ↓
//	z[0]…z[15] = cos a, sin a      z[16]…z[31] = cos b, sin b
//
// normalPair is followed operation by operation, but for what changes no bit.
// Factors that are powers of two commute with rounding: the logarithm is made of
// 2^31·u and of coefficients twice as large, and the angle of 4·a, where shifting
// out the quarter turns leaves the rest with its sign. A product with a power of two
// is exact, so fusing it into a sum rounds once, as the sum alone would. The exponent
// comes as a float from the instruction for it.
//
// The radius is one long chain of operations. What it leaves idle goes to the angle
// and to the words of the next two groups, which stand in between because the
// queues that operations wait in are too short to look that far ahead. The last two
// groups' next words are drawn in vain.
//
// Constants that are not the stream's are read from memory by the operations that
// need them, once for all elements.

#define ST0 Z0      // states of the words, as above
#define ST1 Z1
#define W0 Z2       // words but for the last xorshift
#define W1 Z3
#define STEP16 Z26
#define INC16 Z27   // the increment of 16 steps
#define ONE Z28

#define HIGH Z4     // high halves of the words
#define ANGLE Z5    // low halves

// Of the radius.
#define E Z6
#define F Z7
#define F2 Z8
#define F3 Z9
#define POLY Z10

// Of the angle.
#define T Z11
#define T2 Z12
#define T3 Z13
#define T4 Z14
#define SIN Z15
#define COS Z16
#define TURN Z17    // the angle plus 1/8 turn: bits 31, 30 = k
#define TURNCOS Z18 // a quarter more

// DRAW draws the words W0, W1. Clobbers TMP.
#define DRAW \
	RXSM(ST0, W0);                        \
	RXSM(ST1, W1)

// STEP moves the states on by 16 words.
#define STEP \
	VPMULLQ STEP16, ST0, ST0;             \
	VPMULLQ STEP16, ST1, ST1;             \
	VPADDQ  INC16, ST0, ST0;              \
	VPADDQ  INC16, ST1, ST1

// HALVES sets HIGH and ANGLE to the halves of W0, W1. Clobbers TMP.
#define HALVES \
	VSHUFPS $0xDD, W1, W0, HIGH;          \
	VSHUFPS $0x88, W1, W0, ANGLE;         \
	VPSRLD  $11, HIGH, TMP;               \ // w>>43
	VPXORD  TMP, ANGLE, ANGLE

// HORNER sets P to P·X + C. The product is rounded.
#define HORNER(C, X, P) \
	VMULPS      X, P, P;                  \
	VADDPS.BCST C<>(SB), P, P

// func fillNormalAVX512(z []float32, s, inc uint64, near []float32)
//
// Requires len(z) to be a multiple of 16.
TEXT ·fillNormalAVX512(SB), NOSPLIT, $0-64
	MOVQ z_base+0(FP), DI
	MOVQ near_base+40(FP), SI
	MOVQ z_len+8(FP), CX
	SHRQ $4, CX               // CX = groups
	JZ   done
	LOADRXSM
	VBROADCASTSS one<>(SB), ONE

	// The states of words 0…15 from the stream's.
	VPBROADCASTQ s+24(FP), W0
	VPBROADCASTQ inc+32(FP), W1
	VPBROADCASTQ ·lcgPow+16(SB), STEP16 // lcgPow[0][2]
	VPBROADCASTQ ·lcgSum+16(SB), INC16  // lcgSum[0][2]
	VPMULLQ W1, INC16, INC16
	VPMULLQ pow<>+0(SB), W0, ST0
	VPMULLQ pow<>+64(SB), W0, ST1
	VPMULLQ sum<>+0(SB), W1, HIGH
	VPMULLQ sum<>+64(SB), W1, ANGLE
	VPADDQ  HIGH, ST0, ST0
	VPADDQ  ANGLE, ST1, ST1
	DRAW
	STEP
	HALVES

	// u·2^31 = 2^(e+31)·(1+f).
groups:
	PREFETCHT0 (SI)
	PREFETCHT0 64(SI)
	ADDQ    $128, SI
	VPSRLD  $1, HIGH, F
	VCVTDQ2PS F, F
	VADDPS.BCST half<>(SB), F, F
	VPSUBD.BCST toOne<>(SB), F, F // F = b + 127<<23, a float of exponent e
	VGETEXPPS F, E
	VPANDD.BCST fraction<>(SB), F, F
	VPADDD.BCST sqrtHalf<>(SB), F, F
	VSUBPS  ONE, F, F

	// The angle is k quarter turns and t, here 4·a before it is scaled.
	VPSLLD  $2, ANGLE, T
	VPADDD.BCST eighth<>(SB), ANGLE, TURN
	VPADDD.BCST threeEighths<>(SB), ANGLE, TURNCOS

	DRAW

	// POLY = 2·q, from the coefficient of f⁶ down.
	VMULPS  F, F, F2
	VMULPS.BCST log6<>(SB), F, POLY
	VADDPS.BCST log5<>(SB), POLY, POLY
	HORNER(log4, F, POLY)

	STEP
	HALVES

	HORNER(log3, F, POLY)
	HORNER(log2, F, POLY)
	HORNER(log1, F, POLY)

	VCVTDQ2PS T, T
	VMULPS.BCST turn4<>(SB), T, T // T = t
	VMULPS  T, T, T2
	VMULPS.BCST sin2<>(SB), T2, SIN
	VADDPS.BCST sin1<>(SB), SIN, SIN
	HORNER(sin0, T2, SIN)

	HORNER(log0, F, POLY)
	VMULPS  F, F2, F3
	VFMSUB132PS.BCST two<>(SB), F2, F // F = 2·(f - f²/2)

	VMULPS  T, T2, T3
	VMULPS  SIN, T3, SIN
	VADDPS  SIN, T, SIN       // SIN = s
	VMULPS.BCST cos1<>(SB), T2, COS
	VADDPS.BCST cos0<>(SB), COS, COS
	VMULPS  T2, T2, T4
	VFNMADD132PS.BCST half<>(SB), ONE, T2 // T2 = 1 - t²/2
	VMULPS  COS, T4, COS
	VADDPS  COS, T2, COS      // COS = c
	VPTESTMD.BCST quarter<>(SB), TURN, K1 // K1 = bits 0 of k

	VMULPS  POLY, F3, POLY
	VADDPS  POLY, F, POLY
	VMULPS.BCST minus2Ln2<>(SB), E, E
	VSUBPS  POLY, E, POLY     // POLY = -2·l
	VSQRTPS POLY, POLY        // POLY = radii

	// An odd k exchanges sine and cosine. Bit 1 of k is the sign of sin, and that
	// of k+1 the sign of cos.
	VBLENDMPS COS, SIN, K1, T
	VBLENDMPS SIN, COS, K1, T2
	VMULPS  T, POLY, SIN
	VMULPS  T2, POLY, COS
	VPTERNLOGD.BCST $0x78, signBit<>(SB), TURN, SIN // SIN ^ signBit&TURN
	VPTERNLOGD.BCST $0x78, signBit<>(SB), TURNCOS, COS

	VSHUFF64X2 $0x44, SIN, COS, T
	VSHUFF64X2 $0xEE, SIN, COS, T2
	VMOVUPS T, (DI)           // group a
	DECQ CX
	JZ   done
	VMOVUPS T2, 64(DI)        // group b
	ADDQ $128, DI
	DECQ CX
	JNZ  groups
done:
	VZEROUPPER
	RET

// NOISE16 does the 16 elements at off. Clobbers V.
#define NOISE16(off, V) \
	VMULPS  off(DX), SCALE, V;            \
	VADDPS  V, ONE, V;                    \ // V = 1 + sigma·z
	VMULPS  off(SI), V, V;                \
	VMOVUPS V, off(DI)

// func applyNormalAVX512(dst, src, z []float32, sigma float32)
TEXT ·applyNormalAVX512(SB), NOSPLIT, $0-76
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	MOVQ z_base+48(FP), DX
	VBROADCASTSS sigma+72(FP), SCALE
	VBROADCASTSS one<>(SB), ONE
	SUBQ $64, CX
	JLT  sixteens
sixtyfour:
	NOISE16(0, Z4)
	NOISE16(64, Z5)
	NOISE16(128, Z6)
	NOISE16(192, Z7)
	ADDQ $256, DI
	ADDQ $256, SI
	ADDQ $256, DX
	SUBQ $64, CX
	JGE  sixtyfour

sixteens:
	ADDQ $48, CX              // CX = elements left, less 16
	JLT  last
sixteen:
	NOISE16(0, Z4)
	ADDQ $64, DI
	ADDQ $64, SI
	ADDQ $64, DX
	SUBQ $16, CX
	JGE  sixteen

last:
	ADDQ $16, CX
	JZ   done
	LEFT
	VMULPS.Z (DX), SCALE, K7, Z4
	VADDPS  Z4, ONE, Z4
	VMULPS.Z (SI), Z4, K7, Z4
	VMOVUPS Z4, K7, (DI)
done:
	VZEROUPPER
	RET

// A^n and (A^n-1)/(A-1) for the words n in ST0 and ST1: columns 0 and 1 of lcgPow
// and lcgSum.
DATA pow<>+0(SB)/8, $0x0000000000000001
DATA pow<>+8(SB)/8, $0x5851F42D4C957F2D
DATA pow<>+16(SB)/8, $0xFB4D3AE39272BE11
DATA pow<>+24(SB)/8, $0x696D29DA565AD7FD
DATA pow<>+32(SB)/8, $0xB59DDA5F38413D21
DATA pow<>+40(SB)/8, $0x5B5FEE90A1001DCD
DATA pow<>+48(SB)/8, $0x2BAA1C4032658D31
DATA pow<>+56(SB)/8, $0xBC2BD0EBF66A209D
DATA pow<>+64(SB)/8, $0x685F98A2018FADE9
DATA pow<>+72(SB)/8, $0x0B046976F22528F5
DATA pow<>+80(SB)/8, $0xF08D02B0115F7A79
DATA pow<>+88(SB)/8, $0x798E21C49FF78E45
DATA pow<>+96(SB)/8, $0xC07A0E3E901EF009
DATA pow<>+104(SB)/8, $0x1CCA61580FC1A895
DATA pow<>+112(SB)/8, $0x384115C58E369E99
DATA pow<>+120(SB)/8, $0x549E870BD354C7E5
GLOBL pow<>(SB), RODATA|NOPTR, $128

DATA sum<>+0(SB)/8, $0x0000000000000000
DATA sum<>+8(SB)/8, $0x0000000000000001
DATA sum<>+16(SB)/8, $0xCBB5F646404A560C
DATA sum<>+24(SB)/8, $0xC7033129D2BD141D
DATA sum<>+32(SB)/8, $0x9A8B7F78DA6EF4D8
DATA sum<>+40(SB)/8, $0x502959D812B031F9
DATA sum<>+48(SB)/8, $0x88CDB7FF5390E864
DATA sum<>+56(SB)/8, $0xB477D43F85F67595
DATA sum<>+64(SB)/8, $0x5851F42D4C957F2E
DATA sum<>+72(SB)/8, $0xC0B18CCF4E252D17
DATA sum<>+80(SB)/8, $0x30705B042917EC1A
DATA sum<>+88(SB)/8, $0x20FD5DB43A776693
DATA sum<>+96(SB)/8, $0xAB894868B3B04FC6
DATA sum<>+104(SB)/8, $0x6C0356A743CF3FCF
DATA sum<>+112(SB)/8, $0x70A3A52B7C609632
DATA sum<>+120(SB)/8, $0xA8E4BAF10A9734CB
GLOBL sum<>(SB), RODATA|NOPTR, $128

// VALUE32 defines a table of one 32-bit value.
#define VALUE32(NAME, VALUE) \
	DATA  NAME<>+0(SB)/4, $VALUE;         \
	GLOBL NAME<>(SB), RODATA|NOPTR, $4

// The constants of normalPair as float32, and those that differ by a power of two.
VALUE32(log0, 0x3F2AAB6C)         // 2·0.33333911
VALUE32(log1, 0xBF0001C1)         // 2·-0.25001337
VALUE32(log2, 0x3ECC6BF9)         // 2·0.19963064
VALUE32(log3, 0xBEA9C125)         // 2·-0.16577585
VALUE32(log4, 0x3E98BA2B)         // 2·0.14914768
VALUE32(log5, 0xBE92195C)         // 2·-0.14267487
VALUE32(log6, 0x3E322F58)         // 2·0.08700436
VALUE32(minus2Ln2, 0xBFB17218)    // -2·ln 2
VALUE32(sin0, 0xBE2AAAA0)         // -0.16666651
VALUE32(sin1, 0x3C0882DB)         // 0.00833198
VALUE32(sin2, 0xB94C6E2D)         // -0.00019496
VALUE32(cos0, 0x3D2AA505)         // 0.04166128
VALUE32(cos1, 0xBAB2F230)         // -0.00136525
VALUE32(half, 0x3F000000)         // 0.5
VALUE32(one, 0x3F800000)          // 1
VALUE32(two, 0x40000000)          // 2
VALUE32(turn4, 0x2FC90FDB)        // turn/4
VALUE32(sqrtHalf, 0x3F3504F3)     // sqrtHalfBits
VALUE32(toOne, 0x0F3504F3)        // sqrtHalfBits + 31<<23 - 127<<23
VALUE32(fraction, 0x007FFFFF)
VALUE32(eighth, 0x20000000)       // 1/8 turn
VALUE32(quarter, 0x40000000)      // 1/4 turn
VALUE32(threeEighths, 0x60000000) // 3/8 turn
VALUE32(signBit, 0x80000000)
