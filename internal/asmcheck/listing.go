// Package asmcheck reads what the Go assembler makes of the kernels, with macros
// expanded and instructions encoded; its test checks that against the rules of
// Go's ABI0 that neither the assembler nor vet checks.
package asmcheck

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// An Instruction is one line of a listing.
type Instruction struct {
	Line     string // file:line of the source
	Op       string
	Operands string // as the assembler prints them; "" if there are none
	Code     []byte // its encoding, but for addresses that the linker fills in
}

// A Function is one TEXT of a file.
type Function struct {
	Name         string
	Instructions []Instruction
}

var (
	symbol      = regexp.MustCompile(`^(\S+) (S\S+) `)
	instruction = regexp.MustCompile(`^\t0x[0-9a-f]+ (\d+) \((\S+)\)\t(\S+)(?:\t(.*))?$`)
	dump        = regexp.MustCompile(`^\t0x[0-9a-f]+ ((?:[0-9a-f]{2} )+) `)
	prologue    = regexp.MustCompile(`^(TEXT|PCDATA|FUNCDATA|NOP)$`)
)

// List returns the functions of an assembly file, as the assembler of the Go
// toolchain in use encodes them for arch.
func List(file, arch string) ([]Function, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	include := filepath.Join(strings.TrimSpace(string(root)), "pkg", "include")
	header, err := os.MkdirTemp("", "asmcheck")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(header)
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(source, []byte("go_asm.h")) {
		if err := writeHeader(header, filepath.Dir(file), arch); err != nil {
			return nil, err
		}
	}
	out, err := run(filepath.Dir(file), arch,
		"tool", "asm", "-S", "-p", "dropout", "-I", include, "-I", header, "-o", os.DevNull, filepath.Base(file))
	if err != nil {
		return nil, err
	}
	return parse(out)
}

// run runs the go command in dir for arch.
func run(dir, arch string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOARCH="+arch, "GOOS=linux")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out, nil
}

// writeHeader writes go_asm.h, the offsets and constants of the package in dir, as
// the compiler makes it for assembly files, to the directory header.
func writeHeader(header, dir, arch string) error {
	packages, err := run(dir, arch, "list", "-export", "-deps", "-f", "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}", ".")
	if err != nil {
		return err
	}
	config := filepath.Join(header, "importcfg")
	if err := os.WriteFile(config, packages, 0o666); err != nil {
		return err
	}
	files, err := run(dir, arch, "list", "-f", "{{range .GoFiles}}{{.}} {{end}}", ".")
	if err != nil {
		return err
	}
	args := []string{"tool", "compile", "-p", "dropout", "-asmhdr", filepath.Join(header, "go_asm.h"), "-importcfg", config, "-o", os.DevNull}
	_, err = run(dir, arch, append(args, strings.Fields(string(files))...)...)
	return err
}

func parse(listing []byte) ([]Function, error) {
	var functions []Function
	var f *Function // nil in data
	var starts []int
	var code []byte
	end := func() error {
		if f == nil {
			return nil
		}
		for i := range f.Instructions {
			stop := len(code)
			if i+1 < len(starts) {
				stop = starts[i+1]
			}
			if starts[i] > stop || stop > len(code) {
				return fmt.Errorf("%s: instruction at %d of %d bytes", f.Name, starts[i], len(code))
			}
			f.Instructions[i].Code = code[starts[i]:stop]
		}
		functions = append(functions, *f)
		return nil
	}
	for lines := bufio.NewScanner(bytes.NewReader(listing)); lines.Scan(); {
		line := lines.Text()
		if m := symbol.FindStringSubmatch(line); m != nil {
			if err := end(); err != nil {
				return nil, err
			}
			f, starts, code = nil, nil, nil
			if m[2] == "STEXT" {
				f = &Function{Name: strings.TrimPrefix(m[1], "dropout.")}
			}
		} else if m := dump.FindStringSubmatch(line); m != nil && f != nil {
			b, err := hex.DecodeString(strings.ReplaceAll(m[1], " ", ""))
			if err != nil {
				return nil, err
			}
			code = append(code, b...)
		} else if m := instruction.FindStringSubmatch(line); m != nil && f != nil && !prologue.MatchString(m[3]) {
			start, err := strconv.Atoi(m[1])
			if err != nil {
				return nil, err
			}
			starts = append(starts, start)
			f.Instructions = append(f.Instructions, Instruction{m[2], m[3], m[4], nil})
		}
	}
	return functions, end()
}
