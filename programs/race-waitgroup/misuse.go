package main

import (
	"sync"
	"time"
)

var x int

func main() {
	var wg sync.WaitGroup
	go func() {
		wg.Add(1)
		time.Sleep(50 * time.Millisecond)
		x = 42
		wg.Done()
	}()
	time.Sleep(10 * time.Millisecond)
	wg.Wait()
	println(x)
}
