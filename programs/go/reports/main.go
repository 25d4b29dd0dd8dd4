// Command reports has what users of Go's debuggers have reported as wrong, one function each. Without arguments it runs all that end by themselves.
package main

import (
	"os"
	"runtime"
)

//go:noinline
func sink(xs ...any) {}

// Variables of a closure by the name of a captured one.
func shadow() {
	v := 1
	closure := func() {
		sink(v)
		v := 2
		name := "v"
		sink() // first
		for i := 0; i < 1; i++ {
			name = "w"
			sink() // second
		}
		sink(v, name)
	}
	closure()
	sink(v) // third
	for i := 0; i < 2; i++ {
		sink(i)
	}
	for i := 10; i < 12; i++ {
		sink(i) // fourth
	}
}

// A goroutine that waits while another is stopped.
var turn = make(chan int)

func other() {
	for n := range turn {
		seen(n)
		turn <- n
	}
}

//go:noinline
func seen(n int) { sink(n) }

func waits() {
	go other()
	a := 1
	turn <- a
	b := <-turn // goes on here
	turn <- b
	sink(a, b, <-turn)
}

// A condition that calls the function that it stands in.
func factorial(n int, withBreak bool) int {
	if withBreak {
		runtime.Breakpoint()
	}
	if n == 0 {
		return 1
	}
	return n * factorial(n-1, withBreak) // recurses
}

// A fault at the first instruction of a line, of which the one before has another.
type node struct {
	next *node
	v    int
}

//go:noinline
func second(n *node) int {
	a := n.v
	b := n.next.v // faults
	return a + b
}

func faults() (why any) {
	defer func() { why = recover() }()
	return second(&node{v: 1})
}

// Functions that are deferred, at an ordinary end.
type file struct{ name string }

//go:noinline
func (f *file) Close() { sink(f.name) }

func copies() int {
	in := &file{"in"}
	defer in.Close()
	out := &file{"out"}
	defer out.Close()
	sink(in, out)
	return 7 // the end
}

func main() {
	if len(os.Args) < 2 {
		shadow()
		waits()
		sink(factorial(10, false), faults(), copies())
		return
	}
	switch os.Args[1] {
	case "shadow":
		shadow()
	case "waits":
		waits()
	case "factorial":
		sink(factorial(10, false))
	case "faults":
		sink(faults())
	case "copies":
		sink(copies())
	}
}
