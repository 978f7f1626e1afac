package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fusedrop/dropout/bench/internal/protocol"
	"github.com/fusedrop/dropout/bench/internal/rivals"
)

// readme is what readme.md.tmpl is filled with.
type readme struct {
	Kernel string // the best
	P      float64

	Sizes  []string
	Ratios []readmeRow // times in copies, and copy itself
	Small  *readmeSmall

	Compared string      // the size that others are compared at
	Columns  []string    // of what, two cells each: time and speed-up
	Others   []readmeRow // others' Forward and Backward, and this package's
	Variants []readmeRow // what else others have

	Noise   string
	Missing []string
	Machine string
	When    string
	Peers   string
	Command string
}

type readmeRow struct {
	Name, About string
	Cells       []string
}

type readmeSmall struct {
	N          int
	NS, Copies string
}

func newReadme(rep *Report) readme {
	r := readme{
		Kernel:   rep.Kernels[0],
		P:        rep.Job.Ps[0],
		Compared: sizeName(comparedSize(rep)),
		Ratios:   ratioRows(rep),
		Others:   otherRows(rep),
		Variants: otherVariantRows(rep),
		Missing:  missingPeers(rep),
		Machine:  describeMachine(rep),
		When:     describeRun(rep),
		Command:  rep.Command,
	}
	for _, n := range readmeSizes(rep) {
		r.Sizes = append(r.Sizes, sizeName(n))
	}
	if m := rep.find(r.Kernel, "Forward", smallCall, r.P, 1); m != nil {
		r.Small = &readmeSmall{smallCall, digits(m.NS.Median), digits(m.Ratio.Median)}
	}
	for _, c := range comparisons(rep) {
		r.Columns = append(r.Columns, fmt.Sprintf("%s, p = %v", c.op, c.p))
	}
	if slices.ContainsFunc(rep.Measurements, func(m protocol.Measurement) bool { return m.Noisy }) {
		r.Noise = fmt.Sprintf("the interquartile range of `copy` was above %.0f %% of its median meanwhile", 100*rep.Job.Plan.Noise)
	}
	var peers []string
	for _, p := range rep.Peers {
		peers = append(peers, p.With...)
	}
	slices.Sort(peers)
	r.Peers = strings.Join(slices.Compact(peers), ", ")
	return r
}

// readmeSizes are those of the targets, or all if none of these was measured.
func readmeSizes(rep *Report) []int {
	stated := slices.DeleteFunc(slices.Clone(rep.Job.Sizes), func(n int) bool { return !slices.Contains(targetSizes[:], n) })
	if len(stated) == 0 {
		return rep.Job.Sizes
	}
	return stated
}

// ratioRows are the operations that have targets: of the best kernel all, of the
// others those with targets of their own. Loops follow, the usual one at every p
// because its branch depends on it, and copy in ns.
func ratioRows(rep *Report) []readmeRow {
	type subject struct {
		impl, op string
		p        float64
	}
	var subjects []subject
	add := func(s subject) {
		if !slices.Contains(subjects, s) {
			subjects = append(subjects, s)
		}
	}
	for i, kernel := range rep.Kernels {
		for _, op := range operations {
			for _, t := range targets {
				if t.op == op.name && t.small == 0 && (t.kernel == kernel || i == 0) {
					add(subject{kernel, t.op, t.p})
				}
			}
		}
	}
	for _, p := range rep.Job.Ps {
		add(subject{rivals.Usual, "Forward", p})
	}
	for _, loop := range rivals.Loops {
		add(subject{loop.Name, "Forward", rep.Job.Ps[0]})
	}
	var rows []readmeRow
	for _, s := range subjects {
		name := fmt.Sprintf("%s, p = %v", s.op, s.p)
		if s.impl != rep.Kernels[0] {
			name += ", `" + s.impl + "`"
		}
		row, any := readmeRow{Name: name}, false
		for _, n := range readmeSizes(rep) {
			cell := ""
			if m := rep.find(s.impl, s.op, n, s.p, 1); m != nil {
				cell, any = mark(m)+digits(rep.ratio(m).Median), true
			}
			row.Cells = append(row.Cells, cell)
		}
		if any {
			rows = append(rows, row)
		}
	}
	last := readmeRow{Name: "`copy`, ns per float"}
	for _, n := range readmeSizes(rep) {
		cell := ""
		if ns, ok := rep.copyTime("Forward", n); ok {
			cell = perElement(ns / float64(n))
		}
		last.Cells = append(last.Cells, cell)
	}
	return append(rows, last)
}

// A comparison is an operation at a p that everyone has.
type comparison struct {
	op string
	p  float64
}

func comparisons(rep *Report) []comparison {
	var cs []comparison
	for _, p := range rep.Job.Ps {
		cs = append(cs, comparison{"Forward", p})
	}
	return append(cs, comparison{"Backward", rep.Job.Ps[0]})
}

