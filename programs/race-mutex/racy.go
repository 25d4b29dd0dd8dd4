package main

import "sync"

var balance int

func main() {
	var wg sync.WaitGroup
	var mu sync.Mutex
	wg.Add(2)
	go func() {
		mu.Lock()
		balance += 10
		mu.Unlock()
		wg.Done()
	}()
	go func() {
		balance += 20
		wg.Done()
	}()
	wg.Wait()
	println(balance)
}
