package main

import "runtime"

var (
	a    string
	done bool
)

func setup() {
	a = "hello, world"
	done = true
}

func main() {
	go setup()
	for !done {
		runtime.Gosched()
	}
	println(a)
}
