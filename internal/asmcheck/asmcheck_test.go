package asmcheck

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/arch/arm64/arm64asm"
)

// The rules, of cmd/compile's abi-internal.md and the assembler's documentation,
// for functions that Go calls through ABI0 wrappers:
//
//   - All registers but SP may be clobbered, those that hold values of the runtime
//     while Go code runs as well: R14 (g) and X15 (zero) are restored by the
//     wrapper. A signal handler does not rely on them in assembly. R14 and R15 (the
//     global offset table of shared libraries) are left alone all the same.
//   - BP is the frame pointer, which profilers and tracers follow at any moment: only
//     what the assembler puts around the body may touch it. On arm64 it is R29.
//   - On arm64 R18 belongs to the platform, R27 to the assembler, R28 to g.
//   - The direction flag is clear, the x87 stack empty, and MXCSR and FPCR are what
//     they were.
//   - The upper halves of the Y and Z registers are zero on return, or every SSE
//     instruction of the program pays for them.
//   - A kernel calls nothing, so that its frame is all the stack it needs.

func TestAMD64(t *testing.T) {
	for _, functions := range listings(t, "amd64") {
		for _, f := range functions {
			t.Run(f.Name, func(t *testing.T) { requireAMD64(t, f) })
		}
	}
}

func TestARM64(t *testing.T) {
	for _, functions := range listings(t, "arm64") {
		for _, f := range functions {
			t.Run(f.Name, func(t *testing.T) { requireARM64(t, f) })
		}
	}
}

// listings returns the functions of all files for arch, by file, and fails unless
// each TEXT in the source is among them.
func listings(t *testing.T, arch string) map[string][]Function {
	t.Helper()
	files, err := filepath.Glob("../../*_" + arch + ".s")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := map[string][]Function{}
	for _, file := range files {
		functions, err := List(file, arch)
		require.NoError(t, err)
		var listed, written []string
		for _, f := range functions {
			require.NotEmpty(t, f.Instructions, f.Name)
			listed = append(listed, f.Name)
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`(?m)^TEXT ·(\w+)`).FindAllStringSubmatch(string(source), -1) {
			written = append(written, m[1])
		}
		require.NotEmpty(t, written, file)
		require.ElementsMatch(t, written, listed, file)
		all[file] = functions
	}
	return all
}

var (
	wide       = regexp.MustCompile(`\b[YZ]\d+\b`)
	mask       = regexp.MustCompile(`\bK[0-7]\b`)
	reserved86 = regexp.MustCompile(`\b(R14|R15|BP)\b`)
	forbidden  = regexp.MustCompile(`^(STD|V?LDMXCSR|FXRSTOR|XRSTOR|EMMS|F[A-Z0-9]+|CALL|SYSCALL|INT|CPUID)$`)
)

func requireAMD64(t *testing.T, f Function) {
	body := withoutFrame(t, f)
	usesWide, returns := false, 0
	for _, in := range body {
		usesWide = usesWide || wide.MatchString(in.Operands)
	}
	require.True(t, usesWide, "no Y or Z register: is this the listing of a kernel?")
	for i, in := range body {
		where := in.Line + ": " + in.Op + " " + in.Operands
		require.NotRegexp(t, reserved86, in.Operands, where)
		require.NotRegexp(t, forbidden, in.Op, where)
		require.NotRegexp(t, `^(PUSH|POP|ENTER|LEAVE)`, in.Op, where)
		require.NotRegexp(t, `\bSP\b$`, in.Operands, "SP is moved: %s", where)
		require.NotEmpty(t, in.Code, where)
		if strings.Contains(f.Name, "AVX2") {
			require.NotEqual(t, byte(0x62), in.Code[0], "EVEX encoding, which AVX2 does not have: %s", where)
			require.NotRegexp(t, mask, in.Operands, where)
			require.NotRegexp(t, `\b[XYZ](1[6-9]|2\d|3[01])\b|\bZ\d`, in.Operands, where)
		}
		if in.Op == "RET" {
			returns++
			require.NotZero(t, i, where)
			require.Equal(t, "VZEROUPPER", body[i-1].Op, "before %s", where)
		}
		if in.Op == "JMP" {
			require.Regexp(t, `^\d+$`, in.Operands, "leaves the function: %s", where)
		}
	}
	require.NotZero(t, returns, "no RET")
}

// withoutFrame returns the instructions that the file has, without those that the
// assembler puts around them: these share a line with TEXT or RET, come in front of
// the first or behind the last of the file's own, and are the only ones that may
// touch BP and R14.
func withoutFrame(t *testing.T, f Function) []Instruction {
	t.Helper()
	text := f.Instructions[0].Line
	var body []Instruction
	for i, in := range f.Instructions {
		framed := in.Line == text
		// ADDQ $n, SP and POPQ BP have the line of the RET that follows.
		for j := i + 1; j < len(f.Instructions) && f.Instructions[j].Line == in.Line; j++ {
			framed = framed || f.Instructions[j].Op == "RET" && (in.Op == "ADDQ" || in.Op == "POPQ")
		}
		if !framed {
			body = append(body, in)
		}
	}
	require.NotEmpty(t, body)
	return body
}

var (
	reservedARM = regexp.MustCompile(`\b(R18|R18_PLATFORM|R27|R28|g|R29|R30|RSP)\b`)
	decodedARM  = regexp.MustCompile(`\b[XW](18|28|29)\b`)
)

func requireARM64(t *testing.T, f Function) {
	returns := 0
	for _, in := range withoutFrame(t, f) {
		where := in.Line + ": " + in.Op + " " + in.Operands
		require.NotRegexp(t, `^(MSR|BL|CALL|SVC|HVC)$`, in.Op, where)
		if in.Op == "RET" {
			returns++
		} else {
			require.NotRegexp(t, reservedARM, in.Operands, where)
		}
		if in.Op == "B" || in.Op == "JMP" {
			require.Regexp(t, `^\d+$`, in.Operands, "leaves the function: %s", where)
		}
		// What WORD hides shows when it is decoded. Addresses are 0 there, and
		// constants may follow the last RET.
		code := in.Code
		if in.Op == "RET" {
			code = code[:4]
		}
		require.Zero(t, len(code)%4, where)
		for ; len(code) > 0; code = code[4:] {
			decoded, err := arm64asm.Decode(code)
			require.NoError(t, err, where)
			require.NotRegexp(t, decodedARM, decoded.String(), where)
			if in.Op == "WORD" {
				require.NotRegexp(t, `\b[XW]27\b`, decoded.String(), where)
			}
		}
	}
	require.NotZero(t, returns, "no RET")
}
