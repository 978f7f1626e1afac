package main

import (
	"context"
	"os/exec"
	"runtime"
	"strings"

	"github.com/klauspost/cpuid/v2"
)

// Machine is what a run was made on. Cache sizes are in bytes, 0 where unknown.
type Machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Go    string `json:"go"`
	L1    int    `json:"l1"`
	L2    int    `json:"l2"`
	L3    int    `json:"l3"`
}

func thisMachine() Machine {
	cache := cpuid.CPU.Cache
	return Machine{
		CPU:   cpuid.CPU.BrandName,
		Cores: runtime.NumCPU(),
		OS:    runtime.GOOS,
		Arch:  runtime.GOARCH,
		Go:    runtime.Version(),
		L1:    max(cache.L1D, 0),
		L2:    max(cache.L2, 0),
		L3:    max(cache.L3, 0),
	}
}

// caches returns the sizes that are known, by name.
func (m Machine) caches() map[string]int {
	known := map[string]int{"L1": m.L1, "L2": m.L2, "L3": m.L3}
	for name, size := range known {
		if size == 0 {
			delete(known, name)
		}
	}
	return known
}

// commit returns the commit of the working tree, "" where there is none.
func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
