// Command race-free shares memory under every kind of synchronisation; the race detector must say nothing.
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var wg sync.WaitGroup
	var mu sync.Mutex
	shared := map[int]int{}
	for i := 0; i < 8; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			mu.Lock()
			shared[i] = i * i
			mu.Unlock()
		}(i)
	}
	wg.Wait()
	fmt.Println(shared)

	data := 0
	ready := make(chan struct{})
	go func() { data = 42; close(ready) }()
	<-ready
	fmt.Println(data)

	handed := make(chan *[]int)
	go func() { s := []int{1, 2, 3}; handed <- &s }()
	s := <-handed
	(*s)[0] = 9
	fmt.Println(*s)

	var flag int32
	go func() { data++; atomic.StoreInt32(&flag, 1) }()
	for atomic.LoadInt32(&flag) == 0 {
	}
	fmt.Println(data)

	var once sync.Once
	value := ""
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() { defer wg.Done(); once.Do(func() { value = "once" }); _ = len(value) }()
	}
	wg.Wait()
	fmt.Println(value)
	limit := make(chan struct{}, 1)
	total := 0
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func(i int) { defer wg.Done(); limit <- struct{}{}; total += i; <-limit }(i)
	}
	wg.Wait()
	fmt.Println(total)
}
