// Command variadics has functions that take any number of arguments, for a debugger that calls them.
package main

import (
	"fmt"
	"strings"
)

type point struct{ X, Y int }

func (p point) String() string { return fmt.Sprintf("(%d, %d)", p.X, p.Y) }

//go:noinline
func Total(base int, xs ...int) int {
	for _, x := range xs {
		base += x
	}
	return base
}

//go:noinline
func Joined(xs ...string) string { return strings.Join(xs, "+") }

//go:noinline
func stop(words []string, p point) string {
	text := fmt.Sprint(p, words)
	return Joined(words...) + text
}

func main() {
	fmt.Println(Total(1, 2), stop([]string{"a", "bc"}, point{3, 4}))
}
