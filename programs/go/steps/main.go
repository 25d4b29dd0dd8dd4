// Command steps has lines to step through: each that ends in a call of the runtime, go statements, and loops over functions.
package main

import "fmt"

var sink, g int

var m = map[int]int{}
var ch = make(chan int, 8)
var done = make(chan bool)

//go:noinline
func other() { sink++ }

//go:noinline
func work(id int) { done <- id > 1 }

//go:noinline
func calls(k int, s []int, text string) []int {
	ch <- k
	sink = k
	delete(m, k)
	g = k + 1
	m[k] = k
	sink += <-ch
	s = append(s, k)
	g = len(s)
	other()
	go work(k)
	sink = 5
	<-done
	text += "x"
	g = len(text)
	close(ch)
	sink = 7
	return s
}

func spawn() {
	for i := 0; i < 2; i++ {
		go work(i)
	}
	<-done
	<-done
}

//go:noinline
func saved(n int) (res, rest int) {
	defer func() {
		if recover() != nil {
			res, rest = -1, 9
		}
	}()
	if n > 0 {
		panic(n)
	}
	return n, n + 1
}

func main() {
	fmt.Println(len(calls(1, nil, "a")), g)
	spawn()
	fmt.Println(saved(1))
	loops()
	pulls()
}
