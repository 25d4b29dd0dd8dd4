// Command crowd has thirty goroutines send to nobody while main waits for them, when it is told to wait. A timer that is still to come keeps Go from saying so.
package main

import (
	"os"
	"sync"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		return
	}
	nobody := make(chan int)
	time.AfterFunc(time.Hour, func() {})
	var wg sync.WaitGroup
	for i := 0; i < 30; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			nobody <- 1
		}()
	}
	wg.Wait()
}
