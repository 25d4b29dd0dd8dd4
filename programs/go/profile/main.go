// Command profile turns the CPU profiler (SIGPROF) on and off around work, takes a heap profile and a trace of stacks.
package main

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
)

//go:noinline
func work(n int) uint64 {
	x := uint64(n)
	for i := 0; i < 200000; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

func main() {
	var cpu bytes.Buffer
	if err := pprof.StartCPUProfile(&cpu); err != nil {
		fmt.Println(err)
		return
	}
	sum := uint64(0)
	for i := 1; i <= 120; i++ {
		sum += work(i)
	}
	pprof.StopCPUProfile()
	fmt.Println(sum, cpu.Len() > 0)

	var heap bytes.Buffer
	err := pprof.WriteHeapProfile(&heap)
	fmt.Println(err, heap.Len() > 0)

	var stacks bytes.Buffer
	err = pprof.Lookup("goroutine").WriteTo(&stacks, 2)
	fmt.Println(err, strings.Contains(stacks.String(), "main.main"))

	pcs := make([]uintptr, 10)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	f, _ := frames.Next()
	_, _, line, ok := runtime.Caller(0)
	fmt.Println(f.Function, line > 0, ok)
}
