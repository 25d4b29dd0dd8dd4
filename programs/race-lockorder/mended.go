package main

import (
	"sync"
)

var x int

func main() {
	var wg sync.WaitGroup
	var mu sync.Mutex
	wg.Add(2)
	go func() {
		mu.Lock()
		x++
		mu.Unlock()
		wg.Done()
	}()
	go func() {
		mu.Lock()
		x++
		mu.Unlock()
		wg.Done()
	}()
	wg.Wait()
	println(x)
}
