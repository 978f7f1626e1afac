//go:build !purego

#include "textflag.h"
#include "kernel_arm64.h"

// The two phases of kernel_generic.go in NEON.
//
// fillMask makes four mask words at a time, and of every 64-bit quantity one
// register holds the low halves and another the high halves:
//
//	             lane 0      lane 1      lane 2      lane 3
//	plane 0 L    word 0 lo   word 8 lo   word 16 lo  word 24 lo
//	plane 0 H    word 0 hi   word 8 hi   word 16 hi  word 24 hi
//	  …
//	plane 7 L    word 7 lo   word 15 lo  word 23 lo  word 31 lo
//	plane 7 H    word 7 hi   word 15 hi  word 23 hi  word 31 hi
//	              ↓           ↓           ↓           ↓
//	            mask[0]     mask[1]     mask[2]     mask[3]
//
// NEON multiplies 32 bits by 32, and so X·K is XL·KL in full with XH·KL + XL·KH
// added to its high half: in this form the cross products of four lanes are one
// instruction each, with no shift and no move to bring halves together. It
// suits the rest as well. USHL shifts by any count to either side, so that the
// bits crossing from H to L are one shift more; AND and OR don't care; LD2 and
// ST2 split and join the halves on their way from and to memory.
//
// A pair of registers holds the states of one plane and steps by 32 words, so
// the eight chains are independent of each other. The planes are compared from
// the least significant one up: a bit in which plane and T differ decides over
// all below it, so that less ← differ ? bit of T : less, one BIT. A T whose
// lowest set bit is at plane k starts at plane k: nothing below it can matter.
//
// What is constant for a call, 64 copies of each plane's bit of T and the
// increment, waits in general registers: the vector registers are all taken, and
// DUP brings it in on a pipe that would be idle otherwise.
//
// Nothing here has been measured on hardware. llvm-mca 19 predicts for the loops,
// at steady state and in cycles per element:
//
//	                              Neoverse N1   Neoverse V1   Neoverse V2
//	fillMask, 8 planes and ties       0.61          0.31          0.31
//	fillMask, 4 planes                0.25          0.12          0.13
//	fillMask, 1 plane                 0.07          0.04          0.04
//	apply                             0.57          0.25          0.28
//
// and of other designs, with ties hashed in one round, where this one has 0.56,
// 0.28, 0.28: 0.88, 0.39, 0.30 for states and words in general registers, where
// 64-bit multiplications are one instruction; 0.64, 0.32, 0.32 for vectors of whole
// 64-bit lanes; 0.44, 0.22, 0.20 for these halves with four of the eight planes in
// general registers, a second copy of everything.

// Registers of fillMask. V0…V15 are the states: V(2k), V(2k+1) = L, H of plane k.
#define K V16      // multipliers: out.lo, out.hi, step.lo, step.hi
#define k 16
#define MINUS5 V17 // -5 in every byte
#define PLUS32 V18 // 32 in every byte
#define LESSL V19  // elements known to be below T
#define LESSH V20
#define EQUALL V21 // elements whose digit has agreed with T so far
#define equall 21
#define EQUALH V22
#define equalh 22
#define W7L V23    // w7 + golden, for the ties
#define w7l 23
#define W7H V24
#define w7h 24
#define XL V25     // s>>(s>>59 + 5) ^ s
#define xl 25
#define XH V26
#define xh 26
#define WL V27     // a plane
#define wl 27
#define WH V28
#define wh 28
#define T0 V29
#define t0 29
#define T1 V30
#define t1 30

#define DST R0     // mask
#define COUNT R1   // words left
#define LAST R2    // the lowest plane that matters
#define TIEBITS R3 // tie bits of T, shifted to the top of 32
#define INC32 R4   // the increment of 32 steps
#define GOLDENL R5
#define GOLDENH R6
#define BIT0 R8    // BIT0…BIT7 = bit of T at planes 0…7, 64 times
#define BIT1 R9
#define BIT2 R10
#define BIT3 R11
#define BIT4 R12
#define BIT5 R13
#define BIT6 R14
#define BIT7 R15

