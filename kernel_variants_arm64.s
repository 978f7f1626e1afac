//go:build !purego

#include "textflag.h"
#include "kernel_arm64.h"

// The appliers of the variants in NEON, and the normal variates of Gaussian.
// kernel_generic.go is the specification, operation by operation: sums and
// products are apart, and none is fused.
//
// fillNormal makes two groups of variates at a time, from 16 words:
//
//	             lane 0      lane 1      lane 2      lane 3
//	A, group 0   word 0      word 1      word 2      word 3
//	B            word 4      word 5      word 6      word 7
//	C, group 1   word 8      word 9      word 10     word 11
//	D            word 12     word 13     word 14     word 15
//
// The low halves of the words are the angles, the high halves the radii, and each
// is a vector of 32 bits after one UZP. Four vectors go through normalPair side
// by side, which hides the latency of its polynomials, with the constants loaded
// when they are due:
//
//	V0…V3     angles of A, B, C, D
//	V4…V7     high halves, u, f, ln u, r
//	V8…V11    e·ln 2, then t, sin t
//	V12…V15   q, then t², cos t
//	V16…V23   constants and what is between
//	V24…V31   the 16 words of the next two groups, two each
//
// Words come from eight chains in general registers, which step by 8 words. A
// product of 64 bits is one instruction there, and the pipes of vectors are full:
// WORDS stands wherever the waiting is for these.
//
// Nothing here has been measured on hardware. llvm-mca 19 predicts for the loops,
// at steady state and in cycles per element:
//
//	                Neoverse N1   Neoverse V1   Neoverse V2
//	fillNormal          4.53          2.31          2.34
//	applyNormal         0.50          0.22          0.25
//	applyReLU           0.92          0.43          0.46
//	applyAffine         0.64          0.29          0.32
//	applyResidual       0.77          0.35          0.38
//	add                 0.50          0.21          0.21
//
// and 5.75, 2.86, 2.95 for fillNormal with words in vectors of halves, as in
// fillMask, if these had registers enough.

// FADD4, FSUB4 and FMUL4 do the four vectors from n on, with those from m on, to d
// and what follows; in FADD4C, FSUB4C and FMUL4C one constant takes part in all.
#define FADD4(d, n, m) \
	FADD_4S((d+0), (n+0), (m+0));         \
	FADD_4S((d+1), (n+1), (m+1));         \
	FADD_4S((d+2), (n+2), (m+2));         \
	FADD_4S((d+3), (n+3), (m+3))

#define FSUB4(d, n, m) \
	FSUB_4S((d+0), (n+0), (m+0));         \
	FSUB_4S((d+1), (n+1), (m+1));         \
	FSUB_4S((d+2), (n+2), (m+2));         \
	FSUB_4S((d+3), (n+3), (m+3))

#define FMUL4(d, n, m) \
	FMUL_4S((d+0), (n+0), (m+0));         \
	FMUL_4S((d+1), (n+1), (m+1));         \
	FMUL_4S((d+2), (n+2), (m+2));         \
	FMUL_4S((d+3), (n+3), (m+3))

#define FADD4C(d, n, c) \
	FADD_4S((d+0), (n+0), c);             \
	FADD_4S((d+1), (n+1), c);             \
	FADD_4S((d+2), (n+2), c);             \
	FADD_4S((d+3), (n+3), c)

#define FSUB4C(d, c, m) \
	FSUB_4S((d+0), c, (m+0));             \
	FSUB_4S((d+1), c, (m+1));             \
	FSUB_4S((d+2), c, (m+2));             \
	FSUB_4S((d+3), c, (m+3))

#define FMUL4C(d, n, c) \
	FMUL_4S((d+0), (n+0), c);             \
	FMUL_4S((d+1), (n+1), c);             \
	FMUL_4S((d+2), (n+2), c);             \
	FMUL_4S((d+3), (n+3), c)

