package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"hash/crc64"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"

	"github.com/fusedrop/dropout"
	"github.com/fusedrop/dropout/bench/internal/protocol"
	"github.com/fusedrop/dropout/bench/internal/rivals"
	"github.com/fusedrop/dropout/internal/reference"
)

// TestMain lets the test binary be started as a child, as the program is.
func TestMain(m *testing.M) {
	if servedAsChild() {
		return
	}
	text.DisableColors()
	os.Exit(m.Run())
}

// tiny are settings for a run of a second.
func tiny(t *testing.T, args ...string) settings {
	t.Helper()
	s, err := parseSettings(append([]string{"-sizes", "256,1K", "-p", "0.1,0.5", "-budget", "1ms", "-draws", "65536", "-workers", "1"}, args...))
	require.NoError(t, err)
	s.job.Plan.Warm, s.job.Plan.Batch, s.job.Plan.Attempts = 0, time.Microsecond, 1
	return s
}

// TestRun makes a report with everything in it, writes it in every format and
// reads it again.
func TestRun(t *testing.T) {
	s := tiny(t)
	rep, err := newReport(context.Background(), s)
	require.NoError(t, err)
	require.Contains(t, rep.Kernels, dropout.Kernel())
	require.Equal(t, "generic", rep.Kernels[len(rep.Kernels)-1])
	require.Len(t, rep.Verified, len(rep.Kernels))
	require.Len(t, rep.Behaviours, len(rep.Kernels)+len(rivals.Loops))
	for _, k := range rep.Kernels {
		for _, op := range operations {
			require.NotNil(t, rep.find(k, op.name, 256, 0.1, 1), "%s %s", k, op.name)
			if op.unfused != nil {
				require.NotNil(t, rep.find(k+unfusedSuffix, op.name, 256, 0.1, 1), "%s %s", k, op.name)
			}
		}
	}

	dir := t.TempDir()
	s.json, s.csv, s.md, s.charts = filepath.Join(dir, "r.json"), filepath.Join(dir, "r.csv"), filepath.Join(dir, "r.md"), filepath.Join(dir, "charts")
	require.NoError(t, export(rep, s))
	again, err := loadReport(s.json)
	require.NoError(t, err)
	require.Equal(t, rep, again)

	f, err := os.Open(s.csv)
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+len(rep.Measurements))

	markdown, err := os.ReadFile(s.md)
	require.NoError(t, err)
	require.Contains(t, string(markdown), "### Forward, p = 0.1")
	require.Contains(t, string(markdown), "| "+rivals.Usual+" |")
	require.Contains(t, string(markdown), "| generic-unfused |")
	require.Contains(t, string(markdown), runtime.Version())

	charts, err := filepath.Glob(filepath.Join(s.charts, "*"))
	require.NoError(t, err)
	for _, want := range []string{"time-forward-p0.1.svg", "time-forward-p0.1.png", "speedup-forward.svg", "roofline-generic-p0.5.png"} {
		require.Contains(t, charts, filepath.Join(s.charts, want))
	}
	for _, chart := range charts {
		info, err := os.Stat(chart)
		require.NoError(t, err)
		require.Greater(t, info.Size(), int64(1000), chart)
	}

	var out bytes.Buffer
	writeText(&out, rep, 100)
	require.Contains(t, out.String(), "Drop probability really applied")
	require.NotContains(t, out.String(), "\x1b", "colours in a file")
}

func TestKernelsThatAreNotHereAreReported(t *testing.T) {
	missing := "neon"
	if runtime.GOARCH == "arm64" {
		missing = "avx2"
	}
	rep, err := newReport(context.Background(), tiny(t, "-kernels", missing+",generic", "-competitors", "none", "-draws", "0", "-ops", "draw"))
	require.NoError(t, err)
	require.Equal(t, []string{"generic"}, rep.Kernels)
	require.Equal(t, missing, rep.Missing[0].Name)
}

