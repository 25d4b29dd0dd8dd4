// Command gc keeps a changing tree alive through several garbage collections, with finalizers and a bounded heap.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

type node struct {
	left, right *node
	payload     []byte
	depth       int
}

func build(depth int) *node {
	if depth == 0 {
		return &node{payload: make([]byte, 16)}
	}
	n := &node{left: build(depth - 1), right: build(depth - 1), depth: depth, payload: make([]byte, depth)}
	n.payload[0] = byte(depth)
	return n
}

func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return len(n.payload) + n.depth + n.left.sum() + n.right.sum()
}

func main() {
	debug.SetGCPercent(20)
	root := build(10)
	before := root.sum()
	for i := 0; i < 12; i++ {
		garbage := build(9)
		root.left, root.right = root.right, root.left
		if garbage.sum() == 0 {
			fmt.Println("impossible")
		}
	}
	fmt.Println("tree", root.sum() == before, before)

	finalized := make(chan int, 1)
	func() {
		n := &node{depth: 42}
		runtime.SetFinalizer(n, func(n *node) { finalized <- n.depth })
	}()
	for done := false; !done; {
		runtime.GC()
		select {
		case d := <-finalized:
			fmt.Println("finalized", d)
			done = true
		case <-time.After(10 * time.Millisecond):
		}
	}

	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println("collected", stats.NumGC >= 2, stats.Mallocs > stats.Frees, stats.HeapAlloc < 64<<20)

	strings := map[int]string{}
	for i := 0; i < 5000; i++ {
		strings[i%64] = fmt.Sprint("value ", i)
	}
	debug.FreeOSMemory()
	fmt.Println(strings[0], strings[63])
	large := make([]int, 1<<20)
	large[1<<19] = 7
	runtime.GC()
	fmt.Println(large[1<<19], len(large))
	runtime.KeepAlive(root)
}
