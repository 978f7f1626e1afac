package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// update rewrites the golden file: what testdata/run.json makes of a README.
var update = flag.Bool("update", false, "rewrite testdata/readme.golden")

// TestReadmeOfARun pins what is made of testdata/run.json, whose numbers are made up.
func TestReadmeOfARun(t *testing.T) {
	rep, err := loadReport("testdata/run.json")
	require.NoError(t, err)
	block, err := readmeBlock(rep)
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("testdata/readme.golden", block, 0o666))
	}
	want, err := os.ReadFile("testdata/readme.golden")
	require.NoError(t, err)
	require.Equal(t, string(want), string(block))
}

// TestUpdateReadme rewrites a README and charts twice, with the same result.
func TestUpdateReadme(t *testing.T) {
	rep, err := loadReport("testdata/run.json")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "README.md")
	require.NoError(t, os.WriteFile(file, []byte("above\n"+readmeBegin+"; a note -->\nold\n"+readmeEnd+"\nbelow\n"), 0o666))
	var first [][]byte
	for range 2 {
		files, err := updateReadme(rep, file)
		require.NoError(t, err)
		var now [][]byte
		for i, name := range []string{"README.md", "docs/forward.svg", "docs/roofline.svg", "docs/speedup.svg"} {
			require.Equal(t, filepath.Join(filepath.Dir(file), name), files[i])
			text, err := os.ReadFile(files[i])
			require.NoError(t, err)
			now = append(now, text)
		}
		if first == nil {
			first = now
		}
		require.Equal(t, first, now)
	}
	block, err := readmeBlock(rep)
	require.NoError(t, err)
	require.Equal(t, "above\n"+readmeBegin+"; a note -->\n"+string(block)+readmeEnd+"\nbelow\n", string(first[0]))
}

func TestReadmeSaysWhoIsMissing(t *testing.T) {
	rep, err := loadReport("testdata/run.json")
	require.NoError(t, err)
	block, err := readmeBlock(rep)
	require.NoError(t, err)
	require.Contains(t, string(block), "Missing: `torch_peer.py`: No module named 'torch'.")
	require.NotContains(t, string(block), "without `-peers`")

	rep.Missing, rep.Peers[0].Steps = nil, 0
	block, err = readmeBlock(rep)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(block), "Missing:"))
	require.Contains(t, string(block), "Missing: `numpy`: ")

	rep.Peers, rep.AskedPeers = nil, false
	block, err = readmeBlock(rep)
	require.NoError(t, err)
	require.Contains(t, string(block), "Missing: libraries and other languages: the run was without `-peers`.")
}

func TestReadmeHasARowForEveryTarget(t *testing.T) {
	rep, err := newReport(t.Context(), tiny(t, "-sizes", "4K", "-draws", "0"))
	require.NoError(t, err)
	rows := map[string]bool{}
	for _, row := range ratioRows(rep) {
		rows[row.Name] = true
	}
	for _, target := range targets {
		name := fmt.Sprintf("%s, p = %v", target.op, target.p)
		require.Contains(t, rows, name, "of the best kernel")
		if kernel := target.kernel; kernel != rep.Kernels[0] && slices.Contains(rep.Kernels, kernel) {
			require.Contains(t, rows, name+", `"+kernel+"`")
		}
	}
}

func TestReadmeHasMarkers(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, _, err = findBlock(text)
	require.NoError(t, err)
	for _, chart := range []string{"forward", "speedup", "roofline"} {
		require.Contains(t, string(text), "(docs/"+chart+".svg)")
	}
}

func TestMarkersThatAreWrong(t *testing.T) {
	begin, end := readmeBegin+" -->", readmeEnd
	for _, text := range []string{"", begin, end, end + "\n" + begin, begin + end, begin + "\n" + begin + "\n" + end, begin + "\n" + end + end} {
		_, err := replaceBlock([]byte(text), []byte("new"))
		require.Error(t, err, "%q", text)
	}
	text, err := replaceBlock([]byte("a\n"+begin+"\nb\n"+end+"\n"), []byte("new\n"))
	require.NoError(t, err)
	require.Equal(t, "a\n"+begin+"\nnew\n"+end+"\n", string(text))
}

// TestReadmeIsOfItsRun: the figures and charts are those of results/readme.json.
func TestReadmeIsOfItsRun(t *testing.T) {
	rep, err := loadReport("results/readme.json")
	require.NoError(t, err)
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	begin, end, err := findBlock(text)
	require.NoError(t, err)
	block, err := readmeBlock(rep)
	require.NoError(t, err)
	require.Equal(t, string(block), string(text[begin:end]), "rewrite it as README.md here says")
}