// RXS sets X to S>>(S>>59 + 5) ^ S. A count of the low byte is to the left, or
// to the right if it is negative. Clobbers T0.
#define RXS(SL, SH, sl, sh) \
	VUSHR $27, SH.S4, T0.S4;              \ // top 5 bits
	VSUB  T0.S4, MINUS5.S4, T0.S4;        \
	USHL_4S(xl, sl, t0);                  \
	USHL_4S(xh, sh, t0);                  \
	VADD  PLUS32.S4, T0.S4, T0.S4;        \
	USHL_4S(t0, sh, t0);                  \ // from H to L
	VEOR  SL.B16, XL.B16, XL.B16;         \
	VEOR  SH.B16, XH.B16, XH.B16;         \
	VEOR  T0.B16, XL.B16, XL.B16

// OUTHIGH sets WH to the high halves of X times the multiplier of the output
// function, and T0 and T1 to XL times its low half, two products of 64 bits each.
#define OUTHIGH \
	UMULL_2D(t0, xl, k, 0);               \
	UMULL2_2D(t1, xl, k, 0);              \
	VUZP2 T1.S4, T0.S4, WH.S4;            \
	MLA_4S(wh, xh, k, 0);                 \
	MLA_4S(wh, xl, k, 1)

// OUTPUT sets W to X times the multiplier of the output function, xorshifted.
// Clobbers T0, T1.
#define OUTPUT \
	OUTHIGH;                              \
	VUZP1 T1.S4, T0.S4, WL.S4;            \
	VUSHR $11, WH.S4, T0.S4;              \ // w>>43 has no high half
	VEOR  T0.B16, WL.B16, WL.B16

// DRAW sets W to a plane, the output of its states S. Clobbers X, T0, T1.
#define DRAW(SL, SH, sl, sh) \
	RXS(SL, SH, sl, sh);                  \
	OUTPUT

// LOWEST sets L and H to 1<<i of the lowest tie of each word, or 0.
// Clobbers T0.
#define LOWEST(L, H, l, h) \
	NEG_4S(l, equall);                    \
	NEG_4S(h, equalh);                    \
	VAND   EQUALL.B16, L.B16, L.B16;      \
	VAND   EQUALH.B16, H.B16, H.B16;      \
	VCMTST EQUALL.S4, EQUALL.S4, T0.S4;   \
	BIC_16B(h, h, t0)                     // a tie in the low half comes first

// COMPARE updates LESS and EQUAL by plane W and its bit of T. Clobbers W, T0.
#define COMPARE(BIT) \
	VDUP BIT, T0.D2;                      \
	VEOR T0.B16, WL.B16, WL.B16;          \ // ones where plane and T differ
	VEOR T0.B16, WH.B16, WH.B16;          \
	VBIT WL.B16, T0.B16, LESSL.B16;       \
	VBIT WH.B16, T0.B16, LESSH.B16;       \
	BIC_16B(equall, equall, wl);          \
	BIC_16B(equalh, equalh, wh)

// JOIN completes a product: S = T0, T1 with SH added to the high halves.
// Clobbers T0.
#define JOIN(SL, SH) \
	VUZP1 T1.S4, T0.S4, SL.S4;            \
	VUZP2 T1.S4, T0.S4, T0.S4;            \
	VADD  T0.S4, SH.S4, SH.S4

// STEP steps the states S by 32 words. Clobbers T0, T1.
#define STEP(SL, SH, sl, sh) \
	VDUP INC32, T0.D2;                    \
	VDUP INC32, T1.D2;                    \
	UMLAL_2D(t0, sl, k, 2);               \
	UMLAL2_2D(t1, sl, k, 2);              \
	MUL_4S(sh, sh, k, 2);                 \
	MLA_4S(sh, sl, k, 3);                 \
	JOIN(SL, SH)

// PLANE draws one plane, compares it with its bit of T, and steps its states S.
// Clobbers X, W, T0, T1.
#define PLANE(SL, SH, sl, sh, BIT) \
	DRAW(SL, SH, sl, sh);                 \
	COMPARE(BIT);                         \
	STEP(SL, SH, sl, sh)

