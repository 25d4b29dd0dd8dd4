package main

import "sync"

var hits int

func main() {
	var wg sync.WaitGroup
	var rw sync.RWMutex
	wg.Add(2)
	for range 2 {
		go func() {
			rw.Lock()
			hits++
			rw.Unlock()
			wg.Done()
		}()
	}
	wg.Wait()
	println(hits)
}
