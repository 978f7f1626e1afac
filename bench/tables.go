package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/fusedrop/dropout/bench/internal/protocol"
	"github.com/fusedrop/dropout/bench/internal/rivals"
)

// A section of the report is a title, a table and what is to be said below it.
type section struct {
	title string
	table table.Writer
	notes []string
}

// sections returns the report. Tables of times have at most so many sizes side by
// side.
func sections(rep *Report, sizesAbreast int) []section {
	var all []section
	for _, op := range rep.ops() {
		for _, p := range rep.Job.Ps {
			for sizes := range slices.Chunk(rep.Job.Sizes, sizesAbreast) {
				if s, ok := timeSection(rep, op, p, sizes); ok {
					all = append(all, s)
				}
			}
		}
	}
	if s, ok := scalingSection(rep); ok {
		all = append(all, s)
	}
	if s, ok := targetSection(rep); ok {
		all = append(all, s)
	}
	if len(rep.Behaviours) > 0 {
		all = append(all, rateSection(rep), behaviourSection(rep))
	}
	return all
}

// timeSection is the table of one operation at one p.
func timeSection(rep *Report, op string, p float64, sizes []int) (section, bool) {
	tw := newTable()
	header := table.Row{"ns per element, × copy, speed-up"}
	versus := "vs loop"
	if isVariant(op) {
		versus = "vs unfused"
	}
	for _, n := range sizes {
		header = append(header, sizeName(n), "× copy", versus)
	}
	tw.AppendHeader(header)
	row := table.Row{"copy"}
	for _, n := range sizes {
		if ns, ok := rep.copyTime(op, n); ok {
			row = append(row, perElement(ns/float64(n)), "1", "")
		} else {
			row = append(row, "", "", "")
		}
	}
	tw.AppendRow(row)
	tw.AppendSeparator()
	found, noisy := false, false
	for _, impl := range rep.impls(op) {
		row, any := table.Row{impl}, false
		if slices.Contains(rep.Kernels, impl) {
			row[0] = text.Bold.Sprint(impl)
		}
		for _, n := range sizes {
			m := rep.find(impl, op, n, p, 1)
			if m == nil {
				row = append(row, "", "", "")
				continue
			}
			any = true
			noisy = noisy || m.Noisy
			row = append(row, perElement(m.PerElement()), times(rep, m), speedUp(rep, m))
		}
		if any {
			tw.AppendRow(row)
			found = true
		}
	}
	s := section{title: fmt.Sprintf("%s, p = %v", op, p), table: tw}
	if isVariant(op) {
		s.notes = append(s.notes, "unfused: the package's other calls with plain loops between; kernels are held against their own, others against the best kernel's")
	}
	if noisy {
		s.notes = append(s.notes, fmt.Sprintf("~ copy's own interquartile range was above %.0f %% of its median, in up to %d attempts",
			100*rep.Job.Plan.Noise, rep.Job.Plan.Attempts))
	}
	return s, found
}

// speedUp is over the usual loop, and for the variants over the steps of the same
// kernel, or else of the best; it is empty where none of these was measured.
// Ratios to copy are compared, since the two were measured at different times.
func speedUp(rep *Report, m *protocol.Measurement) string {
	for _, base := range slices.Concat([]string{rivals.Usual, m.Impl + unfusedSuffix}, unfused(rep)) {
		if b := rep.find(base, m.Op, m.N, m.P, 1); b != nil {
			if b == m || m.Group == "unfused" {
				return ""
			}
			return fmt.Sprintf("%s×", digits(rep.ratio(b).Median/rep.ratio(m).Median))
		}
	}
	return ""
}

// unfused returns the names that the kernels' steps are measured under.
func unfused(rep *Report) []string {
	var names []string
	for _, k := range rep.Kernels {
		names = append(names, k+unfusedSuffix)
	}
	return names
}

// times is the ratio to copy with half its interquartile range.
func times(rep *Report, m *protocol.Measurement) string {
	q := rep.ratio(m)
	s := fmt.Sprintf("%s ±%.0f%%", digits(q.Median), 50*q.Spread())
	if m.Noisy {
		return text.FgYellow.Sprint("~" + s)
	}
	return s
}

func perElement(ns float64) string { return digits(ns) }

