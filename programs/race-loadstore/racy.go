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
			v := atomic.LoadInt64(&n)
			runtime.Gosched()
			atomic.StoreInt64(&n, v+1)
			wg.Done()
		}()
	}
	wg.Wait()
	println(n)
}
