// Bench measures the package against a copy of the same floats and against
// dropout as others write it:
//
//	go -C bench run .
//
// It first compares every kernel of this machine with the reference, bit by bit,
// then times them, and prints a table per operation, the targets of the design
// and what each competitor was seen to do. README.md describes the method.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"github.com/fusedrop/dropout/bench/internal/rivals"
)

func main() {
	if servedAsChild() {
		return
	}
	s, err := parseSettings(os.Args[1:])
	if err == flag.ErrHelp {
		return
	}
	exitOn(err)
	// Children are killed when ctx ends.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = run(ctx, s)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	exitOn(err)
}

// servedAsChild does the job of a child if the program was started as one.
func servedAsChild() bool {
	if len(os.Args) != 2 {
		return false
	}
	switch os.Args[1] {
	case kernelChild:
		exitOn(serveKernel(os.Stdin, os.Stdout))
	case loopsChild:
		rivals.Serve(loopsChild, "go", nil, rivals.Loops)
	default:
		return false
	}
	return true
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run gets a report, by measuring or from a file, and hands it out.
func run(ctx context.Context, s settings) error {
	err := s.canWrite()
	if err != nil {
		return err
	}
	var rep *Report
	if s.from != "" {
		rep, err = loadReport(s.from)
	} else {
		start := time.Now()
		rep, err = newReport(ctx, s)
		if rep != nil {
			rep.Seconds = time.Since(start).Seconds()
		}
	}
	if err != nil {
		return err
	}
	width := 120
	if term.IsTerminal(int(os.Stdout.Fd())) {
		if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
			width = w
		}
	}
	if !term.IsTerminal(int(os.Stdout.Fd())) || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		text.DisableColors()
	} else {
		text.EnableColors()
	}
	if !s.stdoutTaken() {
		writeText(os.Stdout, rep, width)
	}
	return export(rep, s)
}
