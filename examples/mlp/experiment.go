package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/fusedrop/dropout/examples/internal/nn"
)

// point is a point of a learning curve: error rates after so many epochs.
type point struct {
	Epoch       int
	Train, Test float64
}

// course is a network being trained, or trained, by one method with one seed.
type course struct {
	Method, Seed int // indices
	Curve        []point
	Trainer      []byte // its last checkpoint; empty before the first
}

// experiment is all methods with all seeds.
type experiment struct {
	settings settings
	data     images
	courses  []course
	progress *progress
	saved    *saver // nil where nothing is saved
}

// points is about how many points a curve has.
const points = 8

func newExperiment(s settings, data images) *experiment {
	e := &experiment{settings: s, data: data}
	for seed := range s.Seeds {
		for m := range methods {
			e.courses = append(e.courses, course{Method: m, Seed: seed})
		}
	}
	return e
}

// run trains all networks that are not trained yet, one per processor at a time.
// Where ctx ends, it returns after the epochs that are under way.
func (e *experiment) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				if err := e.train(ctx, &e.courses[i]); err != nil {
					stop(err)
				}
			}
		})
	}
	for i := range e.courses {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

// train trains the network of c to its end, from where it is.
func (e *experiment) train(ctx context.Context, c *course) error {
	t, err := e.trainer(*c)
	if err != nil {
		return err
	}
	images := e.data.train[c.Seed]
	every := (e.settings.Epochs + points - 1) / points
	curve := c.Curve
	for t.Epoch() < e.settings.Epochs && ctx.Err() == nil {
		t.Train(images)
		if t.Epoch()%every == 0 || t.Epoch() == e.settings.Epochs {
			curve = append(curve, point{t.Epoch(), nn.ErrorRate(t.Net, images), nn.ErrorRate(t.Net, e.data.test)})
		}
		if err := e.advance(c, t, curve); err != nil {
			return err
		}
		e.progress.step(fmt.Sprintf("%s, seed %d", methods[c.Method].name, e.settings.Seed+uint64(c.Seed)))
	}
	return nil
}

// trainer returns the trainer of c in the state that c has.
func (e *experiment) trainer(c course) (*nn.Trainer, error) {
	m := methods[c.Method]
	noise, err := m.noise(e.settings)
	if err != nil {
		return nil, err
	}
	t := nn.NewTrainer(m.plan(e.settings, e.settings.Seed+uint64(c.Seed), e.data.test.Pixels()), noise)
	if len(c.Trainer) > 0 {
		if err := t.UnmarshalBinary(c.Trainer); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// advance notes the state of c after an epoch: always where it is saved, and at
// the end, where its network is asked for.
func (e *experiment) advance(c *course, t *nn.Trainer, curve []point) error {
	if e.saved == nil && t.Epoch() < e.settings.Epochs {
		return nil
	}
	state, err := t.MarshalBinary()
	if err != nil {
		return err
	}
	if e.saved == nil {
		c.Trainer, c.Curve = state, curve
		return nil
	}
	return e.saved.update(e, func() { c.Trainer, c.Curve = state, curve })
}

// epochs returns how many epochs there are in all, and how many are done.
func (e *experiment) epochs() (all, done int, err error) {
	for _, c := range e.courses {
		t, err := e.trainer(c)
		if err != nil {
			return 0, 0, err
		}
		done += t.Epoch()
	}
	return len(e.courses) * e.settings.Epochs, done, nil
}

// curves returns the learning curves of a method, one for each seed.
func (e *experiment) curves(method int) [][]point {
	var curves [][]point
	for _, c := range e.courses {
		if c.Method == method {
			curves = append(curves, c.Curve)
		}
	}
	return curves
}

// finals returns the last test errors of a method, one for each seed.
func (e *experiment) finals(method int) []float64 {
	var errors []float64
	for _, curve := range e.curves(method) {
		errors = append(errors, curve[len(curve)-1].Test)
	}
	return errors
}

// network returns the network of a method and the first seed.
func (e *experiment) network(method int) (nn.Network, error) {
	for _, c := range e.courses {
		if c.Method == method && c.Seed == 0 {
			t, err := e.trainer(c)
			if err != nil {
				return nil, err
			}
			return t.Net, nil
		}
	}
	panic("no such method")
}
