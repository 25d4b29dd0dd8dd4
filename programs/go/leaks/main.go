// Command leaks has a goroutine that nothing can wake, and has the runtime look for it where it can (Go 1.27).
package main

import (
	"fmt"
	"io"
	"runtime/pprof"
	"time"
)

//go:noinline
func leak() {
	c := make(chan int)
	go func() { <-c }()
}

//go:noinline
func stop() {}

// length has no use for the bytes of a string.
//
//go:noinline
func length(s string) int {
	stop()
	return len(s)
}

func main() {
	leak()
	time.Sleep(time.Millisecond)
	if profile := pprof.Lookup("goroutineleak"); profile != nil {
		if err := profile.WriteTo(io.Discard, 0); err != nil {
			panic(err)
		}
	}
	stop()
	fmt.Println(length("sixteen bytes .."))
}