// digits shows three significant digits.
func digits(x float64) string {
	if x >= 100 {
		return fmt.Sprintf("%.0f", x)
	}
	places := 2 - int(math.Floor(math.Log10(x)))
	return fmt.Sprintf("%.*f", min(max(places, 0), 4), x)
}

// scalingSection compares numbers of workers.
func scalingSection(rep *Report) (section, bool) {
	tw := newTable()
	header := table.Row{"Forward", "size"}
	for _, w := range rep.Job.Workers {
		header = append(header, fmt.Sprintf("%d", w), "speed-up")
	}
	tw.AppendHeader(header)
	found := false
	for _, k := range rep.Kernels {
		for _, n := range scalingSizes(rep.Job) {
			one := rep.find(k, "Forward", n, rep.Job.Ps[0], 1)
			if one == nil {
				continue
			}
			row := table.Row{k, sizeName(n)}
			for _, w := range rep.Job.Workers {
				m := rep.find(k, "Forward", n, rep.Job.Ps[0], w)
				if m == nil {
					row = append(row, "", "")
					continue
				}
				found = found || w > 1
				row = append(row, perElement(m.PerElement()), digits(one.Ratio.Median/m.Ratio.Median))
			}
			tw.AppendRow(row)
		}
	}
	return section{
		title: fmt.Sprintf("Workers, p = %v: ns per element and speed-up over one", rep.Job.Ps[0]),
		table: tw,
	}, found
}

// targetSection holds the design's targets against the measurements.
func targetSection(rep *Report) (section, bool) {
	verdicts := judge(rep)
	tw := newTable()
	tw.AppendHeader(table.Row{"operation", "kernel", "p", "size", "target", "measured", "quartiles", ""})
	for _, v := range verdicts {
		outcome := v.outcome()
		switch {
		case outcome == "met":
			outcome = text.FgGreen.Sprint(outcome)
		case strings.HasPrefix(outcome, "missed"):
			outcome = text.FgRed.Sprint(outcome)
		default:
			outcome = text.FgYellow.Sprint(outcome)
		}
		if v.noisy {
			outcome += " (noisy)"
		}
		tw.AppendRow(table.Row{v.op, v.kernel, v.p, sizeName(v.n),
			digits(v.limit) + " " + v.unit, digits(v.measured.Median), digits(v.measured.Q1) + "–" + digits(v.measured.Q3), outcome})
	}
	s := section{title: "Targets", table: tw, notes: notJudged(rep)}
	return s, len(verdicts)+len(s.notes) > 0
}

// rateSection shows the drop rates that were really applied.
func rateSection(rep *Report) section {
	tw := newTable()
	header := table.Row{"rate of dropped elements"}
	for _, p := range rep.Job.Check.Ps {
		header = append(header, fmt.Sprintf("p = %v", p), "mean of y")
	}
	tw.AppendHeader(header)
	for _, b := range rep.Behaviours {
		row := table.Row{b.Impl}
		for _, r := range b.Rates {
			rate := fmt.Sprintf("%.5f ±%.5f", r.Rate, max(r.Hi-r.Rate, r.Rate-r.Lo))
			if r.P < r.Lo || r.P > r.Hi {
				rate = text.FgRed.Sprint(rate + " !")
			}
			mean := fmt.Sprintf("%.5f", r.Mean)
			if r.MeanLo > 1 || r.MeanHi < 1 {
				mean = text.FgRed.Sprint(mean + " !")
			}
			row = append(row, rate, mean)
		}
		tw.AppendRow(row)
	}
	return section{
		title: "Drop probability really applied",
		table: tw,
		notes: []string{fmt.Sprintf("%d draws each, x = 1, intervals of 99.9 %% confidence; ! where p, or a mean of 1, is not within", rep.Job.Check.Draws)},
	}
}