// otherRows are copy, the kernels, and then the others, the quickest first.
func otherRows(rep *Report) []readmeRow {
	n, first := comparedSize(rep), comparison{"Forward", rep.Job.Ps[0]}
	copied := readmeRow{Name: "`copy`"}
	for _, c := range comparisons(rep) {
		ns, ok := rep.copyTime(c.op, n)
		if !ok {
			copied.Cells = append(copied.Cells, "", "")
			continue
		}
		copied.Cells = append(copied.Cells, perElement(ns/float64(n)), "")
	}
	names := slices.DeleteFunc(rep.impls(first.op), func(impl string) bool { return rep.find(impl, first.op, n, first.p, 1) == nil })
	slices.SortStableFunc(names, func(a, b string) int {
		kernels := func(name string) int { return -boolInt(slices.Contains(rep.Kernels, name)) }
		time := func(name string) float64 { return rep.ratio(rep.find(name, first.op, n, first.p, 1)).Median }
		return cmp.Or(cmp.Compare(kernels(a), kernels(b)), cmp.Compare(time(a), time(b)))
	})
	rows := []readmeRow{copied}
	for _, name := range names {
		row := readmeRow{Name: "`" + name + "`", About: rep.about(name)}
		for _, c := range comparisons(rep) {
			row.Cells = append(row.Cells, compared(rep, name, c.op, n, c.p)...)
		}
		rows = append(rows, row)
	}
	return rows
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// otherVariantRows are what others have of the package's other operations.
func otherVariantRows(rep *Report) []readmeRow {
	n, p := comparedSize(rep), rep.Job.Ps[0]
	var rows []readmeRow
	for _, op := range operations {
		if op.name == "Forward" || op.name == "Backward" {
			continue
		}
		for _, impl := range rep.impls(op.name) {
			m := rep.find(impl, op.name, n, p, 1)
			if m != nil && (m.Group == "go" || m.Group == "peer") {
				rows = append(rows, readmeRow{"`" + impl + "`", "`" + op.name + "`", compared(rep, impl, op.name, n, p)})
			}
		}
	}
	return rows
}

// compared returns the time per element of impl and by how much the best kernel
// is faster, as two cells, empty where nothing was measured.
func compared(rep *Report, impl, op string, n int, p float64) []string {
	theirs := rep.find(impl, op, n, p, 1)
	if theirs == nil {
		return []string{"", ""}
	}
	cells := []string{mark(theirs) + perElement(theirs.PerElement()), ""}
	if ours := rep.find(rep.Kernels[0], op, n, p, 1); ours != nil && ours != theirs {
		cells[1] = digits(rep.ratio(theirs).Median/rep.ratio(ours).Median) + "×"
	}
	return cells
}

// mark is before a time that was measured while the machine was noisy.
func mark(m *protocol.Measurement) string {
	if m.Noisy {
		return "~"
	}
	return ""
}

// about returns what impl is, in Markdown.
func (rep *Report) about(impl string) string {
	for _, b := range rep.Behaviours {
		if b.Impl == impl {
			return escape(b.About)
		}
	}
	return ""
}

// escape lets text stand in a cell of a table in Markdown as it is.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "<", "&lt;", "`", "\\`", "\n", " ").Replace(s)
}

// missingPeers says who could not be measured, and why.
func missingPeers(rep *Report) []string {
	var lines []string
	for _, m := range rep.Missing {
		lines = append(lines, fmt.Sprintf("`%s`: %s", m.Name, escape(m.Reason)))
	}
	for _, p := range rep.Peers {
		if p.Steps == 0 {
			lines = append(lines, fmt.Sprintf("`%s`: the run asked for nothing that it has", p.Name))
		}
	}
	if !rep.AskedPeers {
		lines = append(lines, "libraries and other languages: the run was without `-peers`")
	}
	return lines
}

// describeMachine is one line.
func describeMachine(rep *Report) string {
	m := rep.Machine
	words := []string{fmt.Sprintf("%s, %d cores", escape(m.CPU), m.Cores)}
	for _, c := range m.caches() {
		words = append(words, c.name+" "+bytesName(c.bytes))
	}
	words = append(words, m.OS+"/"+m.Arch, m.Go)
	if lo, hi, ok := clocks(rep); ok {
		words = append(words, fmt.Sprintf("%.2f–%.2f GHz meanwhile", lo, hi))
	}
	return strings.Join(words, ", ")
}

func bytesName(n int) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%.4g MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.4g KiB", float64(n)/(1<<10))
}

func describeRun(rep *Report) string {
	return fmt.Sprintf("%s, commit %s, kernels %s, %.0f s",
		rep.Date.Format("2 January 2006 15:04 MST"), rep.Commit, strings.Join(rep.Kernels, ", "), rep.Seconds)
}
