package main

import "time"

var x int

func main() {
	c := make(chan int)
	go func() {
		c <- 1
		x = 42
	}()
	<-c
	time.Sleep(10 * time.Millisecond)
	println(x)
}
