// Command race-inside leaves something of each kind behind in the race detector, without a race, and then calls looked, where one can stop.
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

type pair struct{ a, b int32 }

var (
	word   int64
	bytes  [8]byte
	both   pair
	count  int64
	shared int64
	mutex  sync.Mutex
)

// looked is where the debugger stops: what was done before is all there, and the two goroutines still live.
//
//go:noinline
func looked(words ...interface{}) int { return len(words) }

//go:noinline
func first(done chan<- bool, hold <-chan bool) {
	word = 1
	bytes[3]++
	both = pair{1, 2}
	atomic.AddInt64(&count, 1)
	mutex.Lock()
	shared++
	mutex.Unlock()
	done <- true
	<-hold
}

//go:noinline
func second(done chan<- bool, hold <-chan bool) {
	bytes[5] = byte(word)
	atomic.LoadInt64(&count)
	mutex.Lock()
	shared++
	mutex.Unlock()
	done <- true
	<-hold
}

func main() {
	done, hold := make(chan bool), make(chan bool)
	go first(done, hold)
	<-done
	go second(done, hold)
	<-done
	bytes[0] = 7
	if both.a == 1 {
		shared++
	}
	fmt.Println(looked(&word, &bytes, &both, &count, &shared, &mutex), word, shared)
	close(hold)
}
