package main

import (
	"runtime"
	"time"
)

var x int

func main() {
	c := make(chan int)
	go func() {
		x = 1
		c <- 0
	}()
	time.Sleep(10 * time.Millisecond)
	for range 10 {
		go func() {
			runtime.Gosched()
		}()
		runtime.Gosched()
	}
	go func() {
		x++
		c <- 0
	}()
	<-c
	<-c
	println(x)
}
