// Command unwinding returns through deferred functions, with and without a panic.
package main

import "fmt"

func one() {
	fmt.Println("one")
}

func two() { fmt.Println("two") }

func plain(n int) int {
	defer one()
	defer func() {
		n++
	}()
	n = n * 2
	return n
}

func recovers(n int) (r int) {
	defer func() {
		if e := recover(); e != nil {
			r = -1
		}
	}()
	inner(n)
	return n
}

func inner(n int) {
	defer two()
	if n > 0 {
		panic("x")
	}
	fmt.Println("fine")
}

func main() {
	x := plain(1)
	y := recovers(1)
	z := recovers(0)
	fmt.Println(x, y, z)
}
