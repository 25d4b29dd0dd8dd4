// Command goroutines starts many goroutines and gathers what they compute.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func main() {
	const count = 200
	var wg sync.WaitGroup
	results := make([]int, count)
	for i := 0; i < count; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			results[i] = fib(i % 15)
			runtime.Gosched()
			results[i] += i
		}(i)
	}
	wg.Wait()
	sum := 0
	for _, r := range results {
		sum += r
	}
	fmt.Println("sum", sum)

	// A chain: each goroutine starts the next, a hundred deep.
	done := make(chan int)
	var link func(depth int)
	link = func(depth int) {
		if depth == 0 {
			done <- 1
			return
		}
		go link(depth - 1)
	}
	link(100)
	fmt.Println("chain", <-done)

	// Busy loops without calls: only asynchronous preemption lets the others run.
	runtime.GOMAXPROCS(1)
	stop := make(chan bool, 1)
	go func() { stop <- true }()
	n := uint64(1)
	for i := 0; i < 3000000; i++ {
		n = n*6364136223846793005 + 1442695040888963407
	}
	fmt.Println("spun", n, <-stop)
	defer fmt.Println("deferred by Goexit's goroutine is not main's")
	finished := make(chan string)
	go func() {
		defer close(finished)
		defer func() { finished <- "left through Goexit" }()
		runtime.Goexit()
	}()
	for s := range finished {
		fmt.Println(s)
	}
}
