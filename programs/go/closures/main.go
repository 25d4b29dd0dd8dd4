// Command closures uses captured variables, method values and expressions, variadics, function tables and escaping state.
package main

import (
	"fmt"
	"sort"
	"strings"
)

type counter struct{ n int }

func (c *counter) add(d int) int { c.n += d; return c.n }
func (c counter) value() int     { return c.n }

func accumulate() (func(int) int, func()) {
	sum := 0
	return func(x int) int { sum += x; return sum }, func() { sum = 0 }
}

func compose(fs ...func(int) int) func(int) int {
	return func(x int) int {
		for _, f := range fs {
			x = f(x)
		}
		return x
	}
}

func fibonacci() func() int {
	a, b := 0, 1
	return func() int {
		defer func() { a, b = b, a+b }()
		return a
	}
}

//go:noinline
func many(a, b, c, d, e, f, g, h, i, j, k int, s string, x, y float64) (int, string, float64) {
	return a + b + c + d + e + f + g + h + i + j + k, strings.ToUpper(s), x * y
}

func main() {
	add, reset := accumulate()
	fmt.Println(add(1), add(2), add(3))
	reset()
	fmt.Println(add(10))

	c := &counter{}
	plus := c.add
	value := (*counter).value
	frozen := c.value
	fmt.Println(plus(5), plus(5), value(c), frozen(), counter.value(*c))

	fmt.Println(compose(func(x int) int { return x + 1 }, func(x int) int { return x * x }, plus)(4))

	next := fibonacci()
	for i := 0; i < 15; i++ {
		fmt.Print(next(), " ")
	}
	fmt.Println()

	var fs []func() int
	for i := 0; i < 3; i++ {
		i := i
		fs = append(fs, func() int { i *= 10; return i })
	}
	for _, f := range fs {
		fmt.Print(f(), f(), " ")
	}
	fmt.Println()

	table := map[string]func(float64, float64) float64{
		"add": func(a, b float64) float64 { return a + b },
		"mul": func(a, b float64) float64 { return a * b },
	}
	names := make([]string, 0)
	for n := range table {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Println(n, table[n](3, 4))
	}
	fmt.Println(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, "spill", 1.5, 2))
	var s fmt.Stringer = stringer(func() string { return "a func with a method" })
	fmt.Println(s)
}

type stringer func() string

func (s stringer) String() string { return s() }
