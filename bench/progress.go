package main

import (
	"fmt"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress is a line that says what is being done and how much is left. Where
// nobody watches, it is one line for each stage.
type progress struct {
	bar *progressbar.ProgressBar
	out *os.File
}

func newProgress(out *os.File, steps int) *progress {
	p := &progress{out: out}
	if term.IsTerminal(int(out.Fd())) {
		p.bar = progressbar.NewOptions(steps,
			progressbar.OptionSetWriter(out),
			progressbar.OptionSetWidth(24),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(true),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}),
		)
	}
	return p
}

func (p *progress) stage(what string) {
	if p.bar == nil {
		fmt.Fprintln(p.out, what)
		return
	}
	p.bar.Describe(what)
}

// more makes room for steps that were not known of before.
func (p *progress) more(steps int) {
	if p.bar != nil {
		p.bar.AddMax(steps)
	}
}

// step says what begins.
func (p *progress) step(what string) {
	if p.bar == nil {
		return
	}
	p.bar.Describe(fmt.Sprintf("%-48s", what))
	p.bar.Add(1) //nolint:errcheck // a terminal that is gone is no reason to stop
}

func (p *progress) done() {
	if p.bar != nil {
		p.bar.Finish() //nolint:errcheck // as above
		p.bar.Clear()  //nolint:errcheck // as above
	}
}
