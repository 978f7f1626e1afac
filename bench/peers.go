package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/fusedrop/dropout/bench/internal/protocol"
)

// peerLen is the most elements a peer is measured on. Time per element doesn't
// change beyond, and some take a hundred bytes for each.
const peerLen = 4 << 20

// A peer is a program that answers a job; package protocol says how.
type peer struct {
	name string

	// commands are ways to start it, to be tried until one finds what it needs.
	// They are made when it is its turn, which may take long.
	commands func(ctx context.Context, dir string) ([]*exec.Cmd, error)
}

// findPeers returns the peers in the directory dir: golibs, and a script for
// everything outside Go.
func findPeers(dir string) ([]peer, error) {
	scripts, err := filepath.Glob(filepath.Join(dir, "*_peer.py"))
	if err != nil {
		return nil, err
	}
	peers := []peer{{"golibs", buildGolibs}}
	for _, script := range scripts {
		name := filepath.Base(script)
		peers = append(peers, peer{name, func(ctx context.Context, dir string) ([]*exec.Cmd, error) {
			return pythons(ctx, dir, name)
		}})
	}
	return peers, nil
}

// peersDir finds bench/peers from where the program is usually started.
func peersDir() (string, error) {
	for _, dir := range []string{"peers", filepath.Join("bench", "peers")} {
		if info, err := os.Stat(filepath.Join(dir, "golibs")); err == nil && info.IsDir() {
			return filepath.Abs(dir)
		}
	}
	return "", errors.New("no directory bench/peers here: start the program in bench, as go -C bench run does")
}

// buildGolibs builds the module of Go libraries into the user's cache.
func buildGolibs(ctx context.Context, dir string) ([]*exec.Cmd, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	exe := filepath.Join(cache, "fusedrop-bench", "golibs")
	build := exec.CommandContext(ctx, "go", "build", "-o", exe, ".")
	build.Dir = filepath.Join(dir, "golibs")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w: %s", err, lastLine(string(out)))
	}
	return []*exec.Cmd{exec.CommandContext(ctx, exe)}, nil
}

// pythons returns a command for every Python that may have a script's library:
// $PYTHON alone if it is set, else the first in the path and the system's, which
// is where a distribution's packages are.
func pythons(ctx context.Context, dir, script string) ([]*exec.Cmd, error) {
	interpreters := []string{"python3", "/usr/bin/python3"}
	if set := os.Getenv("PYTHON"); set != "" {
		interpreters = []string{set}
	}
	var commands []*exec.Cmd
	for _, python := range interpreters {
		if path, err := exec.LookPath(python); err == nil {
			cmd := exec.CommandContext(ctx, path, script)
			cmd.Dir = dir
			commands = append(commands, cmd)
		}
	}
	if len(commands) == 0 {
		return nil, fmt.Errorf("no Python: tried %v", interpreters)
	}
	return commands, nil
}

// askPeers measures every peer that runs here and notes why the others don't.
func (rep *Report) askPeers(ctx context.Context, job protocol.Job, line *progress) {
	job.Sizes = slices.DeleteFunc(slices.Clone(job.Sizes), func(n int) bool { return n > peerLen })
	dir, err := peersDir()
	if err != nil {
		rep.Missing = append(rep.Missing, protocol.Missing{Name: "peers", Reason: err.Error()})
		return
	}
	peers, err := findPeers(dir)
	if err != nil {
		rep.Missing = append(rep.Missing, protocol.Missing{Name: "peers", Reason: err.Error()})
		return
	}
	for _, p := range peers {
		line.stage("measure " + p.name)
		if reason := rep.askPeer(ctx, p, dir, job, line); reason != "" {
			rep.Missing = append(rep.Missing, protocol.Missing{Name: p.name, Reason: reason})
		}
	}
}

// askPeer returns why p could not be measured, or "".
func (rep *Report) askPeer(ctx context.Context, p peer, dir string, job protocol.Job, line *progress) (reason string) {
	commands, err := p.commands(ctx, dir)
	if err != nil {
		return err.Error()
	}
	take := rep.take(line)
	for _, cmd := range commands {
		reason = ""
		err := ask(cmd, job, func(m protocol.Message) error {
			switch {
			case m.Missing != nil:
				reason = m.Missing.Reason
				return nil
			case m.Hello != nil:
				line.more(m.Hello.Steps)
				rep.Peers = append(rep.Peers, *m.Hello)
			}
			return take(m)
		})
		if err != nil {
			return err.Error()
		}
		if reason == "" {
			return ""
		}
	}
	return reason
}
