package main

import "time"

var before, after int

func main() {
	before = 1
	go func() {
		after = before + 1
	}()
	time.Sleep(10 * time.Millisecond)
	println(after)
}
