// What the files of NEON kernels share: instructions, and how appliers read the
// mask.

// Instructions that the Go assembler lacks (as of 1.26). They take the numbers of
// registers: the second name of a register, in lower case, is its number.

// MUL Vd.4S, Vn.4S, Vm.S[i]
#define MUL_4S(Vd, Vn, Vm, i) WORD $(0x4F808000 | (i&1)<<21 | (i>>1)<<11 | Vm<<16 | Vn<<5 | Vd)

// MLA Vd.4S, Vn.4S, Vm.S[i]
#define MLA_4S(Vd, Vn, Vm, i) WORD $(0x6F800000 | (i&1)<<21 | (i>>1)<<11 | Vm<<16 | Vn<<5 | Vd)

// UMULL Vd.2D, Vn.2S, Vm.S[i]
#define UMULL_2D(Vd, Vn, Vm, i) WORD $(0x2F80A000 | (i&1)<<21 | (i>>1)<<11 | Vm<<16 | Vn<<5 | Vd)

// UMULL2 Vd.2D, Vn.4S, Vm.S[i]
#define UMULL2_2D(Vd, Vn, Vm, i) WORD $(0x6F80A000 | (i&1)<<21 | (i>>1)<<11 | Vm<<16 | Vn<<5 | Vd)

// UMLAL Vd.2D, Vn.2S, Vm.S[i]
#define UMLAL_2D(Vd, Vn, Vm, i) WORD $(0x2F802000 | (i&1)<<21 | (i>>1)<<11 | Vm<<16 | Vn<<5 | Vd)

// UMLAL2 Vd.2D, Vn.4S, Vm.S[i]
#define UMLAL2_2D(Vd, Vn, Vm, i) WORD $(0x6F802000 | (i&1)<<21 | (i>>1)<<11 | Vm<<16 | Vn<<5 | Vd)

// USHL Vd.4S, Vn.4S, Vm.4S
#define USHL_4S(Vd, Vn, Vm) WORD $(0x6EA04400 | Vm<<16 | Vn<<5 | Vd)

// NEG Vd.4S, Vn.4S
#define NEG_4S(Vd, Vn) WORD $(0x6EA0B800 | Vn<<5 | Vd)

// CMHI Vd.4S, Vn.4S, Vm.4S
#define CMHI_4S(Vd, Vn, Vm) WORD $(0x6EA03400 | Vm<<16 | Vn<<5 | Vd)

// BIC Vd.16B, Vn.16B, Vm.16B
#define BIC_16B(Vd, Vn, Vm) WORD $(0x4E601C00 | Vm<<16 | Vn<<5 | Vd)

// FMUL Vd.4S, Vn.4S, Vm.4S
#define FMUL_4S(Vd, Vn, Vm) WORD $(0x6E20DC00 | Vm<<16 | Vn<<5 | Vd)

// FADD Vd.4S, Vn.4S, Vm.4S
#define FADD_4S(Vd, Vn, Vm) WORD $(0x4E20D400 | Vm<<16 | Vn<<5 | Vd)

// FSUB Vd.4S, Vn.4S, Vm.4S
#define FSUB_4S(Vd, Vn, Vm) WORD $(0x4EA0D400 | Vm<<16 | Vn<<5 | Vd)

// FSQRT Vd.4S, Vn.4S
#define FSQRT_4S(Vd, Vn) WORD $(0x6EA1F800 | Vn<<5 | Vd)

// FCMLE Vd.4S, Vn.4S, #0
#define FCMLE_4S_0(Vd, Vn) WORD $(0x6EA0D800 | Vn<<5 | Vd)

// SCVTF Vd.4S, Vn.4S, #2
#define SCVTF_4S_2(Vd, Vn) WORD $(0x4F3EE400 | Vn<<5 | Vd)

// SCVTF Vd.4S, Vn.4S, #23
#define SCVTF_4S_23(Vd, Vn) WORD $(0x4F29E400 | Vn<<5 | Vd)

// SCVTF Vd.4S, Vn.4S, #31
#define SCVTF_4S_31(Vd, Vn) WORD $(0x4F21E400 | Vn<<5 | Vd)

// Registers of appliers, which test the mask bits of four elements at a time.
#define BITS0 V0 // BITS0…BITS7 = 1<<i for elements i = 0…3, …, 28…31
#define BITS1 V1
#define BITS2 V2
#define BITS3 V3
#define BITS4 V4
#define BITS5 V5
#define BITS6 V6
#define BITS7 V7
#define SCALE V16
#define MASK V17 // 32 mask bits, four times

// BITS sets BITS0…BITS7. Clobbers R5.
#define BITS \
	MOVD $0x0000000200000001, R5;         \
	VMOV R5, BITS0.D[0];                  \
	MOVD $0x0000000800000004, R5;         \
	VMOV R5, BITS0.D[1];                  \
	VSHL $4, BITS0.S4, BITS1.S4;          \
	VSHL $8, BITS0.S4, BITS2.S4;          \
	VSHL $12, BITS0.S4, BITS3.S4;         \
	VSHL $16, BITS0.S4, BITS4.S4;         \
	VSHL $20, BITS0.S4, BITS5.S4;         \
	VSHL $24, BITS0.S4, BITS6.S4;         \
	VSHL $28, BITS0.S4, BITS7.S4
