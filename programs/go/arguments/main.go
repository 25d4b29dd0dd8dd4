// Hands values of several kinds to functions that are not inlined.
package main

import "fmt"

//go:noinline
func scaled(v complex128, n int) complex128 {
	fmt.Println("scaled", v, n)
	return v * complex(float64(n), 0)
}

//go:noinline
func show(n int) int {
	fmt.Println("show", n)
	return n + 1
}

func main() {
	fmt.Println(scaled(1+2i, 3))
	fmt.Println(show(42))
}
