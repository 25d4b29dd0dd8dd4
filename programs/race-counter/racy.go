package main

import "sync"

var counter int

func main() {
	var wg sync.WaitGroup
	wg.Add(2)
	for range 2 {
		go func() {
			for range 100 {
				counter++
			}
			wg.Done()
		}()
	}
	wg.Wait()
	println(counter)
}