// SCVTF4_31, SCVTF4_23 and SCVTF4_2 convert the four vectors from n on to d and what
// follows, and divide by 2 to the power of the last number.
#define SCVTF4_31(d, n) \
	SCVTF_4S_31((d+0), (n+0));            \
	SCVTF_4S_31((d+1), (n+1));            \
	SCVTF_4S_31((d+2), (n+2));            \
	SCVTF_4S_31((d+3), (n+3))

#define SCVTF4_23(d, n) \
	SCVTF_4S_23((d+0), (n+0));            \
	SCVTF_4S_23((d+1), (n+1));            \
	SCVTF_4S_23((d+2), (n+2));            \
	SCVTF_4S_23((d+3), (n+3))

#define SCVTF4_2(d, n) \
	SCVTF_4S_2((d+0), (n+0));             \
	SCVTF_4S_2((d+1), (n+1));             \
	SCVTF_4S_2((d+2), (n+2));             \
	SCVTF_4S_2((d+3), (n+3))

// Appliers take 16 elements at a time, at off, given their bits in MASK.
#define SHIFT V30
#define DROPPED V31

// LOAD16 loads x to V18…V21.
#define LOAD16(off) \
	FLDPQ off(R1), (F18, F19);            \
	FLDPQ (off+32)(R1), (F20, F21)

// STORE16 stores V18…V21.
#define STORE16(off) \
	FSTPQ (F18, F19), off(R0);            \
	FSTPQ (F20, F21), (off+32)(R0)

// TEST16 sets V22…V25 to ones where an element is kept.
#define TEST16(B0, B1, B2, B3) \
	VCMTST B0.S4, MASK.S4, V22.S4;        \
	VCMTST B1.S4, MASK.S4, V23.S4;        \
	VCMTST B2.S4, MASK.S4, V24.S4;        \
	VCMTST B3.S4, MASK.S4, V25.S4

// SELECT16 clears V18…V21 where V22…V25 is not ones.
#define SELECT16 \
	VAND V22.B16, V18.B16, V18.B16;       \
	VAND V23.B16, V19.B16, V19.B16;       \
	VAND V24.B16, V20.B16, V20.B16;       \
	VAND V25.B16, V21.B16, V21.B16

// POSITIVE16 sets V26…V29 to the bits of elements that are not <= 0, among those
// from the register b on, and POS to all of them.
#define POSITIVE16(b, POS) \
	FCMLE_4S_0(26, 18);                   \
	FCMLE_4S_0(27, 19);                   \
	FCMLE_4S_0(28, 20);                   \
	FCMLE_4S_0(29, 21);                   \
	BIC_16B(26, (b), 26);                 \
	BIC_16B(27, (b+1), 27);               \
	BIC_16B(28, (b+2), 28);               \
	BIC_16B(29, (b+3), 29);               \
	VORR V26.B16, V27.B16, V22.B16;       \
	VORR V28.B16, V29.B16, V23.B16;       \
	VORR V22.B16, V23.B16, POS.B16

// RELU16 sets POS to the bits of elements that are not <= 0. Clobbers V18…V29.
#define RELU16(off, b, POS) \
	LOAD16(off);                          \
	POSITIVE16(b, POS);                   \
	TEST16(V26, V27, V28, V29);           \
	FMUL4C(18, 18, 16);                   \
	SELECT16;                             \
	STORE16(off)

// AFFINE16 clobbers V18…V25.
#define AFFINE16(off, B0, B1, B2, B3) \
	LOAD16(off);                          \
	TEST16(B0, B1, B2, B3);               \
	FMUL4C(18, 18, 16);                   \
	FADD4C(18, 18, 30);                   \
	VBIF V22.B16, DROPPED.B16, V18.B16;   \
	VBIF V23.B16, DROPPED.B16, V19.B16;   \
	VBIF V24.B16, DROPPED.B16, V20.B16;   \
	VBIF V25.B16, DROPPED.B16, V21.B16;   \
	STORE16(off)