// LANES sets S to the states of the next plane: s·lcgPow[k] + inc·lcgSum[k].
// During set-up K holds s and inc, and R16 and R17 point to the rows, which are
// R19 bytes long. Clobbers X, T0, T1.
#define LANES(SL, SH, sl, sh) \
	VLD2.P (R16)(R19), [XL.S4, XH.S4];    \
	UMULL_2D(t0, xl, k, 0);               \
	UMULL2_2D(t1, xl, k, 0);              \
	MUL_4S(sh, xh, k, 0);                 \
	MLA_4S(sh, xl, k, 1);                 \
	VLD2.P (R17)(R19), [XL.S4, XH.S4];    \
	UMLAL_2D(t0, xl, k, 2);               \
	UMLAL2_2D(t1, xl, k, 2);              \
	MLA_4S(sh, xh, k, 2);                 \
	MLA_4S(sh, xl, k, 3);                 \
	JOIN(SL, SH)

// apply clears what is dropped before the multiplication: 0·scale is +0.

// APPLY16 does 16 elements at off, given their bits in MASK. Clobbers V18…V25.
#define APPLY16(off, B0, B1, B2, B3) \
	FLDPQ  off(R1), (F18, F19);           \
	FLDPQ  (off+32)(R1), (F20, F21);      \
	VCMTST B0.S4, MASK.S4, V22.S4;        \
	VCMTST B1.S4, MASK.S4, V23.S4;        \
	VCMTST B2.S4, MASK.S4, V24.S4;        \
	VCMTST B3.S4, MASK.S4, V25.S4;        \
	VAND   V22.B16, V18.B16, V18.B16;     \
	VAND   V23.B16, V19.B16, V19.B16;     \
	VAND   V24.B16, V20.B16, V20.B16;     \
	VAND   V25.B16, V21.B16, V21.B16;     \
	FMUL_4S(18, 18, 16);               \
	FMUL_4S(19, 19, 16);               \
	FMUL_4S(20, 20, 16);               \
	FMUL_4S(21, 21, 16);               \
	FSTPQ  (F18, F19), off(R0);           \
	FSTPQ  (F20, F21), (off+32)(R0)

// func fillMaskWordsNEON(mask []uint64, s, inc, t uint64)
//
// Requires len(mask) > 0 and 0 < t < 2^32.
TEXT ·fillMaskWordsNEON(SB), NOSPLIT, $0-48
	MOVD mask_base+0(FP), DST
	MOVD mask_len+8(FP), COUNT
	MOVD s+24(FP), R20
	MOVD inc+32(FP), R21
	MOVD t+40(FP), R22

	// Words 0…31 from the stream's state.
	VMOV R20, K.D[0]
	VMOV R21, K.D[1]
	MOVD $·lcgPow(SB), R16
	MOVD $·lcgSum(SB), R17
	MOVD $64, R19
	MOVD 32(R16), R23         // lcgPow[0][4] = A^32
	MOVD 32(R17), INC32       // lcgSum[0][4]
	MUL  R21, INC32, INC32
	LANES(V0, V1, 0, 1)
	LANES(V2, V3, 2, 3)
	LANES(V4, V5, 4, 5)
	LANES(V6, V7, 6, 7)
	LANES(V8, V9, 8, 9)
	LANES(V10, V11, 10, 11)
	LANES(V12, V13, 12, 13)
	LANES(V14, V15, 14, 15)

	// From here on K holds the multipliers of output and step.
	MOVD $0xAEF17502108EF2D9, R20
	VMOV R20, K.D[0]
	VMOV R23, K.D[1]
	VMOVI $0xFB, MINUS5.B16
	VMOVI $32, PLUS32.B16
	MOVD $0x7F4A7C15, GOLDENL // 2^64/φ, the constant of the tie bits
	MOVD $0x9E3779B9, GOLDENH

	// The bits of T.
	SBFX $31, R22, $1, BIT0
	SBFX $30, R22, $1, BIT1
	SBFX $29, R22, $1, BIT2
	SBFX $28, R22, $1, BIT3
	SBFX $27, R22, $1, BIT4
	SBFX $26, R22, $1, BIT5
	SBFX $25, R22, $1, BIT6
	SBFX $24, R22, $1, BIT7
	LSLW $8, R22, TIEBITS
	RBITW R22, LAST
	CLZW LAST, LAST           // number of the lowest set bit, which belongs to plane
	MOVD $31, R20             // 31 less that, or to the tie bits
	SUB  LAST, R20, LAST
	MOVD $7, R20
	CMP  R20, LAST
	CSEL LT, LAST, R20, LAST

