package main

import (
	"sync"
	"sync/atomic"
	"time"
)

type settings struct{ limit int }

// useBeforeSet: a goroutine is started before what it uses is there.
func useBeforeSet(mended bool) {
	var current atomic.Pointer[settings]
	done := make(chan int)
	use := func() { done <- current.Load().limit }
	if mended {
		current.Store(&settings{1})
		go use()
	} else {
		go use()
		current.Store(&settings{1})
	}
	<-done
}

// mapOrder: the first of a map is taken for the one that was put in first. No other goroutine has to do with it.
func mapOrder(mended bool) {
	waiting := map[int]string{}
	for i := 0; i < 20; i++ {
		waiting[i] = "guest"
	}
	least := len(waiting)
	for i := range waiting {
		if i < least {
			least = i
		}
		if !mended {
			break
		}
	}
	if least >= 15 {
		fail("guest %d comes first", least)
	}
}

// useAfterClose: main waits until the worker has begun, and means that it is done.
func useAfterClose(mended bool) {
	var closed atomic.Bool
	begun, done := make(chan bool, 1), make(chan bool)
	go func() {
		begun <- true
		if closed.Load() {
			panic("used after it was closed")
		}
		close(done)
	}()
	<-begun
	if mended {
		<-done
	}
	closed.Store(true)
	<-done
}

// publishedEarly: the flag that says that it is ready is set before it is.
func publishedEarly(mended bool) {
	var ready atomic.Bool
	var value atomic.Pointer[settings]
	done := make(chan bool)
	go func() {
		if ready.Load() && value.Load().limit != 1 {
			panic("another value")
		}
		close(done)
	}()
	if !mended {
		ready.Store(true)
	}
	value.Store(&settings{1})
	ready.Store(true)
	<-done
}

// lateCallback: a timer's function comes when what it is for has been closed.
func lateCallback(mended bool) {
	var mu sync.Mutex
	open := true
	var late atomic.Bool
	timer := time.AfterFunc(time.Millisecond, func() {
		mu.Lock()
		defer mu.Unlock()
		if !open && !mended {
			late.Store(true)
		}
	})
	mu.Lock()
	open = false
	mu.Unlock()
	if timer.Stop() {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	if late.Load() {
		fail("called back after it was closed")
	}
}

// doubleClose: two look whether it is closed, and close it.
func doubleClose(mended bool) {
	c := make(chan bool)
	var closed atomic.Bool
	var once sync.Once
	var wg sync.WaitGroup
	wg.Add(2)
	for i := 0; i < 2; i++ {
		go func() {
			defer wg.Done()
			if mended {
				once.Do(func() { close(c) })
				return
			}
			if !closed.Load() {
				closed.Store(true)
				close(c)
			}
		}()
	}
	wg.Wait()
}

// sendOnClosed: one sends, after it has seen that nobody has closed.
func sendOnClosed(mended bool) {
	c := make(chan int, 1)
	var mu sync.Mutex
	closed := false
	done := make(chan bool)
	go func() {
		defer close(done)
		mu.Lock()
		open := !closed
		if mended && open {
			c <- 1
		}
		mu.Unlock()
		if !mended && open {
			c <- 1
		}
	}()
	mu.Lock()
	closed = true
	close(c)
	mu.Unlock()
	<-done
}

// addInside: the group is told of a worker by the worker.
func addInside(mended bool) {
	var wg sync.WaitGroup
	var done atomic.Int32
	for i := 0; i < 2; i++ {
		if mended {
			wg.Add(1)
		}
		begun := make(chan bool, 1)
		go func() {
			begun <- true
			if !mended {
				wg.Add(1)
			}
			done.Add(1)
			wg.Done()
		}()
		<-begun
	}
	wg.Wait()
	if n := done.Load(); n != 2 {
		fail("%d of 2 are done", n)
	}
}

// doneTwice: the worker and who cancels it both say that it is done.
func doneTwice(mended bool) {
	var wg sync.WaitGroup
	var finished atomic.Bool
	finish := func() {
		if mended {
			if finished.CompareAndSwap(false, true) {
				wg.Done()
			}
			return
		}
		if !finished.Load() {
			finished.Store(true)
			wg.Done()
		}
	}
	wg.Add(1)
	end := make(chan bool)
	go func() {
		finish()
		close(end)
	}()
	finish()
	wg.Wait()
	<-end
}
