package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/xml"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fusedrop/dropout/examples/internal/dataset"
)

func TestBadFlags(t *testing.T) {
	dir := t.TempDir()
	for args, want := range map[string]string{
		"-p 1":                    "-p: 1, want 0 <= p < 1",
		"-p NaN":                  "-p: NaN, want 0 <= p < 1",
		"-input-p -0.1":           "-input-p: -0.1, want 0 <= p < 1",
		"-p x":                    `invalid value "x" for flag -p`,
		"-hidden 10,,20":          `-hidden: "" is not a number of units`,
		"-hidden 10,0":            `-hidden: "0" is not a number of units`,
		"-hidden 1e3":             `-hidden: "1e3" is not a number of units`,
		"-train 0":                "-train: 0, want 1 to",
		"-epochs 0":               "-epochs: 0, want 1 to",
		"-seeds 0":                "-seeds: 0, want 1 to",
		"-batch -1":               "-batch: -1, want 1 to",
		"-workers 0":              "-workers: 0, want 1 to",
		"-rate -1":                "-rate: -1, want a positive number",
		"-rate NaN":               "-rate: NaN, want a positive number",
		"-o curves.pdf":           `-o: "curves.pdf", want a name that ends in .svg or .png`,
		"-o " + dir + "/no/c.svg": "there is no directory",
		"-resume":                 "-resume: -checkpoint must name the file",
		"train":                   `argument "train": there are only flags`,
		"-frobnicate":             "flag provided but not defined: -frobnicate",
	} {
		t.Run(args, func(t *testing.T) {
			_, err := parseSettings(strings.Fields(args))
			require.ErrorContains(t, err, want)
		})
	}
}

func TestFlags(t *testing.T) {
	s, err := parseSettings(strings.Fields("-hidden 1024,1024,2048 -p 0.3 -seed 18446744073709551615 -mnist data -train 0"))
	require.NoError(t, err)
	require.Equal(t, []int{1024, 1024, 2048}, s.Hidden)
	require.Equal(t, 0.3, s.P)
	require.Equal(t, uint64(math.MaxUint64), s.Seed)
	require.Zero(t, s.Train)
}

// tiny is an experiment of a second.
func tiny(t *testing.T) settings {
	t.Helper()
	s, err := parseSettings([]string{
		"-train", "60", "-test", "100", "-hidden", "24,16", "-epochs", "6", "-batch", "20", "-seeds", "2",
		"-o", filepath.Join(t.TempDir(), "curves.svg"),
	})
	require.NoError(t, err)
	return s
}

// A checkpoint at any time gives the bits of an uninterrupted run.
func TestInterruptAndResume(t *testing.T) {
	s := tiny(t)
	data, err := load(s)
	require.NoError(t, err)
	whole := newExperiment(s, data)
	require.NoError(t, whole.run(context.Background()))

	s.checkpoint = filepath.Join(t.TempDir(), "state")
	interrupted := newExperiment(s, data)
	require.NoError(t, interrupted.attach())
	interrupted.saved.every = 0
	for i := range 3 { // the third course stays in the middle
		ctx, stop := context.WithCancel(context.Background())
		trainer, err := interrupted.trainer(interrupted.courses[i])
		require.NoError(t, err)
		if i == 2 {
			for range 4 {
				trainer.Train(data.train[0])
			}
			curve := whole.courses[i].Curve[:4]
			require.NoError(t, interrupted.advance(&interrupted.courses[i], trainer, curve))
		} else {
			require.NoError(t, interrupted.train(ctx, &interrupted.courses[i]))
		}
		stop()
	}

	_, err = os.Stat(s.checkpoint)
	require.NoError(t, err)
	require.ErrorContains(t, newExperiment(s, data).attach(), "exists: go on from it with -resume")

	s.resume = true
	resumed := newExperiment(s, data)
	require.NoError(t, resumed.attach())
	_, done, err := resumed.epochs()
	require.NoError(t, err)
	require.Equal(t, 6+6+4, done)
	require.NoError(t, resumed.run(context.Background()))
	require.Equal(t, whole.courses, resumed.courses)
}

