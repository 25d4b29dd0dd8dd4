// Command watches has variables to watch: on stacks that move, in frames that end by a return or a panic, of all types.
package main

import "fmt"

//go:noinline
func deep(n int) int {
	var pad [512]byte
	pad[n%512] = byte(n)
	if n == 0 {
		return int(pad[0])
	}
	return deep(n-1) + int(pad[1])
}

//go:noinline
func grow() int {
	x := 1
	p := &x
	deep(200)
	*p = 2
	x++
	return x
}

//go:noinline
func left(n int) (result int) {
	defer func() { recover() }()
	return leaves(n)
}

//go:noinline
func leaves(n int) int {
	y := n
	q := &y
	*q = 7
	if *q == 7 {
		panic("left")
	}
	return y
}

type record struct {
	number int
	names  []string
	name   string
	ratio  float64
}

var all record

func main() {
	fmt.Println(grow())
	done := make(chan int)
	go func() { done <- grow() }()
	fmt.Println(<-done)
	for i := 5; i < 7; i++ {
		fmt.Println(left(i))
	}
	all.number = -5
	all.name = "first"
	all.name = "other"
	all.ratio = 1.5
	fmt.Println(all.number, all.name, all.ratio)
}
