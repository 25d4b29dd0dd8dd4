// Command race-missed has a data race that the race detector finds, and some that it has not kept enough to find: its argument says which.
package main

import (
	"fmt"
	"os"
	"time"
	"unsafe"
)

var (
	word  int64
	bytes [8]byte
	sink  int
	kept  *[8]int64
	hold  = make(chan bool)
)

// later gives everybody else time; it orders nothing.
func later() { time.Sleep(20 * time.Millisecond) }

//go:noinline
func called() { sink2() }

//go:noinline
func sink2() { _ = os.Args }

//go:noinline
func write() { word = 1 }

//go:noinline
func read() int64 { return word }

//go:noinline
func spend(events int) {
	for i := 0; i < events; i++ {
		called()
	}
}

// touch makes so many accesses, each of another word, and so one event of the trace each.
//
//go:noinline
func touch(words int) {
	own := new([8]int64)
	for i := 0; i < words; i++ {
		own[i] = 1
	}
	if len(os.Args) > 100 {
		kept = own
	}
}

//go:noinline
func set(i int) { bytes[i] = 1 }

func main() {
	what := "found"
	if len(os.Args) > 1 {
		what = os.Args[1]
	}
	switch what {
	case "found":
		go write()
		later()
		read()
	case "byte":
		go write()
		later()
		*(*byte)(unsafe.Add(unsafe.Pointer(&word), 7)) = 1
	case "history":
		go func() { write(); spend(70_000); <-hold }()
		later()
		read()
	case "slots":
		go func() { write(); <-hold }()
		later()
		done := make(chan bool)
		for i := 0; i < 300; i++ {
			go func() { done <- true }()
			<-done
		}
		read()
	case "cells":
		for i := 0; i < 8; i++ {
			i := i
			go func() { touch(i); set(i); <-hold }()
			later()
		}
		sink = int(bytes[0])
	}
	fmt.Println(what)
}
