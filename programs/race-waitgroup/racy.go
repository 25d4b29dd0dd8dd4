package main

import (
	"sync"
	"time"
)

var x int

func main() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		wg.Done()
		x = 42
	}()
	wg.Wait()
	time.Sleep(10 * time.Millisecond)
	println(x)
}
