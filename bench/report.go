package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/fusedrop/dropout/bench/internal/protocol"
	"github.com/fusedrop/dropout/bench/internal/rivals"
)

// schema is the version of the JSON that a Report is written as.
const schema = 1

// Report is everything that a run found out.
type Report struct {
	Schema  int          `json:"schema"`
	Date    time.Time    `json:"date"`
	Seconds float64      `json:"seconds"`
	Command string       `json:"command"`
	Commit  string       `json:"commit"`
	Machine Machine      `json:"machine"`
	Job     protocol.Job `json:"job"`
	Here    []string     `json:"here"`    // kernels that run on the machine, best first
	Kernels []string     `json:"kernels"` // those of them that were measured

	Verified     []protocol.Verified    `json:"verified"`
	Measurements []protocol.Measurement `json:"measurements"`
	Behaviours   []protocol.Behaviour   `json:"behaviours"`
	AskedPeers   bool                   `json:"asked_peers"` // whether peers were looked for
	Peers        []protocol.Hello       `json:"peers"`       // those that answered
	Missing      []protocol.Missing     `json:"missing"`
}

// newReport verifies and then measures what s asks for.
func newReport(ctx context.Context, s settings) (*Report, error) {
	rep := &Report{Schema: schema, Date: time.Now().UTC().Truncate(time.Second), Command: command(),
		Commit: commit(ctx), Machine: thisMachine(), Job: s.job, AskedPeers: s.peers}
	kernels, err := findKernels(ctx)
	if err != nil {
		return nil, err
	}
	rep.Here = kernels
	for _, name := range s.kernels {
		if !slices.Contains(kernels, name) {
			rep.Missing = append(rep.Missing, protocol.Missing{Name: name, Reason: "this machine has no such kernel"})
		}
	}
	for _, name := range kernels {
		if len(s.kernels) == 0 || slices.Contains(s.kernels, name) {
			rep.Kernels = append(rep.Kernels, name)
		}
	}

	verifying, measuring := s.job, s.job
	verifying.Do, measuring.Do = "verify", "measure"
	loops := measuring
	if slices.Equal(loops.Impls, []string{"none"}) {
		loops.Do = "hello"
	}
	steps := rivals.Steps(loops, rivals.Loops)
	for _, name := range rep.Kernels {
		steps += kernelSteps(verifying, name) + kernelSteps(measuring, name)
	}
	line := newProgress(os.Stderr, steps)
	defer line.done()

	for _, job := range []protocol.Job{verifying, measuring} {
		for _, name := range rep.Kernels {
			line.stage(job.Do + " " + name)
			cmd, err := selfKernel(ctx, name)
			if err == nil {
				err = ask(cmd, job, rep.take(line))
			}
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", job.Do, name, err)
			}
		}
		if err := rep.sameNoise(); err != nil {
			return nil, err
		}
	}
	if loops.Do == "measure" {
		line.stage("measure loops")
		cmd, err := self(ctx, loopsChild)
		if err == nil {
			err = ask(cmd, loops, rep.take(line))
		}
		if err != nil {
			return nil, fmt.Errorf("loops: %w", err)
		}
	}
	if s.peers {
		rep.askPeers(ctx, measuring, line)
	}
	if loops.Do == "measure" {
		rep.missCompetitors(s.job.Impls)
	}
	return rep, ctx.Err()
}

// missCompetitors notes which of those that were asked for by name nobody knows.
func (rep *Report) missCompetitors(names []string) {
	for _, name := range names {
		if !slices.ContainsFunc(rep.Measurements, func(m protocol.Measurement) bool { return m.Impl == name }) {
			rep.Missing = append(rep.Missing, protocol.Missing{Name: name, Reason: "not measured by any competitor that was run"})
		}
	}
}

// take returns the function that adds answers to rep.
func (rep *Report) take(line *progress) func(protocol.Message) error {
	return func(m protocol.Message) error {
		switch {
		case m.Step != "":
			line.step(m.Step)
		case m.Verified != nil:
			rep.Verified = append(rep.Verified, *m.Verified)
		case m.Measurement != nil:
			rep.Measurements = append(rep.Measurements, *m.Measurement)
		case m.Behaviour != nil:
			rep.Behaviours = append(rep.Behaviours, *m.Behaviour)
		case m.Missing != nil:
			rep.Missing = append(rep.Missing, *m.Missing)
		}
		return nil
	}
}

// sameNoise returns an error if kernels made different Gaussian noise of one
// stream. Each compared its own with double precision, which can't tell.
func (rep *Report) sameNoise() error {
	for _, v := range rep.Verified {
		if first := rep.Verified[0]; v.Gaussian != first.Gaussian {
			return fmt.Errorf("verify: Gaussian gives other bits with %s (checksum %s) than with %s (%s)",
				v.Kernel, v.Gaussian, first.Kernel, first.Gaussian)
		}
	}
	return nil
}

func loadReport(file string) (*Report, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	rep := new(Report)
	if err := json.Unmarshal(text, rep); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if rep.Schema != schema {
		return nil, fmt.Errorf("%s: schema %d, this program reads %d", file, rep.Schema, schema)
	}
	return rep, nil
}

// find returns the measurement of impl, or nil if there is none.
func (rep *Report) find(impl, op string, n int, p float64, workers int) *protocol.Measurement {
	for i := range rep.Measurements {
		m := &rep.Measurements[i]
		if m.Impl == impl && m.Op == op && m.N == n && m.P == p && m.Workers == workers {
			return m
		}
	}
	return nil
}

// impls returns who was measured at op, in the order of the measurements.
func (rep *Report) impls(op string) []string {
	var names []string
	for _, m := range rep.Measurements {
		if m.Op == op && !slices.Contains(names, m.Impl) {
			names = append(names, m.Impl)
		}
	}
	return names
}

// ops returns the operations that were measured, the package's own first.
func (rep *Report) ops() []string {
	var names []string
	for _, m := range rep.Measurements {
		if !slices.Contains(names, m.Op) {
			names = append(names, m.Op)
		}
	}
	return names
}

// ratio returns the time of m in copies. A peer's own copy goes through its
// interpreter, which for short calls costs more than the copying, so peers are
// held against the copy in Go like everyone else, if not in the same instant.
func (rep *Report) ratio(m *protocol.Measurement) protocol.Quartiles {
	if m.Group != "peer" {
		return m.Ratio
	}
	base, ok := rep.copyTime(m.Op, m.N)
	if !ok {
		return m.Ratio
	}
	return protocol.Quartiles{Q1: m.NS.Q1 / base, Median: m.NS.Median / base, Q3: m.NS.Q3 / base}
}

// copyTime returns the median time of a copy in Go of n floats, measured beside
// op, in ns.
func (rep *Report) copyTime(op string, n int) (ns float64, ok bool) {
	var all []float64
	for _, m := range rep.Measurements {
		if m.Op == op && m.N == n && m.Group != "peer" {
			all = append(all, m.Copy.Median)
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	return all[len(all)/2], true
}