func TestCancelled(t *testing.T) {
	s := tiny(t)
	s.checkpoint = filepath.Join(t.TempDir(), "state")
	data, err := load(s)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	stop()
	require.EqualError(t, newExperiment(s, data).compare(ctx), "interrupted: go on with -checkpoint "+s.checkpoint+" -resume")
	s.resume = true
	require.NoError(t, newExperiment(s, data).compare(context.Background()))
}

func TestBadCheckpoints(t *testing.T) {
	s := tiny(t)
	s.checkpoint = filepath.Join(t.TempDir(), "state")
	data, err := load(s)
	require.NoError(t, err)
	e := newExperiment(s, data)
	require.NoError(t, e.attach())
	require.NoError(t, e.train(context.Background(), &e.courses[0]))
	require.NoError(t, e.saved.write(e))
	good, err := os.ReadFile(s.checkpoint)
	require.NoError(t, err)

	s.resume = true
	damaged := bytes.Clone(good)
	damaged[len(damaged)/2] ^= 1
	for name, bits := range map[string][]byte{
		"empty": nil, "truncated": good[:len(good)-1], "damaged": damaged, "something else": []byte("hello, world"),
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(s.checkpoint, bits, 0o666))
			require.ErrorContains(t, newExperiment(s, data).attach(), "not a checkpoint, or a damaged one")
		})
	}
	require.NoError(t, os.WriteFile(s.checkpoint, good, 0o666))
	other := s
	other.P = 0.4
	require.ErrorContains(t, newExperiment(other, data).attach(), "made with other settings")
	s.workers++ // which change nothing
	require.NoError(t, newExperiment(s, data).attach())
	s.checkpoint += ".missing"
	require.ErrorContains(t, newExperiment(s, data).attach(), "no such file")
}

// The whole program, on a small scale.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("trains and times larger layers")
	}
	s := tiny(t)
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), s, &out))
	for _, want := range []string{
		"60 digits rendered from the Go fonts of 20×20 pixels to train on, 100 to test on",
		"400-24-16-10 units", "paired difference to no dropout", "Gaussian dropout", "Monte-Carlo dropout",
		"usual loop, math/rand/v2", "the same, bit for bit",
	} {
		require.Contains(t, out.String(), want)
	}
	file, err := os.Open(s.curves)
	require.NoError(t, err)
	defer file.Close()
	for d := xml.NewDecoder(file); err == nil; _, err = d.Token() {
	}
	require.ErrorIs(t, err, io.EOF, "the SVG is well-formed")
}

func TestCurvesPNG(t *testing.T) {
	s := tiny(t)
	s.Seeds = 1
	s.curves = filepath.Join(t.TempDir(), "curves.png")
	data, err := load(s)
	require.NoError(t, err)
	e := newExperiment(s, data)
	require.NoError(t, e.run(context.Background()))
	require.NoError(t, writeCurves(e, s.curves))
	file, err := os.Open(s.curves)
	require.NoError(t, err)
	defer file.Close()
	picture, err := png.Decode(file)
	require.NoError(t, err)
	require.Equal(t, 8*144, picture.Bounds().Dx())
}

// The same seed, the same images for all methods; other seeds, others.
func TestPaired(t *testing.T) {
	s := tiny(t)
	data, err := load(s)
	require.NoError(t, err)
	require.Len(t, data.train, 2)
	require.NotEqual(t, data.train[0].Images, data.train[1].Images)
	e := newExperiment(s, data)
	for seed := range s.Seeds {
		var sums []uint64
		for m := range methods {
			trainer, err := e.trainer(course{Method: m, Seed: seed})
			require.NoError(t, err)
			sums = append(sums, trainer.Net.Sum())
		}
		require.Equal(t, sums[0], sums[1])
		require.Equal(t, sums[0], sums[2])
	}
	s.search = true
	validation, err := load(s)
	require.NoError(t, err)
	require.NotEqual(t, data.test.Images, validation.test.Images)
}

// writeMNIST writes n training images of one pixel, of which image i has the value
// and the label i%10, and four test images.
func writeMNIST(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	for part, n := range map[string]int{"train": n, "t10k": 4} {
		images := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 3}, uint32(n))
		images = append(images, 0, 0, 0, 1, 0, 0, 0, 1)
		labels := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 1}, uint32(n))
		for i := range n {
			images, labels = append(images, byte(i%10)), append(labels, byte(i%10))
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, part+"-images-idx3-ubyte"), images, 0o666))
		require.NoError(t, os.WriteFile(filepath.Join(dir, part+"-labels-idx1-ubyte"), labels, 0o666))
	}
	return dir
}

