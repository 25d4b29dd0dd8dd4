// Command breakpoint stops itself with runtime.Breakpoint; without a debugger the SIGTRAP ends it with status 2.
package main

import (
	"fmt"
	"runtime"
)

//go:noinline
func inspect(name string, values []int) int {
	total := 0
	for _, v := range values {
		total += v
	}
	runtime.Breakpoint()
	return total + len(name)
}

func main() {
	fmt.Println("before")
	fmt.Println(inspect("name", []int{1, 2, 3}))
}