func behaviourSection(rep *Report) section {
	tw := newTable()
	tw.AppendHeader(table.Row{"", "dropped NaN", "dropped Inf", "dropped -1", "mask bytes/element", "in two calls", "on several threads", "backward needs", "backward ×"})
	for _, b := range rep.Behaviours {
		mask := "kept inside"
		if b.MaskBytes >= 0 {
			mask = fmt.Sprintf("%.3g", b.MaskBytes)
		}
		gradient := "not run"
		if b.Gradient >= 0 {
			gradient = fmt.Sprintf("%.3f", b.Gradient)
			if math.Abs(b.Gradient-1/0.75) > 1e-3 {
				gradient = text.FgRed.Sprint(gradient + " !")
			}
		}
		tw.AppendRow(table.Row{b.Impl, b.NaN, b.Inf, b.Negative, mask, b.Chunks, b.Workers, b.Backward, gradient})
	}
	s := section{title: "What was seen", table: tw}
	s.notes = append(s.notes, "backward ×: what it multiplies kept gradients by at p = 0.25; ! where that isn't 1.333")
	for _, b := range rep.Behaviours {
		s.notes = append(s.notes, fmt.Sprintf("%s: %s", b.Impl, b.About))
	}
	return s
}

func newTable() table.Writer {
	tw := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true, SeparateRows: false}
	style.Format.Header = text.FormatDefault
	tw.SetStyle(style)
	var columns []table.ColumnConfig
	for i := 2; i <= 40; i++ {
		columns = append(columns, table.ColumnConfig{Number: i, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	tw.SetColumnConfigs(columns)
	return tw
}

// writeText writes rep for a reader at a terminal that is width columns wide.
func writeText(w io.Writer, rep *Report, width int) {
	for _, line := range summary(rep) {
		fmt.Fprintln(w, line)
	}
	for _, s := range sections(rep, max(1, (width-36)/28)) {
		fmt.Fprintf(w, "\n%s\n%s\n", text.Bold.Sprint(s.title), s.table.Render())
		for _, note := range s.notes {
			fmt.Fprintln(w, note)
		}
	}
}

// writeMarkdown writes rep for a README, with all that a number needs.
func writeMarkdown(w io.Writer, rep *Report) error {
	text.DisableColors()
	var b strings.Builder
	for _, s := range sections(rep, len(rep.Job.Sizes)) {
		fmt.Fprintf(&b, "### %s\n\n%s\n\n", s.title, s.table.RenderMarkdown())
		for _, note := range s.notes {
			fmt.Fprintf(&b, "- %s\n", note)
		}
		if len(s.notes) > 0 {
			fmt.Fprintln(&b)
		}
	}
	for _, line := range summary(rep) {
		fmt.Fprintf(&b, "%s  \n", line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// summary says where the numbers are from.
func summary(rep *Report) []string {
	m := rep.Machine
	lines := []string{fmt.Sprintf("%s, %d cores, %s/%s, %s", m.CPU, m.Cores, m.OS, m.Arch, m.Go)}
	if lo, hi, ok := clocks(rep); ok {
		lines[0] += fmt.Sprintf(", %.2f–%.2f GHz meanwhile", lo, hi)
	}
	lines = append(lines, fmt.Sprintf("%s, commit %s, %s, %.0f s", rep.Date.Format("2 January 2006 15:04 MST"), rep.Commit, rep.Command, rep.Seconds))
	for _, v := range rep.Verified {
		lines = append(lines, fmt.Sprintf("%s: same bits as the reference in %.1f million elements, calls of up to %.1f million; in every variant, %.1f million (%.1f s)",
			v.Kernel, float64(v.Elements)/1e6, float64(v.Largest)/1e6, float64(v.Variants)/1e6, v.Seconds))
	}
	if len(rep.Verified) > 0 && rep.Verified[0].Gaussian != "" {
		lines = append(lines, fmt.Sprintf("Gaussian: normal variates within %g of double precision; checksum %s of all bits from %s",
			zTolerance, rep.Verified[0].Gaussian, strings.Join(rep.Kernels, ", ")))
	}
	for _, missing := range rep.Missing {
		lines = append(lines, text.FgYellow.Sprintf("missing: %s: %s", missing.Name, missing.Reason))
	}
	return lines
}

// clocks returns the range of the core's clock during the measurements.
func clocks(rep *Report) (lo, hi float64, ok bool) {
	var all []float64
	for _, m := range rep.Measurements {
		if m.GHz > 0 {
			all = append(all, m.GHz)
		}
	}
	if len(all) == 0 {
		return 0, 0, false
	}
	slices.Sort(all)
	return all[len(all)/20], all[len(all)-1-len(all)/20], true
}
