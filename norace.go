//go:build !race

package dropout

func raceRead[T float32 | uint64](x []T)  {}
func raceWrite[T float32 | uint64](x []T) {}
