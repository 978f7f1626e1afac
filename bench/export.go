package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// export writes rep in the formats that s asks for.
func export(rep *Report, s settings) error {
	for _, format := range []struct {
		file  string
		write func(io.Writer, *Report) error
	}{
		{s.json, writeJSON},
		{s.csv, writeCSV},
		{s.md, writeMarkdown},
	} {
		if err := writeFile(format.file, func(w io.Writer) error { return format.write(w, rep) }); err != nil {
			return err
		}
	}
	if s.charts != "" {
		files, err := writeCharts(rep, s.charts)
		if err != nil {
			return fmt.Errorf("charts: %w", err)
		}
		fmt.Fprintf(os.Stderr, "%d charts in %s, each as SVG and PNG\n", len(files)/2, s.charts)
	}
	if s.readme != "" {
		files, err := updateReadme(rep, s.readme)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "rewritten: %s\n", strings.Join(files, ", "))
	}
	return nil
}

// writeFile does nothing for "" and writes to standard output for "-".
func writeFile(name string, write func(io.Writer) error) (err error) {
	switch name {
	case "":
		return nil
	case "-":
		return write(os.Stdout)
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	return write(f)
}

// writeJSON writes one line for each element of an array, which is easier to look
// through and to compare than one for each number.
func writeJSON(w io.Writer, rep *Report) error {
	text, err := json.Marshal(rep)
	if err != nil {
		return err
	}
	// Quotes within strings are escaped, so these are between values.
	_, err = strings.NewReplacer(`},{"`, "},\n{\"", `[{"`, "[\n{\"", `}],"`, "}],\n\"").WriteString(w, string(text)+"\n")
	return err
}

// writeCSV writes one line for each measurement.
func writeCSV(w io.Writer, rep *Report) error {
	c := csv.NewWriter(w)
	c.Write([]string{"impl", "group", "op", "n", "p", "workers",
		"ns_q1", "ns", "ns_q3", "copy_ns_q1", "copy_ns", "copy_ns_q3", "ratio_q1", "ratio", "ratio_q3",
		"ns_per_element", "elements_per_cycle", "pairs", "attempts", "noisy", "allocs", "ghz"})
	float := func(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }
	for _, m := range rep.Measurements {
		perCycle := ""
		if m.GHz > 0 {
			perCycle = float(1 / (m.PerElement() * m.GHz))
		}
		c.Write([]string{m.Impl, m.Group, m.Op, strconv.Itoa(m.N), float(m.P), strconv.Itoa(m.Workers),
			float(m.NS.Q1), float(m.NS.Median), float(m.NS.Q3),
			float(m.Copy.Q1), float(m.Copy.Median), float(m.Copy.Q3),
			float(m.Ratio.Q1), float(m.Ratio.Median), float(m.Ratio.Q3),
			float(m.PerElement()), perCycle,
			strconv.Itoa(m.Pairs), strconv.Itoa(m.Attempts), strconv.FormatBool(m.Noisy), float(m.Allocs), float(m.GHz)})
	}
	c.Flush()
	return c.Error()
}
