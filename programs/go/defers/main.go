// Command defers runs deferred calls of every kind: open-coded, in loops, with results, with methods, many.
package main

import "fmt"

type resource struct{ name string }

func open(name string) *resource { fmt.Println("open", name); return &resource{name} }
func (r *resource) close()       { fmt.Println("close", r.name) }

func result() (n int) {
	defer func() { n *= 2 }()
	n = 21
	return n
}

func arguments() {
	x := 1
	defer fmt.Println("at defer", x)
	defer func() { fmt.Println("at end", x) }()
	x = 2
}

func loop() {
	for i := 0; i < 3; i++ {
		defer fmt.Println("loop", i)
	}
}

func conditional(a, b bool) {
	if a {
		defer fmt.Println("a")
	}
	if b {
		defer fmt.Println("b")
	}
	fmt.Println("body", a, b)
}

func many() int {
	n := 0
	func() {
		for i := 0; i < 1000; i++ {
			defer func(i int) { n += i }(i)
		}
	}()
	return n
}

func nested() {
	defer func() {
		defer fmt.Println("inner")
		fmt.Println("outer")
	}()
}

func main() {
	defer open("first").close()
	r := open("second")
	defer r.close()
	fmt.Println(result())
	arguments()
	loop()
	conditional(true, false)
	conditional(true, true)
	fmt.Println(many())
	nested()
	for i := 0; i < 2; i++ {
		func() {
			defer open(fmt.Sprint("scoped ", i)).close()
		}()
	}
}
