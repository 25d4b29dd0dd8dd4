//go:build go1.23

package main

import (
	"fmt"
	"iter"
)

func seq(yield func(int) bool) {
	for i := 0; i < 3; i++ {
		if !yield(i) {
			return
		}
	}
}

func pulls() {
	next, stop := iter.Pull(seq)
	a, _ := next()
	b, _ := next()
	stop()
	fmt.Println(a, b)
}