// RESIDUAL16 finds the bias at R6 and the residual at R7. Clobbers V18…V29.
#define RESIDUAL16(off, B0, B1, B2, B3) \
	LOAD16(off);                          \
	FLDPQ off(R6), (F26, F27);            \
	FLDPQ (off+32)(R6), (F28, F29);       \
	TEST16(B0, B1, B2, B3);               \
	FADD4(18, 18, 26);                    \
	FLDPQ off(R7), (F26, F27);            \
	FLDPQ (off+32)(R7), (F28, F29);       \
	FMUL4C(18, 18, 16);                   \
	SELECT16;                             \
	FADD4(18, 26, 18);                    \
	STORE16(off)

// Registers of fillNormal.
#define DST R0
#define COUNT R1
#define CONSTANTS R2
#define OUTMUL R3
#define STEPMUL R4 // A^8
#define INC8 R5    // the increment of 8 steps
#define STATE0 R6
#define STATE1 R7
#define STATE2 R8
#define STATE3 R9
#define STATE4 R10
#define STATE5 R11
#define STATE6 R12
#define STATE7 R13

// LANE sets S to the state of the stream k words on: s·lcgPow[k] + inc·lcgSum[k],
// with s and inc in R20 and R21 and the tables in R16 and R17. Clobbers R14, R15.
#define LANE(k, S) \
	MOVD (64*k)(R16), R14;                \
	MOVD (64*k)(R17), R15;                \
	MUL  R20, R14, R14;                   \
	MADD R21, R14, R15, S

// OUT sets W to the output of the state S, and steps S by 8 words.
#define OUT(S, W) \
	LSR  $59, S, W;                       \
	ADD  $5, W, W;                        \
	LSR  W, S, W;                         \
	EOR  S, W, W;                         \
	MUL  OUTMUL, W, W;                    \
	MADD STEPMUL, INC8, S, S;             \
	EOR  W>>43, W, W

// WORDS sets V, which is F, to the outputs of SA and SB, and steps these by 8
// words. Clobbers R14, R15.
#define WORDS(SA, SB, V, F) \
	OUT(SA, R14);                         \
	OUT(SB, R15);                         \
	FMOVD R14, F;                         \
	VMOV  R15, V.D[1]

// func applyReLUVectorsNEON(dst, src *float32, mask *uint64, n int, scale float32)
//
// Requires n to be a multiple of 4. Bits of mask beyond n stay.
TEXT ·applyReLUVectorsNEON(SB), NOSPLIT, $0-36
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  mask+16(FP), R2
	MOVD  n+24(FP), R3
	MOVWU scale+32(FP), R4
	VDUP  R4, SCALE.S4
	BITS
	SUBS  $32, R3, R3
	BLT   fours
thirtytwo:
	VLD1R (R2), [MASK.S4]
	RELU16(0, 0, V30)
	RELU16(64, 4, V31)
	VORR  V30.B16, V31.B16, V30.B16
	VAND  MASK.B16, V30.B16, V30.B16 // V30 = mask bits, each in one of the lanes
	VADDV V30.S4, V30
	FMOVS F30, (R2)
	ADD   $4, R2, R2
	ADD   $128, R1, R1
	ADD   $128, R0, R0
	SUBS  $32, R3, R3
	BGE   thirtytwo
fours:
	ADDS  $32, R3, R3
	BEQ   done
	MOVWU (R2), R4            // the half of a mask word that is left
	MOVD  $0, R5              // its new bits
	MOVD  $0, R6              // how many
four:
	VDUP   R4, MASK.S4
	VLD1.P 16(R1), [V18.S4]
	FCMLE_4S_0(26, 18)
	BIC_16B(26, 0, 26)
	VCMTST V26.S4, MASK.S4, V22.S4
	FMUL_4S(18, 18, 16)
	VAND   V22.B16, V18.B16, V18.B16
	VST1.P [V18.S4], 16(R0)
	VAND   MASK.B16, V26.B16, V26.B16
	VADDV  V26.S4, V26
	FMOVS  F26, R7
	LSL    R6, R7, R7
	ORR    R7, R5, R5
	ADD    $4, R6, R6
	LSR    $4, R4, R4
	SUBS   $4, R3, R3
	BNE    four
	LSL    R6, R4, R4         // the bits beyond n
	ORR    R4, R5, R5
	MOVW   R5, (R2)
