// Command race-map writes to a map in a goroutine and reads it in main: the race is found inside the runtime's map code.
package main

import (
	"fmt"
	"time"
)

func main() {
	m := map[string]int{"a": 1}
	go func() {
		m["b"] = 2
	}()
	time.Sleep(100 * time.Millisecond)
	fmt.Println(m["b"])
	for k := range m {
		delete(m, k)
	}
	fmt.Println(len(m))
}
