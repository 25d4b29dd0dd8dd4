// Command blocked has many goroutines wait for a channel, and then wakes them all: as many as its argument says.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
)

// allWait is where a debugger finds them all waiting.
//
//go:noinline
func allWait() {}

func main() {
	count := 100
	if len(os.Args) > 1 {
		count, _ = strconv.Atoi(os.Args[1])
	}
	start := make(chan bool)
	var ready, done sync.WaitGroup
	var mutex sync.Mutex
	sum := 0
	for i := 0; i < count; i++ {
		ready.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			ready.Done()
			<-start
			mutex.Lock()
			sum += i
			mutex.Unlock()
		}()
	}
	ready.Wait()
	allWait()
	close(start)
	done.Wait()
	fmt.Println(sum == count*(count-1)/2)
}
