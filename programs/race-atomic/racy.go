package main

import (
	"sync"
	"sync/atomic"
)

var n int64

//go:noinline
func count() {
	atomic.AddInt64(&n, 1)
}

func main() {
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		count()
		wg.Done()
	}()
	go func() {
		n++
		wg.Done()
	}()
	wg.Wait()
	println(n)
}
