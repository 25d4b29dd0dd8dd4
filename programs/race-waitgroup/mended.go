package main

import "sync"

var x int

func main() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		x = 42
		wg.Done()
	}()
	wg.Wait()
	println(x)
}
