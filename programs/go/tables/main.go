// Command tables dereferences a nil pointer in the case of a jump table that its argument names; without one, none.
package main

import "os"

type node struct {
	next *node
	val  int
	m    map[string]int
	f    func(int) int
	arr  *[4]int
	s    []int
}
type shower interface{ Show() int }

func (n node) Show() int { return n.val }

//go:noinline
func walk(n *node, k int) int {
	switch k {
	case 0:
		return n.next.next.val
	case 1:
		n.m["x"] = 1
		return 0
	case 2:
		return n.f(3)
	case 3:
		return n.arr[k]
	case 4:
		var s shower
		return s.Show()
	case 5:
		var p *node
		var s shower = p
		return s.Show()
	case 6:
		return n.s[k]
	case 7:
		*(*int)(nil) = 3
	case 8:
		var d [4]int
		copy(d[:], n.next.next.arr[:])
		return d[1]
	}
	return 0
}
func main() {
	if len(os.Args) < 2 {
		return
	}
	println(walk(&node{next: &node{}}, int(os.Args[1][0]-'0')))
}
