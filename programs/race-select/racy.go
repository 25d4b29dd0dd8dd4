package main

import "time"

var x int

func main() {
	a := make(chan int)
	b := make(chan int)
	go func() {
		time.Sleep(10 * time.Millisecond)
		x = 42
		a <- 0
	}()
	go func() {
		b <- 0
	}()
	first := 0
	select {
	case <-a:
	case <-b:
		first = 1
	}
	println(x)
	if first == 1 {
		<-a
	} else {
		<-b
	}
}
