package main

import (
	"unsafe"
)

var x int64

func main() {
	c := make(chan int)
	go func() {
		x = 42
		c <- 0
	}()
	<-c
	*(*byte)(unsafe.Add(unsafe.Pointer(&x), 0)) = 1
	println(1)
}
