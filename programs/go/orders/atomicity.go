package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// lostUpdate: a counter is read, and written later.
func lostUpdate(mended bool) {
	var counter atomic.Int32
	var wg sync.WaitGroup
	wg.Add(2)
	for i := 0; i < 2; i++ {
		go func() {
			defer wg.Done()
			if mended {
				counter.Add(1)
				return
			}
			counter.Store(counter.Load() + 1)
		}()
	}
	wg.Wait()
	if n := counter.Load(); n != 2 {
		fail("counted to %d", n)
	}
}

// oneCpu: the same with one processor, where goroutines take turns only when one waits, or Go has it give way.
func oneCpu(mended bool) {
	runtime.GOMAXPROCS(1)
	lostUpdate(mended)
}

// lostInLoop: the same, 520 times over: most orders are long, and one decision of any of them is enough.
func lostInLoop(mended bool) {
	var counter atomic.Int32
	var wg sync.WaitGroup
	wg.Add(2)
	for i := 0; i < 2; i++ {
		go func() {
			defer wg.Done()
			for i := 0; i < 520; i++ {
				if mended {
					counter.Add(1)
				} else {
					counter.Store(counter.Load() + 1)
				}
			}
		}()
	}
	wg.Wait()
	if n := counter.Load(); n != 1040 {
		fail("counted to %d", n)
	}
}

// overdrawn: the balance is looked at under the lock, and changed under it, but it is given up between.
func overdrawn(mended bool) {
	var mu sync.Mutex
	balance := 100
	withdraw := func(amount int) {
		mu.Lock()
		enough := balance >= amount
		if !mended {
			mu.Unlock()
			mu.Lock()
		}
		if enough {
			balance -= amount
		}
		mu.Unlock()
	}
	var wg sync.WaitGroup
	wg.Add(2)
	for i := 0; i < 2; i++ {
		go func() {
			defer wg.Done()
			withdraw(80)
		}()
	}
	wg.Wait()
	if balance < 0 {
		fail("the balance is %d", balance)
	}
}

// madeTwice: what is in no map is made and put there, by two.
func madeTwice(mended bool) {
	var mu sync.Mutex
	made := 0
	cache := map[string]*settings{}
	get := func(key string) *settings {
		mu.Lock()
		defer mu.Unlock()
		if found := cache[key]; found != nil {
			return found
		}
		if !mended {
			mu.Unlock()
		}
		fresh := &settings{1}
		if !mended {
			mu.Lock()
		}
		made++
		cache[key] = fresh
		return fresh
	}
	results := make(chan *settings, 2)
	for i := 0; i < 2; i++ {
		go func() { results <- get("key") }()
	}
	if a, b := <-results, <-results; a != b {
		fail("made %d times", made)
	}
}

// A stack of three nodes by index, without a lock: head is the index of the first, from 1, and mended a count of changes above it.
type stack struct {
	head   atomic.Uint64
	next   [4]atomic.Uint64
	mended bool
}

func (s *stack) change(head, to uint64) bool {
	count := uint64(0)
	if s.mended {
		count = head>>32 + 1
	}
	return s.head.CompareAndSwap(head, count<<32|to)
}

func (s *stack) pop() uint64 {
	for {
		head := s.head.Load()
		node := head & 0xffffffff
		if node == 0 {
			return 0
		}
		if s.change(head, s.next[node].Load()) {
			return node
		}
	}
}

func (s *stack) push(node uint64) {
	for {
		head := s.head.Load()
		s.next[node].Store(head & 0xffffffff)
		if s.change(head, node) {
			return
		}
	}
}

// aba: the head is the same as before, but what is behind it is not.
func aba(mended bool) {
	s := &stack{mended: mended}
	for node := uint64(1); node <= 3; node++ {
		s.push(node)
	}
	taken := make(chan uint64, 4)
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		taken <- s.pop()
	}()
	go func() {
		defer wg.Done()
		first := s.pop()
		taken <- s.pop()
		s.push(first)
	}()
	wg.Wait()
	seen := map[uint64]bool{}
	for len(taken) > 0 {
		node := <-taken
		if node != 0 && seen[node] {
			fail("node %d is taken twice", node)
		}
		seen[node] = true
	}
	for node := s.pop(); node != 0; node = s.pop() {
		if seen[node] {
			fail("node %d is taken twice", node)
		}
		seen[node] = true
	}
}

// flags: each looks at the other's flag before it sets its own.
func flags(mended bool) {
	var wants [2]atomic.Bool
	var inside, most atomic.Int32
	var wg sync.WaitGroup
	wg.Add(2)
	for i := 0; i < 2; i++ {
		mine, other := &wants[i], &wants[1-i]
		go func() {
			defer wg.Done()
			if mended {
				mine.Store(true)
				if other.Load() {
					return
				}
			} else {
				if other.Load() {
					return
				}
				mine.Store(true)
			}
			if inside.Add(1) == 2 {
				most.Store(2)
			}
			inside.Add(-1)
			mine.Store(false)
		}()
	}
	wg.Wait()
	if most.Load() == 2 {
		fail("both are inside")
	}
}

// selectLoses: with work and the end of it both there, chance decides.
func selectLoses(mended bool) {
	work, quit := make(chan int, 2), make(chan bool)
	sum := 0
	done := make(chan bool)
	go func() {
		defer close(done)
		for {
			select {
			case n := <-work:
				sum += n
			case <-quit:
				for mended && len(work) > 0 {
					sum += <-work
				}
				return
			}
		}
	}()
	work <- 1
	for len(work) > 0 {
		time.Sleep(time.Millisecond)
	}
	work <- 2
	close(quit)
	<-done
	if sum != 3 {
		fail("the sum is %d", sum)
	}
}

// raceUnlocked: the lock is not taken by who comes first.
func raceUnlocked(mended bool) {
	var mu sync.Mutex
	var used atomic.Bool
	value := 0
	var wg sync.WaitGroup
	add := func() {
		defer wg.Done()
		if mended || used.Load() {
			mu.Lock()
			defer mu.Unlock()
		}
		used.Store(true)
		value++
		used.Store(true)
	}
	wg.Add(2)
	go add()
	go add()
	wg.Wait()
}

// raceWindow: what is not locked is reached only between two stores of another.
func raceWindow(mended bool) {
	var mu sync.Mutex
	var state atomic.Int32
	value := 0
	done := make(chan bool)
	go func() {
		defer close(done)
		mu.Lock()
		state.Store(1)
		value++
		state.Store(2)
		mu.Unlock()
	}()
	if state.Load() == 1 {
		if mended {
			mu.Lock()
		}
		value++
		if mended {
			mu.Unlock()
		}
	}
	<-done
}

// raceTwoWindows: two preemptions, one between two loads and one between two stores.
func raceTwoWindows(mended bool) {
	var mu sync.Mutex
	var state atomic.Int32
	value := 0
	done := make(chan bool)
	go func() {
		defer close(done)
		mu.Lock()
		state.Store(1)
		value++
		state.Store(2)
		mu.Unlock()
	}()
	before := state.Load()
	after := state.Load()
	if before == 0 && after == 1 {
		if mended {
			mu.Lock()
		}
		value++
		if mended {
			mu.Unlock()
		}
	}
	<-done
}
