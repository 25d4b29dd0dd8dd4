package main

import (
	"sync"
	"time"
)

var x int

func main() {
	var wg sync.WaitGroup
	var mu sync.Mutex
	wg.Add(2)
	go func() {
		x++
		mu.Lock()
		mu.Unlock()
		wg.Done()
	}()
	go func() {
		time.Sleep(10 * time.Millisecond)
		mu.Lock()
		x++
		mu.Unlock()
		wg.Done()
	}()
	wg.Wait()
	println(x)
}
