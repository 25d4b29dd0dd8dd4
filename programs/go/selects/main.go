// Command selects exercises select: ready cases, default, nil channels, time-outs, loops and fairness.
package main

import (
	"fmt"
	"time"
)

func main() {
	a, b := make(chan int), make(chan string)
	quit := make(chan struct{})
	go func() {
		for i := 0; i < 4; i++ {
			a <- i
		}
		for _, s := range []string{"x", "y"} {
			b <- s
		}
		close(quit)
	}()
	for running := true; running; {
		select {
		case i := <-a:
			fmt.Println("int", i)
		case s := <-b:
			fmt.Println("string", s)
		case <-quit:
			fmt.Println("quit")
			running = false
		}
	}

	select {
	case <-a:
		fmt.Println("impossible")
	default:
		fmt.Println("default")
	}

	var never chan int
	select {
	case <-never:
		fmt.Println("impossible")
	case <-time.After(5 * time.Millisecond):
		fmt.Println("time-out")
	}

	full := make(chan int, 1)
	full <- 1
	select {
	case full <- 2:
		fmt.Println("impossible")
	default:
		fmt.Println("full")
	}

	// Both ready: over many rounds each must win sometimes.
	x, y := make(chan bool, 1), make(chan bool, 1)
	wins := [2]int{}
	for i := 0; i < 200; i++ {
		x <- true
		y <- true
		select {
		case <-x:
			wins[0]++
			<-y
		case <-y:
			wins[1]++
			<-x
		}
	}
	fmt.Println("fair", wins[0] > 20 && wins[1] > 20, wins[0]+wins[1])
}
