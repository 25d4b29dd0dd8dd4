package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// droppedWake: who wakes does so only when somebody waits already, and who waits has looked before.
func droppedWake(mended bool) {
	var ready atomic.Bool
	wake := make(chan struct{})
	if mended {
		wake = make(chan struct{}, 1)
	}
	go func() {
		ready.Store(true)
		select {
		case wake <- struct{}{}:
		default:
		}
	}()
	if !ready.Load() {
		<-wake
	}
}

// waitOnce: a wait for a condition that is asked once, not again.
func waitOnce(mended bool) {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	var items []int
	var wg sync.WaitGroup
	take := func() {
		defer wg.Done()
		mu.Lock()
		defer mu.Unlock()
		for len(items) == 0 {
			cond.Wait()
			if !mended {
				break
			}
		}
		items = items[:len(items)-1]
	}
	wg.Add(2)
	go take()
	go take()
	for i := 0; i < 2; i++ {
		mu.Lock()
		items = append(items, i)
		mu.Unlock()
		cond.Broadcast()
	}
	wg.Wait()
}

// signalOne: two kinds wait at one condition, and one of them is woken, perhaps the wrong one.
func signalOne(mended bool) {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	var full, done bool
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		mu.Lock()
		for !done {
			cond.Wait()
		}
		mu.Unlock()
	}()
	go func() {
		defer wg.Done()
		mu.Lock()
		for !full {
			cond.Wait()
		}
		done = true
		mu.Unlock()
		cond.Broadcast()
	}()
	mu.Lock()
	full = true
	mu.Unlock()
	if mended {
		cond.Broadcast()
	} else {
		cond.Signal()
	}
	wg.Wait()
}

// twoLocks: each takes the two locks in its own order.
func twoLocks(mended bool) {
	var a, b sync.Mutex
	var wg sync.WaitGroup
	both := func(first, second *sync.Mutex) {
		defer wg.Done()
		first.Lock()
		second.Lock()
		second.Unlock()
		first.Unlock()
	}
	wg.Add(2)
	go both(&a, &b)
	if mended {
		go both(&a, &b)
	} else {
		go both(&b, &a)
	}
	wg.Wait()
}

// pairInCrowd: two lock each other out while main looks, again and again, whether they are done.
func pairInCrowd(mended bool) {
	var a, b sync.Mutex
	var done atomic.Int32
	both := func(first, second *sync.Mutex) {
		first.Lock()
		second.Lock()
		second.Unlock()
		first.Unlock()
		done.Add(1)
	}
	go both(&a, &b)
	if mended {
		go both(&a, &b)
	} else {
		go both(&b, &a)
	}
	for done.Load() < 2 {
		time.Sleep(100 * time.Millisecond)
	}
}

// threeLocks: three at a table, each takes the lock on its left first.
func threeLocks(mended bool) {
	var forks [3]sync.Mutex
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		left, right := i, (i+1)%3
		if mended && left > right {
			left, right = right, left
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			forks[left].Lock()
			forks[right].Lock()
			forks[right].Unlock()
			forks[left].Unlock()
		}()
	}
	wg.Wait()
}

// readTwice: a reader that is one already asks again, while a writer waits.
func readTwice(mended bool) {
	var mu sync.RWMutex
	value := 1
	sum := 0
	var wg sync.WaitGroup
	wg.Add(2)
	get := func() int {
		mu.RLock()
		defer mu.RUnlock()
		return value
	}
	go func() {
		defer wg.Done()
		if mended {
			sum = get()
			return
		}
		mu.RLock()
		sum = get()
		mu.RUnlock()
	}()
	go func() {
		defer wg.Done()
		mu.Lock()
		value = 2
		mu.Unlock()
	}()
	wg.Wait()
	_ = sum
}

// lockAndSend: one sends while it holds the lock that the receiver wants first.
func lockAndSend(mended bool) {
	var mu sync.Mutex
	c := make(chan int)
	seen := 0
	go func() {
		mu.Lock()
		seen++
		if mended {
			mu.Unlock()
		}
		c <- 1
		if !mended {
			mu.Unlock()
		}
	}()
	mu.Lock()
	seen++
	mu.Unlock()
	<-c
}

// permits: two take two of two permits, one by one.
func permits(mended bool) {
	free := make(chan struct{}, 2)
	var taking sync.Mutex
	var wg sync.WaitGroup
	for i := 0; i < 2; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if mended {
				taking.Lock()
			}
			free <- struct{}{}
			free <- struct{}{}
			if mended {
				taking.Unlock()
			}
			<-free
			<-free
		}()
	}
	wg.Wait()
}

// leakTimeout: who answers is left alone when the time is over.
func leakTimeout(mended bool) {
	answer := make(chan int)
	if mended {
		answer = make(chan int, 1)
	}
	go func() {
		answer <- 42
	}()
	select {
	case <-answer:
	case <-time.After(10 * time.Millisecond):
	}
}

// leakCancelled: a worker asks whether it is cancelled before it sends, not while.
func leakCancelled(mended bool) {
	ctx, cancel := context.WithCancel(context.Background())
	out := make(chan int)
	go func() {
		for i := 0; i < 2; i++ {
			if ctx.Err() != nil {
				return
			}
			if !mended {
				out <- i
				continue
			}
			select {
			case out <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	<-out
	select {
	case <-out:
	case <-time.After(time.Millisecond):
	}
	cancel()
}

// leakFirstError: the first error is returned, and the other has nobody to tell his.
func leakFirstError(mended bool) {
	size := 0
	if mended {
		size = 2
	}
	results := make(chan error, size)
	var tried atomic.Int32
	for i := 0; i < 2; i++ {
		go func() {
			if tried.Add(1) == 2 {
				results <- nil
				return
			}
			results <- errors.New("the first fails")
		}()
	}
	// The second result is asked for only when the first was well.
	if err := <-results; err == nil {
		return
	}
	<-results
}