done:
	RET

// func applyAffineVectorsNEON(dst, src *float32, mask *uint64, n int, scale, shift, dropped float32)
//
// Requires n to be a multiple of 4.
TEXT ·applyAffineVectorsNEON(SB), NOSPLIT, $0-44
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  mask+16(FP), R2
	MOVD  n+24(FP), R3
	MOVWU scale+32(FP), R4
	VDUP  R4, SCALE.S4
	MOVWU shift+36(FP), R4
	VDUP  R4, SHIFT.S4
	MOVWU dropped+40(FP), R4
	VDUP  R4, DROPPED.S4
	BITS
	SUBS  $32, R3, R3
	BLT   fours
thirtytwo:
	VLD1R.P 4(R2), [MASK.S4]
	AFFINE16(0, BITS0, BITS1, BITS2, BITS3)
	AFFINE16(64, BITS4, BITS5, BITS6, BITS7)
	ADD   $128, R1, R1
	ADD   $128, R0, R0
	SUBS  $32, R3, R3
	BGE   thirtytwo
fours:
	ADDS  $32, R3, R3
	BEQ   done
	MOVWU (R2), R4            // the half of a mask word that is left
four:
	VDUP   R4, MASK.S4
	VLD1.P 16(R1), [V18.S4]
	VCMTST BITS0.S4, MASK.S4, V22.S4
	FMUL_4S(18, 18, 16)
	FADD_4S(18, 18, 30)
	VBIF   V22.B16, DROPPED.B16, V18.B16
	VST1.P [V18.S4], 16(R0)
	LSR    $4, R4, R4
	SUBS   $4, R3, R3
	BNE    four
done:
	RET

// func applyResidualVectorsNEON(dst, src, bias, residual *float32, mask *uint64, n int, scale float32)
//
// Requires n to be a multiple of 4.
TEXT ·applyResidualVectorsNEON(SB), NOSPLIT, $0-52
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  bias+16(FP), R6
	MOVD  residual+24(FP), R7
	MOVD  mask+32(FP), R2
	MOVD  n+40(FP), R3
	MOVWU scale+48(FP), R4
	VDUP  R4, SCALE.S4
	BITS
	SUBS  $32, R3, R3
	BLT   fours
thirtytwo:
	VLD1R.P 4(R2), [MASK.S4]
	RESIDUAL16(0, BITS0, BITS1, BITS2, BITS3)
	RESIDUAL16(64, BITS4, BITS5, BITS6, BITS7)
	ADD   $128, R7, R7
	ADD   $128, R6, R6
	ADD   $128, R1, R1
	ADD   $128, R0, R0
	SUBS  $32, R3, R3
	BGE   thirtytwo
fours:
	ADDS  $32, R3, R3
	BEQ   done
	MOVWU (R2), R4            // the half of a mask word that is left
four:
	VDUP   R4, MASK.S4
	VLD1.P 16(R1), [V18.S4]
	VLD1.P 16(R6), [V26.S4]
	VLD1.P 16(R7), [V27.S4]
	VCMTST BITS0.S4, MASK.S4, V22.S4
	FADD_4S(18, 18, 26)
	FMUL_4S(18, 18, 16)
	VAND   V22.B16, V18.B16, V18.B16
	FADD_4S(18, 27, 18)
	VST1.P [V18.S4], 16(R0)
	LSR    $4, R4, R4
	SUBS   $4, R3, R3
	BNE    four
done:
	RET

// func addVectorsNEON(sum, x *float32, n int)
//
// Requires n to be a multiple of 4.
TEXT ·addVectorsNEON(SB), NOSPLIT, $0-24
	MOVD sum+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R3
	SUBS $16, R3, R3
	BLT  fours
sixteen:
	LOAD16(0)
	FLDPQ (R0), (F22, F23)
	FLDPQ 32(R0), (F24, F25)
	FADD4(18, 22, 18)
	STORE16(0)
	ADD  $64, R1, R1
	ADD  $64, R0, R0
	SUBS $16, R3, R3
	BGE  sixteen
