//go:build race

package dropout

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// raceCases are two calls at once that share one operand: what is shared, and
// whether one of them writes it.
var raceCases = []struct {
	shared string
	keep   func(mine, shared *operands) // makes mine share an operand
	racy   func(op *operation) bool
}{
	{"nothing", func(mine, shared *operands) {}, never},
	{"dst", func(mine, shared *operands) { mine.dst = shared.dst }, func(op *operation) bool { return op.name != "Draw" }},
	{"src", func(mine, shared *operands) { mine.src = shared.src }, never},
	{"src of one, dst of the other", func(mine, shared *operands) { mine.src = shared.dst }, func(op *operation) bool { return op.name != "Draw" }},
	{"mask", func(mine, shared *operands) { mine.mask = shared.mask }, func(op *operation) bool { return op.mask == writesMask }},
	{"rng", func(mine, shared *operands) { mine.rng = shared.rng }, func(op *operation) bool { return op.rng }},
	{"bias", func(mine, shared *operands) { mine.bias = shared.bias }, never},
	{"bias of one, dst of the other", func(mine, shared *operands) { mine.bias = shared.dst[:len(mine.bias)] }, isResidual},
	{"residual of one, dst of the other", func(mine, shared *operands) { mine.residual = shared.dst }, isResidual},
	{"dbias", func(mine, shared *operands) { mine.sums = shared.sums }, func(op *operation) bool { return op.name == "BackwardBias" }},
}

func never(*operation) bool { return false }

func isResidual(op *operation) bool { return op.name == "ForwardResidual" }

func raceOperands(workers int) *operands {
	const n = 2*shardLen + 64
	o := &operands{
		dst: make([]float32, n), src: make([]float32, n), residual: make([]float32, n),
		bias: make([]float32, 64), sums: make([]float32, 64),
		mask: NewMask(n), group: 2, rng: Derive(1),
	}
	o.setP(0.3, workers)
	return o
}

// TestRacyCalls makes two calls at once on every operation and each operand that
// they may share. Those that write what they share fail, by the race detector's
// report: TestRaceDetector runs it in a process of its own and looks.
func TestRacyCalls(t *testing.T) {
	if os.Getenv("DROPOUT_TEST_RACES") == "" {
		t.Skip("TestRaceDetector runs it")
	}
	for _, op := range operations {
		for _, c := range raceCases {
			t.Run(op.name+"/"+c.shared, func(t *testing.T) {
				mine, other := raceOperands(1), raceOperands(2)
				c.keep(mine, other)
				var wg sync.WaitGroup
				wg.Go(func() { op.call(mine) })
				wg.Go(func() { op.call(other) })
				wg.Wait()
			})
		}
	}
}

// TestRaceDetector sees that the race detector reports calls which share what one
// of them writes, and none of those which may share. That is about assembly: the
// generic kernel hides nothing from it.
func TestRaceDetector(t *testing.T) {
	for _, k := range kernels[:len(kernels)-1] {
		t.Run(k.name, func(t *testing.T) {
			child := exec.Command(os.Args[0], "-test.run=^TestRacyCalls$", "-test.v")
			child.Env = append(os.Environ(), "DROPOUT_TEST_RACES=1", "DROPOUT_KERNEL="+k.name,
				"GORACE=suppress_equal_stacks=0")
			out, err := child.CombinedOutput()
			require.Error(t, err, "the child must fail")
			require.Contains(t, string(out), "WARNING: DATA RACE")
			failed := map[string]bool{}
			for _, m := range regexp.MustCompile(`(?m)^ +--- (FAIL|PASS): TestRacyCalls/(\S+)`).FindAllStringSubmatch(string(out), -1) {
				failed[m[2]] = m[1] == "FAIL"
			}
			require.Len(t, failed, len(operations)*len(raceCases), "%s", out)
			for _, op := range operations {
				for _, c := range raceCases {
					name := op.name + "/" + strings.ReplaceAll(c.shared, " ", "_")
					require.Contains(t, failed, name)
					require.Equal(t, c.racy(op), failed[name], "race reported in %s", name)
				}
			}
		})
	}
}
