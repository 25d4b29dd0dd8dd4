package main

import (
	"time"
	"unsafe"
)

var x int64

func main() {
	c := make(chan int)
	go func() {
		x = 42
		c <- 0
	}()
	time.Sleep(10 * time.Millisecond)
	*(*byte)(unsafe.Add(unsafe.Pointer(&x), 7)) = 1
	<-c
	println(1)
}