func TestVerifyNoticesAWrongBit(t *testing.T) {
	buf := newBuffers(200, false)
	d, err := dropout.New(0.3)
	require.NoError(t, err)
	d.Forward(buf.dst, buf.src, buf.mask, dropout.NewPCG(42, stream))
	threshold := reference.Threshold(0.3)
	require.NoError(t, compareForward(buf, threshold, dropout.NewPCG(42, stream)))
	buf.mask[3] ^= 1 << 7
	require.ErrorContains(t, compareForward(buf, threshold, dropout.NewPCG(42, stream)), "mask word 3")
	buf.dst[199]++
	require.ErrorContains(t, compareForward(buf, threshold, dropout.NewPCG(42, stream)), "element 199")
}

func TestVerifyNoticesAWrongVariant(t *testing.T) {
	const n, p = 960, 0.3
	checks := map[string]func(*variantCheck) error{
		"ForwardReLU":     (*variantCheck).relu,
		"ForwardResidual": (*variantCheck).residual,
		"BackwardBias":    (*variantCheck).bias,
		"Groups":          (*variantCheck).groups,
		"Alpha":           (*variantCheck).alpha,
		"Gaussian":        func(c *variantCheck) error { return c.gaussian(crc64.New(crc64.MakeTable(crc64.ECMA))) },
	}
	for name, check := range checks {
		l, err := newLayer(p, 1)
		require.NoError(t, err)
		v := verification{n: n, p: p}
		c := &variantCheck{layer: l, buf: newBuffers(n, true), t: reference.Threshold(p), at: *dropout.NewPCG(42, stream),
			source: v.source, keep: reference.Keep(n, reference.Threshold(p), v.source())}
		require.NoError(t, check(c), name)
		c.at.Advance(1)
		require.ErrorContains(t, check(c), "element ", name)
	}
}

func TestVerifyComparesTheNoiseOfKernels(t *testing.T) {
	rep := &Report{Verified: []protocol.Verified{{Kernel: "avx2", Gaussian: "1"}, {Kernel: "generic", Gaussian: "1"}}}
	require.NoError(t, rep.sameNoise())
	rep.Verified[1].Gaussian = "2"
	require.ErrorContains(t, rep.sameNoise(), "generic (checksum 2)")
}

func TestRowsAndGroupsDivideEverySize(t *testing.T) {
	require.Equal(t, 64, divisor(4096, 64))
	require.Equal(t, 60, divisor(3000, 64))
	require.Equal(t, 1, divisor(4099, 64), "a prime")
	require.Equal(t, 7, divisor(7, 64))
	for _, op := range variants {
		buf := newBuffers(5*9*13, true)
		l, err := newLayer(0.1, 1)
		require.NoError(t, err)
		op.bind(l, buf)(1)
		op.unfused(l, buf)(1)
	}
}

// TestStepsAreTheVariant: what is timed against a variant computes the same.
func TestStepsAreTheVariant(t *testing.T) {
	l, err := newLayer(0.1, 1)
	require.NoError(t, err)
	for _, n := range []int{4096, 3000} {
		for _, op := range variants {
			if op.name == "Gaussian.Forward" || op.name == "Gaussian.BackwardAt" {
				continue // other variates
			}
			fused, steps := newBuffers(n, true), newBuffers(n, true)
			op.bind(l, fused)(7)
			op.unfused(l, steps)(7)
			require.InDeltaSlice(t, fused.dst, steps.dst, 1e-3, op.name)
			require.InDeltaSlice(t, fused.row, steps.row, 1e-3, op.name)
		}
	}
}

// TestEveryMethodIsTimed: all that reads or writes a tensor or a mask.
func TestEveryMethodIsTimed(t *testing.T) {
	others := []string{"P", "Scale", "Workers"}
	for prefix, v := range map[string]any{"": dropout.Dropout{}, "Alpha.": dropout.Alpha{}, "Gaussian.": dropout.Gaussian{}} {
		for i := range reflect.TypeOf(v).NumMethod() {
			if name := reflect.TypeOf(v).Method(i).Name; !slices.Contains(others, name) {
				_, err := parseOp(prefix + name)
				require.NoError(t, err)
			}
		}
	}
}

