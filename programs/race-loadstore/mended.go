package main

import (
	"runtime"
	"sync"
	"sync/atomic"
)

var n int64

func main() {
	var wg sync.WaitGroup
	wg.Add(2)
	for range 2 {
		go func() {
			atomic.AddInt64(&n, 1)
			runtime.Gosched()
			wg.Done()
		}()
	}
	wg.Wait()
	println(n)
}
