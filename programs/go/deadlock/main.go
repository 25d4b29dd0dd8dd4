// Command deadlock leaves all goroutines waiting: Go's runtime ends it with status 2.
package main

import (
	"fmt"
	"sync"
)

func main() {
	fmt.Println("waiting for each other")
	var a, b sync.Mutex
	c := make(chan int)
	a.Lock()
	go func() {
		b.Lock()
		c <- 1
		a.Lock()
	}()
	<-c
	b.Lock()
}
