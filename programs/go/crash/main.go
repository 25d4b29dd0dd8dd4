// Command crash starts one goroutine while a tracing context is set. What an instrumentation tool injects into runtime.newproc1 (tag
// injected, with the overlay that scripts/overlay.ts makes) copies that context on g0; under the race detector this is fatal.
package main

import (
	"fmt"

	"crash/trace"
)

func main() {
	setContext(trace.New("request"))
	c := make(chan int)
	go func() { c <- 42 }()
	fmt.Println(<-c)
}