fours:
	ADDS $16, R3, R3
	BEQ  done
four:
	VLD1.P 16(R1), [V18.S4]
	VLD1   (R0), [V22.S4]
	FADD_4S(18, 22, 18)
	VST1.P [V18.S4], 16(R0)
	SUBS   $4, R3, R3
	BNE    four
done:
	RET

// func fillNormalVectorsNEON(z *float32, n int, s, inc uint64)
//
// Requires n to be a multiple of 16, and not 0.
TEXT ·fillNormalVectorsNEON(SB), NOSPLIT, $0-32
	MOVD z+0(FP), DST
	MOVD n+8(FP), COUNT
	MOVD s+16(FP), R20
	MOVD inc+24(FP), R21

	// Words 0…7 from the stream's state.
	MOVD $·lcgPow(SB), R16
	MOVD $·lcgSum(SB), R17
	LANE(0, STATE0)
	LANE(1, STATE1)
	LANE(2, STATE2)
	LANE(3, STATE3)
	LANE(4, STATE4)
	LANE(5, STATE5)
	LANE(6, STATE6)
	LANE(7, STATE7)
	MOVD 8(R16), STEPMUL // lcgPow[0][1]
	MOVD 8(R17), INC8    // lcgSum[0][1]
	MUL  R21, INC8, INC8
	MOVD $0xAEF17502108EF2D9, OUTMUL
	MOVD $normal<>(SB), CONSTANTS
	WORDS(STATE0, STATE1, V24, F24)
	WORDS(STATE2, STATE3, V25, F25)
	WORDS(STATE4, STATE5, V26, F26)
	WORDS(STATE6, STATE7, V27, F27)
	WORDS(STATE0, STATE1, V28, F28)
	WORDS(STATE2, STATE3, V29, F29)
	WORDS(STATE4, STATE5, V30, F30)
	WORDS(STATE6, STATE7, V31, F31)

