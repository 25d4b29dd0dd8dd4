//go:build go1.23

package main

import "fmt"

func count(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func find(limit int) (best int) {
	sum := 0
	for i := range count(4) {
		sum += i
		for j := range count(2) {
			sum += j
			if i == 2 && j == 1 {
				return sum
			}
			if sum > limit {
				continue
			}
			g++
		}
		g = again(i)
	}
	return -1
}

func again(depth int) int {
	if depth > 0 {
		for range count(1) {
			again(depth - 1)
			g++
		}
	}
	return g
}

func loops() { fmt.Println(find(1), again(2)) }
