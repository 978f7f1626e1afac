package main

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// saver writes an experiment to a file while it runs.
type saver struct {
	file  string
	every time.Duration
	mu    sync.Mutex // over the courses as well
	last  time.Time
}

// saved is what the file has: a gob of this, and the CRC-32 of that.
type saved struct {
	Settings string
	Courses  []course
}

// update changes the experiment, and saves it if the last time is long ago.
func (s *saver) update(e *experiment, change func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	if time.Since(s.last) < s.every {
		return nil
	}
	return s.write(e)
}

// write saves e. The file is replaced at once, so that there is always a whole one.
func (s *saver) write(e *experiment) error {
	id, err := identity(e.settings)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(saved{id, e.courses}); err != nil {
		return err
	}
	data := binary.BigEndian.AppendUint32(b.Bytes(), crc32.ChecksumIEEE(b.Bytes()))
	temp, err := os.CreateTemp(filepath.Dir(s.file), filepath.Base(s.file)+".*")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), s.file)
	}
	if err != nil {
		os.Remove(temp.Name())
		return err
	}
	s.last = time.Now()
	return nil
}

// attach makes e be saved to its checkpoint file, and with -resume go on from what
// is there.
func (e *experiment) attach() error {
	s := e.settings
	if s.checkpoint == "" {
		return nil
	}
	data, err := os.ReadFile(s.checkpoint)
	switch {
	case err == nil && !s.resume:
		return fmt.Errorf("-checkpoint: %s exists: go on from it with -resume, or delete it", s.checkpoint)
	case errors.Is(err, fs.ErrNotExist) && !s.resume:
	case err != nil:
		return fmt.Errorf("-checkpoint: %w", err)
	default:
		if err := e.restore(data); err != nil {
			return fmt.Errorf("-checkpoint: %s: %w", s.checkpoint, err)
		}
	}
	e.saved = &saver{file: s.checkpoint, every: 3 * time.Second, last: time.Now()}
	return nil
}

func (e *experiment) restore(data []byte) error {
	if len(data) < 4 || crc32.ChecksumIEEE(data[:len(data)-4]) != binary.BigEndian.Uint32(data[len(data)-4:]) {
		return errors.New("not a checkpoint, or a damaged one")
	}
	var from saved
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&from); err != nil {
		return err
	}
	id, err := identity(e.settings)
	if err != nil {
		return err
	}
	if from.Settings != id {
		return fmt.Errorf("made with other settings, %s, not %s", from.Settings, id)
	}
	if len(from.Courses) != len(e.courses) {
		return fmt.Errorf("has %d trainings, want %d", len(from.Courses), len(e.courses))
	}
	copy(e.courses, from.Courses)
	return nil
}

// identity returns the settings that determine the results.
func identity(s settings) (string, error) {
	id, err := json.Marshal(s)
	return string(id), err
}