func TestLongVariantsAreTimedOnRequest(t *testing.T) {
	count := func(args ...string) int {
		n := 0
		for _, c := range cells(tiny(t, args...).job, "generic") {
			if c.n == 4<<20 && isVariant(c.op.name) {
				n++
			}
		}
		return n
	}
	require.Equal(t, 3, count("-sizes", "4M"), "those with a target")
	require.Equal(t, 2, count("-sizes", "4M", "-ops", "BackwardBias"), "and its steps")
}

func TestVerifyCoversEverySize(t *testing.T) {
	job := tiny(t, "-sizes", "4K,2M").job
	sizes := map[int]int{}
	for _, v := range verifications(job) {
		sizes[v.n]++
	}
	require.Equal(t, 2, sizes[4<<10+oddTail])
	require.Equal(t, 1, sizes[2<<20+oddTail], "the largest takes long")
	require.Equal(t, len(verifications(job)), verifySteps(job))
}

func TestJudge(t *testing.T) {
	measured := func(op, kernel string, n int, q1, median float64) protocol.Measurement {
		return protocol.Measurement{Impl: kernel, Op: op, N: n, P: 0.1, Workers: 1, Ratio: protocol.Quartiles{Q1: q1, Median: median, Q3: median + 1}}
	}
	small := measured("Forward", "avx2", smallCall, 0, 0)
	small.NS, small.Allocs = protocol.Quartiles{Q1: 30, Median: 35, Q3: 36}, 1
	rep := &Report{Here: []string{"avx2", "generic"}, Kernels: []string{"avx2", "generic"}, Measurements: []protocol.Measurement{
		measured("Forward", "avx2", 4<<10, 3.0, 3.5),
		measured("Forward", "avx2", 64<<10, 2.9, 3.1),
		measured("Forward", "avx2", 1<<20, 1.9, 2.0),
		measured("BackwardAt", "avx2", 4<<10, 3.4, 3.4),
		measured("ForwardResidual", "avx2", 4<<10, 4.9, 5.0),
		measured("Forward", "generic", 4<<10, 19, 20),
		measured("ForwardReLU", "generic", 4<<10, 24.9, 25),
		small,
	}}
	outcomes := map[string]string{}
	limits := map[string]float64{}
	for _, v := range judge(rep) {
		key := v.op + " " + v.kernel + " " + sizeName(v.n)
		outcomes[key], limits[key] = v.outcome(), v.limit
	}
	require.Equal(t, map[string]string{
		"Forward avx2 4K":         "met",
		"Forward avx2 64K":        "within the spread",
		"Forward avx2 1M":         "missed",
		"BackwardAt avx2 4K":      "met",
		"ForwardResidual avx2 4K": "met",
		"Forward generic 4K":      "missed",
		"ForwardReLU generic 4K":  "missed",
		"Forward avx2 64":         "missed: 1 allocations",
	}, outcomes)
	require.Equal(t, 3.8, limits["Forward avx2 4K"])
	require.Equal(t, 3.5, limits["BackwardAt avx2 4K"])
	require.InDelta(t, 1.15*3.5+1, limits["ForwardResidual avx2 4K"], 1e-9)

	lines := notJudged(rep)
	require.Len(t, lines, 2)
	require.Contains(t, lines[0], "avx512: no such kernel here, not judged: Forward p = 0.1 (1.80, 1.50, 1.10, 0.900); ")
	require.Contains(t, lines[1], "avx2 Backward p = 0.1 (1.15, 1.10, 1.05, 1.00)")
	require.Contains(t, lines[1], "generic BackwardAt p = 0.1 (1 × Forward)")
	require.NotContains(t, lines[1], "avx2 BackwardAt")
}

func TestPeersAreHeldAgainstTheCopyInGo(t *testing.T) {
	rep := &Report{Measurements: []protocol.Measurement{
		{Impl: "generic", Group: "kernel", Op: "Forward", N: 100, Copy: protocol.Quartiles{Q1: 10, Median: 10, Q3: 10}},
		{Impl: "numpy", Group: "peer", Op: "Forward", N: 100, NS: protocol.Quartiles{Q1: 90, Median: 100, Q3: 110}, Copy: protocol.Quartiles{Median: 50}, Ratio: protocol.Quartiles{Median: 2}},
	}}
	require.Equal(t, protocol.Quartiles{Q1: 9, Median: 10, Q3: 11}, rep.ratio(&rep.Measurements[1]))
}

