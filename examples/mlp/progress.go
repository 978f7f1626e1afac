package main

import (
	"fmt"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress is a bar of epochs on a terminal, and nothing anywhere else.
type progress struct{ bar *progressbar.ProgressBar }

func newProgress(out *os.File, epochs, done int) *progress {
	if !term.IsTerminal(int(out.Fd())) {
		return nil
	}
	bar := progressbar.NewOptions(epochs,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetWidth(24),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}),
	)
	bar.Add(done) //nolint:errcheck // a terminal that is gone is no reason to stop
	return &progress{bar}
}

// step says that an epoch is done, and of what. It may be called by several
// goroutines at once.
func (p *progress) step(what string) {
	if p != nil {
		p.bar.Describe(fmt.Sprintf("%-28s", what))
		p.bar.Add(1) //nolint:errcheck // as above
	}
}

func (p *progress) end() {
	if p != nil {
		p.bar.Clear() //nolint:errcheck // as above
	}
}