func TestMNIST(t *testing.T) {
	s := tiny(t)
	s.MNIST, s.Train, s.Test = writeMNIST(t, 120), 50, 3
	data, err := load(s)
	require.NoError(t, err)
	require.Equal(t, 3, data.test.Len())
	require.Len(t, data.train, s.Seeds)
	for _, train := range data.train {
		require.Equal(t, 50, train.Len())
		for i, label := range train.Labels {
			require.Equal(t, float32(label)/255, train.Images[i], "labels stay with their images")
		}
	}
	require.NotEqual(t, data.train[0].Labels, data.train[1].Labels)

	s.Train, s.Test = 0, 0
	data, err = load(s)
	require.NoError(t, err)
	require.Equal(t, 120, data.train[0].Len())
	require.Equal(t, 4, data.test.Len())
	s.search = true
	data, err = load(s)
	require.NoError(t, err)
	require.Equal(t, 100, data.train[0].Len())
	require.Equal(t, 20, data.test.Len(), "the last of the training images")

	s.search, s.Train = false, 121
	_, err = load(s)
	require.ErrorContains(t, err, "-train: 121, but there are 120 images")
	s.MNIST = t.TempDir()
	_, err = load(s)
	require.ErrorContains(t, err, "has neither train-images-idx3-ubyte")
}

// Student's t for 4 degrees of freedom is 2.776 at 97.5 %.
func TestInterval(t *testing.T) {
	i := newInterval([]float64{1, 2, 3, 4, 5})
	require.InDelta(t, 3, i.mean, 1e-12)
	require.InDelta(t, 2.776445*math.Sqrt(2.5/5), i.half, 1e-5)
	require.True(t, i.excludesZero())
	require.False(t, newInterval([]float64{-1, 2, -1, 0.5}).excludesZero())
	one := newInterval([]float64{0.25})
	require.False(t, one.excludesZero(), "one seed shows nothing")
	require.Equal(t, "25.00", one.percent(""))
}

func TestMeasureUncertainty(t *testing.T) {
	images := dataset.Set{Width: 1, Height: 1}.Make(20)
	probs := make([][]float64, 20)
	for i := range probs {
		probs[i] = make([]float64, dataset.Classes)
		probs[i][0] = 1 // certain and right
	}
	probs[7] = []float64{0.4, 0.6, 0, 0, 0, 0, 0, 0, 0, 0} // uncertain and wrong
	probs[9] = []float64{0.6, 0.4, 0, 0, 0, 0, 0, 0, 0, 0} // uncertain and right
	probs[3] = []float64{0, 1, 0, 0, 0, 0, 0, 0, 0, 0}     // certain and wrong
	u := measureUncertainty(probs, images)
	require.InDelta(t, 2.0/20, u.all, 1e-12)
	require.InDelta(t, 1.0/2, u.uncertain, 1e-12)
	require.InDelta(t, 1.0/18, u.others, 1e-12)
	require.InDelta(t, (18+2*0.6)/20, u.confidence, 1e-12)
	require.InDelta(t, 0.673/18, u.entropyRight, 1e-3)
	require.InDelta(t, 0.673/2, u.entropyWrong, 1e-3)
}

func TestSearch(t *testing.T) {
	s := tiny(t)
	s.search, s.Epochs = true, 1
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), s, &out))
	require.Equal(t, 1+len(methods)*len(searchRates), strings.Count(out.String(), "\n"))
}

func TestSaverWaits(t *testing.T) {
	s := tiny(t)
	s.checkpoint = filepath.Join(t.TempDir(), "state")
	e := newExperiment(s, images{})
	require.NoError(t, e.attach())
	e.saved.every = time.Hour
	require.NoError(t, e.saved.update(e, func() {}))
	require.NoFileExists(t, s.checkpoint)
	e.saved.every = 0
	require.NoError(t, e.saved.update(e, func() {}))
	require.FileExists(t, s.checkpoint)
}
