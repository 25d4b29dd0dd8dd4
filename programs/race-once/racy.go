package main

import "sync"

var (
	done bool
	x    int
)

//go:noinline
func setup() {
	x = 42
}

func main() {
	var wg sync.WaitGroup
	wg.Add(2)
	for range 2 {
		go func() {
			if !done {
				done = true
				setup()
			}
			println(x)
			wg.Done()
		}()
	}
	wg.Wait()
}
