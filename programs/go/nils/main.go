// Reads through a pointer that is nil: the argument says which, in the words of the source; without one, through none.
package main

import (
	"fmt"
	"os"
)

type T struct {
	a, b int
	next *T
	m    map[string]int
	s    []int
}

var head *T

type I interface{ M() int }

func (t *T) M() int { return t.b }

//go:noinline
func copyTo(dst, src *T) { *dst = *src }

//go:noinline
func field(p *T) int { return p.next.b }

//go:noinline
func deep(p *T) int { return p.next.next.b }

//go:noinline
func global() int { return head.b }

//go:noinline
func iface(i I) int { return i.M() }

//go:noinline
func call(f func() int) int { return f() }

//go:noinline
func loop(p *T) int {
	n := 0
	for q := p; ; q = q.next {
		n += q.b
	}
}

func main() {
	t := &T{a: 1}
	if len(os.Args) < 2 {
		fmt.Println(t.M())
		return
	}
	switch os.Args[1] {
	case "dst":
		copyTo(nil, t)
	case "p.next":
		fmt.Println(field(t))
	case "p.next.next":
		t.next = &T{}
		fmt.Println(deep(t))
	case "main.head":
		fmt.Println(global())
	case "i.type":
		fmt.Println(iface(nil))
	case "f":
		fmt.Println(call(nil))
	case "q":
		fmt.Println(loop(t))
	}
}
