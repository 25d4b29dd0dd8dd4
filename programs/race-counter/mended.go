package main

import "sync"

var counter int

func main() {
	var wg sync.WaitGroup
	var mu sync.Mutex
	wg.Add(2)
	for range 2 {
		go func() {
			for range 100 {
				mu.Lock()
				counter++
				mu.Unlock()
			}
			wg.Done()
		}()
	}
	wg.Wait()
	println(counter)
}
