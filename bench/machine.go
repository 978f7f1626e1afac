package main

import (
	"context"
	"os/exec"
	"runtime"
	"slices"
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

type cache struct {
	name  string
	bytes int
}

// caches returns those whose size is known, the nearest to the core first.
func (m Machine) caches() []cache {
	all := []cache{{"L1", m.L1}, {"L2", m.L2}, {"L3", m.L3}}
	return slices.DeleteFunc(all, func(c cache) bool { return c.bytes == 0 })
}

// commit returns the commit of the working tree, "" where there is none.
func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
