// Command growing has a goroutine whose stack is copied while a number points to one of its variables, and prints a sum.
package main

import (
	"fmt"
	"unsafe"
)

var sink uintptr

//go:noinline
func deep(n int, p *int) int {
	var pad [64]int
	pad[n%64] = *p
	if n == 0 {
		*p++
		return pad[0] + 1
	}
	return deep(n-1, p) + pad[n%64]
}

//go:noinline
func work() int {
	x := 5
	sink = uintptr(unsafe.Pointer(&x))
	r := deep(100, &x)
	return r + x
}

func main() {
	done := make(chan int)
	go func() { done <- work() }()
	fmt.Println(<-done)
}
