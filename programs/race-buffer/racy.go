package main

import "sync"

var n int

func main() {
	var wg sync.WaitGroup
	lock := make(chan int, 2)
	wg.Add(2)
	for range 2 {
		go func() {
			lock <- 0
			n++
			<-lock
			wg.Done()
		}()
	}
	wg.Wait()
	println(n)
}
