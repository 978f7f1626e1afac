package dropout

import (
	"encoding/binary"
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/arch/arm64/arm64asm"
)

// The arm64 kernels write instructions that the Go assembler lacks as macros
// around WORD, each below a comment with the syntax of Arm's manual:
//
//	// NEG Vd.4S, Vn.4S
//	#define NEG_4S(Vd, Vn) WORD $(0x6EA0B800 | Vn<<5 | Vd)
//
// The tests here read the files as text, on every architecture.

var (
	rawWord   = regexp.MustCompile(`\b(WORD|DWORD|LONG|QUAD|BYTE)\b`)
	wordMacro = regexp.MustCompile(`^#define (([A-Z0-9]+)_\w+)\(([\w, ]+)\) WORD \$(\(.*\))$`)
)

// TestInstructionWords decodes what each of the macros makes of all registers and
// element numbers, and compares it with the comment above.
func TestInstructionWords(t *testing.T) {
	total := 0
	eachArm64File(t, func(t *testing.T, lines []string) {
		macros, above := 0, ""
		for i, line := range lines {
			code, _, _ := strings.Cut(line, "//")
			if rawWord.MatchString(code) {
				where := fmt.Sprintf("line %d, %s", i+1, line)
				m := wordMacro.FindStringSubmatch(line)
				require.NotNil(t, m, "not a macro around one WORD: %s", where)
				syntax, ok := strings.CutPrefix(above, "// "+m[2]+" ")
				require.True(t, ok, "no syntax of %s above: %s", m[2], where)
				requireDecoded(t, m[2]+" "+syntax, strings.Split(m[3], ", "), m[4], where)
				macros++
			}
			above = line
		}
		t.Logf("%d macros decoded", macros)
		total += macros
	})
	require.NotZero(t, total)
}

// requireDecoded fails if the word that expr gives does not decode to syntax. It
// takes each parameter through all its values while the others keep one each:
// those called V… are numbers of registers, i is that of a 32-bit element.
func requireDecoded(t *testing.T, syntax string, params []string, expr, where string) {
	t.Helper()
	others := []int{21, 10, 6, 1}
	for varied, param := range params {
		values := 32
		if param == "i" {
			values = 4
		}
		for value := range values {
			want, word := syntax, expr
			for j, p := range params {
				n := others[j]
				if j == varied {
					n = value
				}
				name := regexp.MustCompile(`\b` + p + `\b`)
				operand := fmt.Sprint(n)
				if p[0] == 'V' {
					operand = "V" + operand
				}
				require.Regexp(t, name, syntax, where)
				want = name.ReplaceAllString(want, operand)
				word = name.ReplaceAllString(word, fmt.Sprint(n))
			}
			result, err := types.Eval(token.NewFileSet(), nil, token.NoPos, word)
			require.NoError(t, err, where)
			bits, exact := constant.Uint64Val(result.Value)
			require.True(t, exact && bits>>32 == 0, "%s does not fit: %s", word, where)
			inst, err := arm64asm.Decode(binary.LittleEndian.AppendUint32(nil, uint32(bits)))
			require.NoError(t, err, "%#08x: %s", bits, where)
			require.Equal(t, want, inst.String(), "%#08x: %s", bits, where)
		}
	}
}

// TestRegisterNumbers checks the second names of registers, in lower case for
// their numbers, against the first.
func TestRegisterNumbers(t *testing.T) {
	define := regexp.MustCompile(`^#define (\w+) (\w+)`)
	eachArm64File(t, func(t *testing.T, lines []string) {
		roles := map[string]string{}
		for _, line := range lines {
			if m := define.FindStringSubmatch(line); m != nil {
				roles[m[1]] = m[2]
				if to, ok := roles[m[2]]; ok {
					roles[m[1]] = to
				}
			}
		}
		for name, number := range roles {
			if upper := strings.ToUpper(name); upper != name {
				require.Equal(t, roles[upper], "V"+number, "%s and %s", upper, name)
			}
		}
	})
}

// eachArm64File runs f with the lines of every file of arm64 assembly, headers
// included.
func eachArm64File(t *testing.T, f func(t *testing.T, lines []string)) {
	t.Helper()
	files, err := filepath.Glob("*_arm64.[sh]")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		t.Run(file, func(t *testing.T) { f(t, strings.Split(string(text), "\n")) })
	}
}