thirtytwo:
	// The low halves of 16 words are the angles, the high ones the radii.
	VUZP1 V25.S4, V24.S4, V0.S4 // V0…V3 = a
	VUZP1 V27.S4, V26.S4, V1.S4
	VUZP1 V29.S4, V28.S4, V2.S4
	VUZP1 V31.S4, V30.S4, V3.S4
	VUZP2 V25.S4, V24.S4, V4.S4 // V4…V7 = high halves
	VUZP2 V27.S4, V26.S4, V5.S4
	VUZP2 V29.S4, V28.S4, V6.S4
	VUZP2 V31.S4, V30.S4, V7.S4

	// u = 2^e·(1+f), and e·ln 2.
	FLDPQ 0(CONSTANTS), (F16, F17) // 2^-32, √½
	FLDPQ 32(CONSTANTS), (F18, F19) // sign and exponent, -1
	FLDPQ 64(CONSTANTS), (F20, F21) // ln 2, log6
	VUSHR $1, V4.S4, V4.S4
	VUSHR $1, V5.S4, V5.S4
	VUSHR $1, V6.S4, V6.S4
	VUSHR $1, V7.S4, V7.S4
	SCVTF4_31(4, 4)
	FADD4C(4, 4, 16)          // V4…V7 = u
	WORDS(STATE0, STATE1, V24, F24)
	VSUB V17.S4, V4.S4, V8.S4
	VSUB V17.S4, V5.S4, V9.S4
	VSUB V17.S4, V6.S4, V10.S4
	VSUB V17.S4, V7.S4, V11.S4
	VAND V18.B16, V8.B16, V8.B16
	VAND V18.B16, V9.B16, V9.B16
	VAND V18.B16, V10.B16, V10.B16
	VAND V18.B16, V11.B16, V11.B16
	WORDS(STATE2, STATE3, V25, F25)
	VSUB V8.S4, V4.S4, V4.S4
	VSUB V9.S4, V5.S4, V5.S4
	VSUB V10.S4, V6.S4, V6.S4
	VSUB V11.S4, V7.S4, V7.S4
	SCVTF4_23(8, 8)           // V8…V11 = e
	FADD4C(4, 4, 19)          // V4…V7 = f
	FMUL4C(8, 8, 20)          // V8…V11 = e·ln 2

	// q.
	FMUL4C(12, 4, 21)
	WORDS(STATE4, STATE5, V26, F26)
	FLDPQ 96(CONSTANTS), (F16, F17) // log5, log4
	FLDPQ 128(CONSTANTS), (F18, F19) // log3, log2
	FLDPQ 160(CONSTANTS), (F20, F21) // log1, log0
	FADD4C(12, 12, 16)
	FMUL4(12, 12, 4)
	FADD4C(12, 12, 17)
	FMUL4(12, 12, 4)
	WORDS(STATE6, STATE7, V27, F27)
	FADD4C(12, 12, 18)
	FMUL4(12, 12, 4)
	FADD4C(12, 12, 19)
	FMUL4(12, 12, 4)
	WORDS(STATE0, STATE1, V28, F28)
	FADD4C(12, 12, 20)
	FMUL4(12, 12, 4)
	FADD4C(12, 12, 21)        // V12…V15 = q

	// r.
	FMUL4(16, 4, 4)           // V16…V19 = f²
	FMUL4(20, 16, 4)
	FMUL4(12, 20, 12)         // V12…V15 = f³·q
	FLDPQ 192(CONSTANTS), (F20, F21) // ½, -2
	FMUL4C(16, 16, 20)
	FSUB4(4, 4, 16)
	FADD4(4, 4, 12)
	FADD4(4, 8, 4)            // V4…V7 = ln u
	FMUL4C(4, 4, 21)
	FSQRT_4S(4, 4)
	FSQRT_4S(5, 5)
	FSQRT_4S(6, 6)
	FSQRT_4S(7, 7)

	// t, of the quarter turn around 0: the shift drops k.
	FLDPQ 224(CONSTANTS), (F20, F21) // 1<<29, turn
	VSHL $2, V0.S4, V8.S4
	VSHL $2, V1.S4, V9.S4
	VSHL $2, V2.S4, V10.S4
	VSHL $2, V3.S4, V11.S4
	SCVTF4_2(8, 8)
	FMUL4C(8, 8, 21)          // V8…V11 = t
	VADD V20.S4, V0.S4, V0.S4
	VADD V20.S4, V1.S4, V1.S4
	VADD V20.S4, V2.S4, V2.S4
	VADD V20.S4, V3.S4, V3.S4
	WORDS(STATE2, STATE3, V29, F29)

	// sin t and cos t.
	FLDPQ 256(CONSTANTS), (F20, F21) // sin2, sin1
	FMOVQ 288(CONSTANTS), F22 // sin0
	FMUL4(12, 8, 8)           // V12…V15 = t²
	FMUL4C(16, 12, 20)
	FADD4C(16, 16, 21)
	FMUL4(16, 16, 12)
	FADD4C(16, 16, 22)
	FMUL4(20, 12, 8)
	FMUL4(16, 20, 16)
	FADD4(8, 8, 16)           // V8…V11 = sin t
	FLDPQ 304(CONSTANTS), (F20, F21) // cos1, cos0
	WORDS(STATE4, STATE5, V30, F30)
	FMUL4C(16, 12, 20)
	FADD4C(16, 16, 21)
	FMUL4(20, 12, 12)
	FMUL4(16, 20, 16)
	FLDPQ 336(CONSTANTS), (F20, F21) // ½, 1
	FMUL4C(12, 12, 20)
	FSUB4C(12, 21, 12)
	FADD4(12, 12, 16)         // V12…V15 = cos t
	WORDS(STATE6, STATE7, V31, F31)

	// Times r; an odd k swaps them; the signs.
	FLDPQ 368(CONSTANTS), (F20, F21) // 1<<30, sign
	FMUL4(8, 4, 8)
	FMUL4(12, 4, 12)
	VCMTST V20.S4, V0.S4, V16.S4
	VCMTST V20.S4, V1.S4, V17.S4
	VCMTST V20.S4, V2.S4, V18.S4
	VCMTST V20.S4, V3.S4, V19.S4
	VCMTST V20.S4, V0.S4, V4.S4
	VCMTST V20.S4, V1.S4, V5.S4
	VCMTST V20.S4, V2.S4, V6.S4
	VCMTST V20.S4, V3.S4, V7.S4
	VBSL V8.B16, V12.B16, V16.B16
	VBSL V9.B16, V13.B16, V17.B16
	VBSL V10.B16, V14.B16, V18.B16
	VBSL V11.B16, V15.B16, V19.B16
	VBSL V12.B16, V8.B16, V4.B16
	VBSL V13.B16, V9.B16, V5.B16
	VBSL V14.B16, V10.B16, V6.B16
	VBSL V15.B16, V11.B16, V7.B16
	VAND V21.B16, V0.B16, V8.B16
	VAND V21.B16, V1.B16, V9.B16
	VAND V21.B16, V2.B16, V10.B16
	VAND V21.B16, V3.B16, V11.B16
	VADD V20.S4, V0.S4, V0.S4
	VADD V20.S4, V1.S4, V1.S4
	VADD V20.S4, V2.S4, V2.S4
	VADD V20.S4, V3.S4, V3.S4
	VAND V21.B16, V0.B16, V0.B16
	VAND V21.B16, V1.B16, V1.B16
	VAND V21.B16, V2.B16, V2.B16
	VAND V21.B16, V3.B16, V3.B16
	VEOR V8.B16, V16.B16, V16.B16
	VEOR V9.B16, V17.B16, V17.B16
	VEOR V10.B16, V18.B16, V18.B16
	VEOR V11.B16, V19.B16, V19.B16
	VEOR V0.B16, V4.B16, V4.B16
	VEOR V1.B16, V5.B16, V5.B16
	VEOR V2.B16, V6.B16, V6.B16
	VEOR V3.B16, V7.B16, V7.B16

	SUBS $32, COUNT, COUNT
	BLT  sixteen
	FSTPQ (F4, F5), (DST)
	FSTPQ (F16, F17), 32(DST)
	FSTPQ (F6, F7), 64(DST)
	FSTPQ (F18, F19), 96(DST)
	ADD  $128, DST, DST
	BNE  thirtytwo
	RET

