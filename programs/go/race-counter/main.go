// Command race-counter has one DATA RACE: an increment in a goroutine against one in main. With -race it exits with 66.
package main

import (
	"fmt"
	"time"
)

var counter int

func increment() {
	counter++
}

func main() {
	go increment()
	time.Sleep(100 * time.Millisecond)
	increment()
	fmt.Println("counter", counter)
}
