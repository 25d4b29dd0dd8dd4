// Command recursion grows goroutine stacks by deep recursion, with pointers into the stack that must move along.
package main

import "fmt"

func depth(n int, at *int) int {
	var pad [64]int
	pad[n%64] = n
	if n == 0 {
		return *at
	}
	*at += pad[n%64]
	return depth(n-1, at) + 1
}

func ackermann(m, n int) int {
	switch {
	case m == 0:
		return n + 1
	case n == 0:
		return ackermann(m-1, 1)
	}
	return ackermann(m-1, ackermann(m, n-1))
}

type visitor interface{ visit(int) int }

type even struct{ other visitor }
type odd struct{ other visitor }

func (e *even) visit(n int) int {
	if n == 0 {
		return 0
	}
	return e.other.visit(n-1) + 1
}

func (o *odd) visit(n int) int {
	if n == 0 {
		return 1
	}
	return o.other.visit(n-1) + 2
}

func main() {
	at := 0
	fmt.Println(depth(5000, &at), at)
	fmt.Println(ackermann(2, 300))
	e, o := &even{}, &odd{}
	e.other, o.other = o, e
	fmt.Println(e.visit(20001))
	results := make(chan int)
	for i := 0; i < 4; i++ {
		go func(i int) {
			local := i
			results <- depth(1000*(i+1), &local)
		}(i)
	}
	sum := 0
	for i := 0; i < 4; i++ {
		sum += <-results
	}
	fmt.Println(sum)
}
