// Package api holds the test that the package's exported API is what docs/api.txt
// lists. Lines may be added there; one that is removed or changed breaks somebody's
// program and belongs to a new major version.
package api

import (
	"flag"
	"go/importer"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	path = "github.com/fusedrop/dropout"
	list = "../../docs/api.txt"
)

var add = flag.Bool("add", false, "add what is new to docs/api.txt")

func TestAPI(t *testing.T) {
	have := exported(t)
	require.Contains(t, have, "func New(p float64) (Dropout, error)")
	text, err := os.ReadFile(list)
	require.NoError(t, err)
	listed := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range listed {
		require.Contains(t, have, line, "docs/api.txt has a line that the package no longer keeps")
	}
	if *add {
		require.NoError(t, os.WriteFile(list, []byte(strings.Join(have, "\n")+"\n"), 0o644))
		return
	}
	for _, line := range have {
		require.Contains(t, listed, line, "new in the API: go test ./internal/api -add")
	}
}

// exported returns a line for each exported name of the package: functions, types
// with their exported fields, methods, constants and variables.
func exported(t *testing.T) []string {
	t.Helper()
	pkg, err := importer.ForCompiler(token.NewFileSet(), "source", nil).Import(path)
	require.NoError(t, err)
	var lines []string
	name := types.RelativeTo(pkg)
	for _, n := range pkg.Scope().Names() {
		object := pkg.Scope().Lookup(n)
		if !object.Exported() {
			continue
		}
		if _, ok := object.(*types.TypeName); !ok {
			lines = append(lines, types.ObjectString(object, name))
			continue
		}
		fields, isStruct := object.Type().Underlying().(*types.Struct)
		if !isStruct {
			lines = append(lines, types.ObjectString(object, name))
		} else {
			lines = append(lines, "type "+n+" struct")
			for i := range fields.NumFields() {
				if f := fields.Field(i); f.Exported() {
					lines = append(lines, "field "+n+"."+f.Name()+" "+types.TypeString(f.Type(), name))
				}
			}
			if types.Comparable(object.Type()) {
				lines = append(lines, "comparable "+n)
			}
		}
		methods := types.NewMethodSet(types.NewPointer(object.Type()))
		for i := range methods.Len() {
			if f := methods.At(i).Obj(); f.Exported() {
				lines = append(lines, types.ObjectString(f, name))
			}
		}
	}
	slices.Sort(lines)
	return lines
}