sixteen:
	FSTPQ (F4, F5), (DST)
	FSTPQ (F16, F17), 32(DST)
	RET

// func applyNormalVectorsNEON(dst, src, z *float32, n int, sigma float32)
//
// Requires n to be a multiple of 4.
TEXT ·applyNormalVectorsNEON(SB), NOSPLIT, $0-36
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  z+16(FP), R2
	MOVD  n+24(FP), R3
	MOVWU sigma+32(FP), R4
	VDUP  R4, V16.S4
	MOVD  $0x3F800000, R4
	VDUP  R4, V17.S4          // 1
	SUBS  $16, R3, R3
	BLT   fours
sixteen:
	FLDPQ (R2), (F0, F1)
	FLDPQ 32(R2), (F2, F3)
	FLDPQ (R1), (F4, F5)
	FLDPQ 32(R1), (F6, F7)
	FMUL4C(0, 0, 16)
	FADD4C(0, 0, 17)
	FMUL4(4, 4, 0)
	FSTPQ (F4, F5), (R0)
	FSTPQ (F6, F7), 32(R0)
	ADD   $64, R2, R2
	ADD   $64, R1, R1
	ADD   $64, R0, R0
	SUBS  $16, R3, R3
	BGE   sixteen
fours:
	ADDS  $16, R3, R3
	BEQ   done
four:
	VLD1.P 16(R2), [V0.S4]
	VLD1.P 16(R1), [V4.S4]
	FMUL_4S(0, 0, 16)
	FADD_4S(0, 0, 17)
	FMUL_4S(4, 4, 0)
	VST1.P [V4.S4], 16(R0)
	SUBS   $4, R3, R3
	BNE    four
done:
	RET

