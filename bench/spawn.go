package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/fusedrop/dropout/bench/internal/protocol"
)

// kernelNames are all that Kernel may return, best first.
var kernelNames = []string{"avx512", "avx2", "neon", "generic"}

// selfKernel returns the command that starts this program for one kernel. The
// package chooses its kernel once, when a program starts, and for users there is
// no other way to switch than the environment.
func selfKernel(ctx context.Context, name string) (*exec.Cmd, error) {
	cmd, err := self(ctx, kernelChild)
	if err != nil {
		return nil, err
	}
	cmd.Env = append(os.Environ(), "DROPOUT_KERNEL="+name)
	return cmd, nil
}

func self(ctx context.Context, arg string) (*exec.Cmd, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, exe, arg), nil
}

// findKernels returns which kernels run here. Each is simply tried: a program
// that is started with the name of one that isn't available panics before main.
func findKernels(ctx context.Context) ([]string, error) {
	var found []string
	for _, name := range kernelNames {
		cmd, err := selfKernel(ctx, name)
		if err != nil {
			return nil, err
		}
		got := ""
		err = ask(cmd, protocol.Job{Do: "hello"}, func(m protocol.Message) error {
			if m.Hello != nil {
				got = m.Hello.Name
			}
			return nil
		})
		if err == nil && got == name {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return nil, errors.New("no kernel runs here, not even generic")
	}
	return found, nil
}

// ask gives cmd a job and calls f for each of its answers. An Error among them
// ends it.
func ask(cmd *exec.Cmd, job protocol.Job, f func(protocol.Message) error) error {
	question, err := json.Marshal(job)
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(question), &stderr
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = protocol.Receive(answers, func(m protocol.Message) error {
		if m.Error != "" {
			return errors.New(m.Error)
		}
		return f(m)
	})
	if err != nil {
		cmd.Process.Kill() //nolint:errcheck // it may have ended by itself
	}
	if ended := cmd.Wait(); err == nil && ended != nil {
		err = fmt.Errorf("%w: %s", ended, lastLine(stderr.String()))
	}
	return err
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
