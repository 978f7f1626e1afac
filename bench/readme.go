package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/template"
)

// Between these lines of a README stands what a run found out. The first may go
// on after its prefix, for readers of the file.
const (
	readmeBegin = "<!-- bench:begin"
	readmeEnd   = "<!-- bench:end -->"
)

//go:embed readme.md.tmpl
var readmeText string

var readmeTemplate = template.Must(template.New("readme").Parse(readmeText))

// readmeCharts are the charts that the README shows, by the names that its links
// have whatever was measured.
func readmeCharts(rep *Report) map[string][]chart {
	p := rep.Job.Ps[:1]
	charts := map[string][]chart{
		"forward": timeCharts(rep, []string{"Forward"}, p),
		"speedup": speedUpCharts(rep, []string{"Forward"}),
	}
	if len(rep.Kernels) > 0 {
		charts["roofline"] = rooflineCharts(rep, rep.Kernels[:1], p)
	}
	return charts
}

// updateReadme rewrites what a README says of the measurements, and the charts in
// docs beside it, and returns the names of the files.
func updateReadme(rep *Report, file string) ([]string, error) {
	old, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, err := readmeBlock(rep)
	if err != nil {
		return nil, err
	}
	text, err := replaceBlock(old, block)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	docs := filepath.Join(filepath.Dir(file), "docs")
	if err := os.MkdirAll(docs, 0o777); err != nil {
		return nil, err
	}
	files := []string{file}
	for name, charts := range readmeCharts(rep) {
		for _, c := range charts {
			svg := filepath.Join(docs, name+".svg")
			if err := c.write(svg); err != nil {
				return nil, err
			}
			files = append(files, svg)
		}
	}
	slices.Sort(files[1:])
	return files, os.WriteFile(file, text, 0o666)
}

// readmeBlock returns what is to stand between the markers.
func readmeBlock(rep *Report) ([]byte, error) {
	if len(rep.Kernels) == 0 {
		return nil, fmt.Errorf("the run measured no kernel")
	}
	var b bytes.Buffer
	if err := readmeTemplate.Execute(&b, newReadme(rep)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// findBlock returns where the lines between the markers of text begin and end.
func findBlock(text []byte) (begin, end int, err error) {
	begin = bytes.Index(text, []byte(readmeBegin))
	end = bytes.Index(text, []byte(readmeEnd))
	if begin < 0 || end < begin ||
		bytes.Count(text, []byte(readmeBegin)) > 1 || bytes.Count(text, []byte(readmeEnd)) > 1 {
		return 0, 0, fmt.Errorf("want one line %q and one line %q below it", readmeBegin+" … -->", readmeEnd)
	}
	line := bytes.IndexByte(text[begin:end], '\n')
	if line < 0 {
		return 0, 0, fmt.Errorf("%q and %q are on one line", readmeBegin, readmeEnd)
	}
	return begin + line + 1, end, nil
}

// replaceBlock returns text with block between its markers.
func replaceBlock(text, block []byte) ([]byte, error) {
	begin, end, err := findBlock(text)
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{text[:begin], block, text[end:]}, nil), nil
}
