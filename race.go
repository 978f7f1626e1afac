//go:build race

package dropout

import (
	"runtime"
	"unsafe"
)

// What the race detector would see if it saw what assembly reads and writes.

func raceRead[T float32 | uint64](x []T) {
	if len(x) != 0 {
		runtime.RaceReadRange(unsafe.Pointer(&x[0]), len(x)*int(unsafe.Sizeof(x[0])))
	}
}

func raceWrite[T float32 | uint64](x []T) {
	if len(x) != 0 {
		runtime.RaceWriteRange(unsafe.Pointer(&x[0]), len(x)*int(unsafe.Sizeof(x[0])))
	}
}