four:
	VMOVI $0, LESSL.B16
	VMOVI $0, LESSH.B16
	VMOVI $255, EQUALL.B16
	VMOVI $255, EQUALH.B16
	CMP  $7, LAST
	BEQ  plane7
	CBZ  LAST, plane0
	CMP  $1, LAST
	BEQ  plane1
	CMP  $2, LAST
	BEQ  plane2
	CMP  $3, LAST
	BEQ  plane3
	CMP  $4, LAST
	BEQ  plane4
	CMP  $5, LAST
	BEQ  plane5
	B    plane6
plane7:
	DRAW(V14, V15, 14, 15)
	VDUP GOLDENL, T0.S4
	VDUP GOLDENH, T1.S4
	VADD T0.S4, WL.S4, W7L.S4
	VADD T1.S4, WH.S4, W7H.S4
	CMHI_4S(t0, t0, w7l)      // T0 = -1 where the low halves carry
	VSUB T0.S4, W7H.S4, W7H.S4
	COMPARE(BIT7)
	STEP(V14, V15, 14, 15)
plane6:
	PLANE(V12, V13, 12, 13, BIT6)
plane5:
	PLANE(V10, V11, 10, 11, BIT5)
plane4:
	PLANE(V8, V9, 8, 9, BIT4)
plane3:
	PLANE(V6, V7, 6, 7, BIT3)
plane2:
	PLANE(V4, V5, 4, 5, BIT2)
plane1:
	PLANE(V2, V3, 2, 3, BIT1)
plane0:
	PLANE(V0, V1, 0, 1, BIT0)
	CBZ  TIEBITS, store

	// Decide the lowest tie of each word. One of the four words has two or more
	// in 1 of 10 cases, so that one round without a branch is usually all.
tie:
	LOWEST(WL, WH, wl, wh)
	VEOR   WL.B16, W7L.B16, W7L.B16
	VEOR   WH.B16, W7H.B16, W7H.B16
	RXS(W7L, W7H, w7l, w7h)
	VEOR   WL.B16, W7L.B16, W7L.B16
	VEOR   WH.B16, W7H.B16, W7H.B16
	OUTPUT
	RXS(WL, WH, wl, wh)
	OUTHIGH                   // the xorshift left out does not reach the tie bits
	VDUP   TIEBITS, T0.S4
	CMHI_4S(wh, t0, wh)       // WH = -1 where these are below T's
	LOWEST(XL, XH, xl, xh)
	VBIT   XL.B16, WH.B16, LESSL.B16
	VBIT   XH.B16, WH.B16, LESSH.B16
	VEOR   XL.B16, EQUALL.B16, EQUALL.B16
	VEOR   XH.B16, EQUALH.B16, EQUALH.B16
	VORR   EQUALL.B16, EQUALH.B16, T0.B16
	VMOV   T0.D[0], R20
	VMOV   T0.D[1], R21
	ORR    R20, R21, R20
	CBNZ   R20, tie

store:
	CMP    $4, COUNT
	BLT    last
	VST2.P [LESSL.S4, LESSH.S4], 32(DST)
	SUBS   $4, COUNT, COUNT
	BNE    four
	RET

last:
	VZIP1  LESSH.S4, LESSL.S4, T0.S4 // T0 = mask words 0, 1
	VZIP2  LESSH.S4, LESSL.S4, T1.S4 // T1 = mask words 2, 3
	VST1.P T0.D[0], 8(DST)
	CMP    $2, COUNT
	BLT    done
	VST1.P T0.D[1], 8(DST)
	BEQ    done
	VST1   T1.D[0], (DST)
done:
	RET

// func applyVectorsNEON(dst, src *float32, mask *uint64, n int, scale float32)
//
// Requires n to be a multiple of 4.
TEXT ·applyVectorsNEON(SB), NOSPLIT, $0-36
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
	VLD1R.P 4(R2), [MASK.S4]
	APPLY16(0, BITS0, BITS1, BITS2, BITS3)
	APPLY16(64, BITS4, BITS5, BITS6, BITS7)
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
	VAND   V22.B16, V18.B16, V18.B16
	FMUL_4S(18, 18, 16)
	VST1.P [V18.S4], 16(R0)
	LSR    $4, R4, R4
	SUBS   $4, R3, R3
	BNE    four
done:
	RET
