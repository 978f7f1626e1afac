//go:build unix

package dropout

import (
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// disturb sends this process the signal that preempts goroutines, all the time.
func disturb(wg *sync.WaitGroup, stop *atomic.Bool) {
	wg.Go(func() {
		for !stop.Load() {
			syscall.Kill(syscall.Getpid(), syscall.SIGURG)
			time.Sleep(20 * time.Microsecond)
		}
	})
}
