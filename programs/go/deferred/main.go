// Command deferred has calls pending: in frames, opened up by the compiler, and in the list of its goroutine.
package main

import "fmt"

//go:noinline
func a(x int) { fmt.Println("a", x) }

type T struct{ n int }

func (t *T) Close(why string) { fmt.Println("close", t.n, why) }

//go:noinline
func open(n int) {
	defer a(n)
	t := &T{n}
	defer t.Close("end")
	if n > 1 {
		defer func() { fmt.Println("closure", n) }()
	}
	fmt.Println("body")
}

//go:noinline
func loop(n int) {
	for i := 0; i < n; i++ {
		defer a(i)
		defer func() { recover() }()
	}
	open(n)
}

func main() { loop(2) }
