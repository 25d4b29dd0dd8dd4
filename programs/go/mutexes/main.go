// Command mutexes protects counters with Mutex, RWMutex and Cond.
package main

import (
	"fmt"
	"sync"
	"time"
)

type account struct {
	sync.Mutex
	balance int
}

type cache struct {
	mu   sync.RWMutex
	data map[int]int
}

func (c *cache) get(k int) (int, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, ok := c.data[k]
	return v, ok
}

func (c *cache) put(k, v int) {
	c.mu.Lock()
	c.data[k] = v
	c.mu.Unlock()
}

func main() {
	var a account
	var wg sync.WaitGroup
	for i := 0; i < 20; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < 200; j++ {
				a.Lock()
				a.balance++
				a.Unlock()
			}
		}()
	}
	wg.Wait()
	fmt.Println("balance", a.balance)

	c := cache{data: map[int]int{}}
	for i := 0; i < 8; i++ {
		wg.Add(2)
		go func(i int) {
			defer wg.Done()
			for j := 0; j < 50; j++ {
				c.put(i*50+j, j)
			}
		}(i)
		go func(i int) {
			defer wg.Done()
			for j := 0; j < 50; j++ {
				c.get(i*50 + j)
			}
		}(i)
	}
	wg.Wait()
	fmt.Println("cached", len(c.data))

	// A queue of one slot with a condition variable.
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	slot, filled, sum := 0, false, 0
	wg.Add(2)
	go func() {
		defer wg.Done()
		for i := 1; i <= 100; i++ {
			mu.Lock()
			for filled {
				cond.Wait()
			}
			slot, filled = i, true
			cond.Broadcast()
			mu.Unlock()
		}
	}()
	go func() {
		defer wg.Done()
		for i := 1; i <= 100; i++ {
			mu.Lock()
			for !filled {
				cond.Wait()
			}
			sum += slot
			filled = false
			cond.Broadcast()
			mu.Unlock()
		}
	}()
	wg.Wait()
	fmt.Println("queue", sum)

	// Held across a sleep: the others must block in the kernel, or park.
	mu.Lock()
	wg.Add(1)
	go func() {
		defer wg.Done()
		mu.Lock()
		fmt.Println("second")
		mu.Unlock()
	}()
	time.Sleep(5 * time.Millisecond)
	fmt.Println("first")
	mu.Unlock()
	wg.Wait()
	fmt.Println("try", mu.TryLock(), mu.TryLock())
}