// Constants of normalPair, four times each.
DATA normal<>+0(SB)/8, $0x2F8000002F800000 // 2^-32
DATA normal<>+8(SB)/8, $0x2F8000002F800000
DATA normal<>+16(SB)/8, $0x3F3504F33F3504F3 // √½, as integers
DATA normal<>+24(SB)/8, $0x3F3504F33F3504F3
DATA normal<>+32(SB)/8, $0xFF800000FF800000 // sign and exponent
DATA normal<>+40(SB)/8, $0xFF800000FF800000
DATA normal<>+48(SB)/8, $0xBF800000BF800000 // -1
DATA normal<>+56(SB)/8, $0xBF800000BF800000
DATA normal<>+64(SB)/8, $0x3F3172183F317218 // ln 2
DATA normal<>+72(SB)/8, $0x3F3172183F317218
DATA normal<>+80(SB)/8, $0x3DB22F583DB22F58 // log6
DATA normal<>+88(SB)/8, $0x3DB22F583DB22F58
DATA normal<>+96(SB)/8, $0xBE12195CBE12195C // log5
DATA normal<>+104(SB)/8, $0xBE12195CBE12195C
DATA normal<>+112(SB)/8, $0x3E18BA2B3E18BA2B // log4
DATA normal<>+120(SB)/8, $0x3E18BA2B3E18BA2B
DATA normal<>+128(SB)/8, $0xBE29C125BE29C125 // log3
DATA normal<>+136(SB)/8, $0xBE29C125BE29C125
DATA normal<>+144(SB)/8, $0x3E4C6BF93E4C6BF9 // log2
DATA normal<>+152(SB)/8, $0x3E4C6BF93E4C6BF9
DATA normal<>+160(SB)/8, $0xBE8001C1BE8001C1 // log1
DATA normal<>+168(SB)/8, $0xBE8001C1BE8001C1
DATA normal<>+176(SB)/8, $0x3EAAAB6C3EAAAB6C // log0
DATA normal<>+184(SB)/8, $0x3EAAAB6C3EAAAB6C
DATA normal<>+192(SB)/8, $0x3F0000003F000000 // ½
DATA normal<>+200(SB)/8, $0x3F0000003F000000
DATA normal<>+208(SB)/8, $0xC0000000C0000000 // -2
DATA normal<>+216(SB)/8, $0xC0000000C0000000
DATA normal<>+224(SB)/8, $0x2000000020000000 // 1<<29, as integers
DATA normal<>+232(SB)/8, $0x2000000020000000
DATA normal<>+240(SB)/8, $0x30C90FDB30C90FDB // turn
DATA normal<>+248(SB)/8, $0x30C90FDB30C90FDB
DATA normal<>+256(SB)/8, $0xB94C6E2DB94C6E2D // sin2
DATA normal<>+264(SB)/8, $0xB94C6E2DB94C6E2D
DATA normal<>+272(SB)/8, $0x3C0882DB3C0882DB // sin1
DATA normal<>+280(SB)/8, $0x3C0882DB3C0882DB
DATA normal<>+288(SB)/8, $0xBE2AAAA0BE2AAAA0 // sin0
DATA normal<>+296(SB)/8, $0xBE2AAAA0BE2AAAA0
DATA normal<>+304(SB)/8, $0xBAB2F230BAB2F230 // cos1
DATA normal<>+312(SB)/8, $0xBAB2F230BAB2F230
DATA normal<>+320(SB)/8, $0x3D2AA5053D2AA505 // cos0
DATA normal<>+328(SB)/8, $0x3D2AA5053D2AA505
DATA normal<>+336(SB)/8, $0x3F0000003F000000 // ½
DATA normal<>+344(SB)/8, $0x3F0000003F000000
DATA normal<>+352(SB)/8, $0x3F8000003F800000 // 1
DATA normal<>+360(SB)/8, $0x3F8000003F800000
DATA normal<>+368(SB)/8, $0x4000000040000000 // 1<<30, as integers
DATA normal<>+376(SB)/8, $0x4000000040000000
DATA normal<>+384(SB)/8, $0x8000000080000000 // sign
DATA normal<>+392(SB)/8, $0x8000000080000000
GLOBL normal<>(SB), RODATA|NOPTR, $400