func TestTargetsAreOfKnownOperations(t *testing.T) {
	for _, target := range targets {
		_, err := parseOp(target.op)
		require.NoError(t, err)
		if target.kernel != "" {
			require.Contains(t, kernelNames, target.kernel)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int{"64": 64, "4K": 4096, "64k": 65536, "1M": 1 << 20, "3000": 3000} {
		n, err := parseSize(text)
		require.NoError(t, err)
		require.Equal(t, want, n)
		require.Equal(t, strings.ToUpper(text), sizeName(n))
	}
	for _, bad := range []string{"", "0", "-1", "K", "1G", "99999M"} {
		_, err := parseSize(bad)
		require.Error(t, err, bad)
	}
}

func TestSettingsRefuse(t *testing.T) {
	for _, args := range [][]string{{"-p", "1.5"}, {"-p", "x"}, {"-sizes", ""}, {"-ops", "Sideways"}, {"-kernels", "avx3"}, {"-never"}, {"extra"}} {
		_, err := parseSettings(args)
		require.Error(t, err, args)
	}
}

// TestOutputIsTriedFirst: what can't be written is known before hours of measuring.
func TestOutputIsTriedFirst(t *testing.T) {
	dir := t.TempDir()
	readme := filepath.Join(dir, "README.md")
	require.NoError(t, os.WriteFile(readme, []byte("no markers\n"), 0o666))
	for _, args := range [][]string{{"-json", filepath.Join(dir, "none", "r.json")}, {"-csv", filepath.Join(readme, "r.csv")},
		{"-o", readme}, {"-readme", readme}, {"-readme", filepath.Join(dir, "none")}} {
		require.Error(t, tiny(t, args...).canWrite(), args)
	}
	require.NoError(t, tiny(t, "-json", "-", "-md", filepath.Join(dir, "r.md"), "-o", filepath.Join(dir, "new", "charts")).canWrite())
	require.DirExists(t, filepath.Join(dir, "new", "charts"))
}

func TestUnknownCompetitorsAreReported(t *testing.T) {
	rep, err := newReport(context.Background(), tiny(t, "-sizes", "256", "-kernels", "generic", "-ops", "forward", "-draws", "0", "-competitors", "loop-pcg,loop-pgc"))
	require.NoError(t, err)
	require.Len(t, rep.Missing, 1)
	require.Equal(t, "loop-pgc", rep.Missing[0].Name)
}

func TestQuickKeepsWhatIsGiven(t *testing.T) {
	s, err := parseSettings([]string{"-quick", "-p", "0.3"})
	require.NoError(t, err)
	require.Equal(t, []float64{0.3}, s.job.Ps)
	require.Less(t, s.job.Plan.Budget, 100*time.Millisecond)
}

func TestSpreadOut(t *testing.T) {
	values := []float64{1, 1.01, 1.02, 5}
	spreadOut(values, 0.5)
	for i := 1; i < len(values); i++ {
		require.GreaterOrEqual(t, values[i]-values[i-1], 0.49)
	}
	require.InDelta(t, 1.01, values[1], 0.1, "in the middle of where they were")
}

func TestDigits(t *testing.T) {
	for want, x := range map[string]float64{"0.0312": 0.03123, "1.05": 1.0512, "23.4": 23.42, "1234": 1234.5, "0.999": 0.9994} {
		require.Equal(t, want, digits(x))
	}
}

func TestPeersAreFound(t *testing.T) {
	peers, err := findPeers("peers")
	require.NoError(t, err)
	var names []string
	for _, p := range peers {
		names = append(names, p.name)
	}
	require.Equal(t, []string{"golibs", "jax_peer.py", "numpy_peer.py", "onnxruntime_peer.py", "tensorflow_peer.py", "torch_peer.py"}, names)
}
