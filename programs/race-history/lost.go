package main

import "time"

var x int

//go:noinline
func work() {
	nothing()
}

//go:noinline
func nothing() {}

func main() {
	c := make(chan int)
	go func() {
		x = 1
		for range 40000 {
			work()
		}
		c <- 0
	}()
	time.Sleep(200 * time.Millisecond)
	x++
	<-c
	println(x)
}
