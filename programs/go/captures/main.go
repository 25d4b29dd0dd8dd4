// Command captures calls function literals, each of which says at once what it has captured.
package main

import "fmt"

type point struct{ x, y int }

//go:noinline
func call(f func(int) int) int { return f(2) }

// say prints values by name: NAME, VALUE, ...
//
//go:noinline
func say(function string, variables ...any) {
	fmt.Print(function)
	for i := 0; i < len(variables); i += 2 {
		fmt.Printf(" %s=%v", variables[i], variables[i+1])
	}
	fmt.Println()
}

//go:noinline
func collected(from, to int) []func() int {
	var all []func() int
	for i := from; i < to; i++ {
		i, on := i, i%2 == 0
		all = append(all, func() int { say("collected.func1", "i", i, "on", on); return i })
	}
	return all
}

//go:noinline
func generic[T any](v T) func() T {
	n := 1
	return func() T {
		n++
		return v
	}
}

func main() {
	base, name, total, small := 40, "adder", 0, int8(-3)
	at, half := point{3, 4}, 0.5
	call(func(x int) int {
		say("main.func1", "base", base, "name", name, "total", total)
		total += x
		return base + x
	})
	base++
	call(func(x int) int { say("main.func2", "base", base, "x", x, "half", half, "small", small); return x + at.y })
	defer func() { say("main.func3", "total", total, "name", name) }()
	for _, f := range collected(0, 3) {
		f()
	}
	fmt.Println(generic(base)(), generic(&at)().y)
}
