//go:build !unix

package dropout

import (
	"sync"
	"sync/atomic"
)

// disturb does nothing: goroutines are not preempted by signals here.
func disturb(*sync.WaitGroup, *atomic.Bool) {}
