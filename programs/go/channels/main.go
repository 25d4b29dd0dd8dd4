// Command channels uses buffered and unbuffered channels, closing, ranging, nil channels and a prime sieve.
package main

import "fmt"

func generate(out chan<- int) {
	for i := 2; ; i++ {
		out <- i
	}
}

func filter(in <-chan int, out chan<- int, prime int) {
	for {
		if i := <-in; i%prime != 0 {
			out <- i
		}
	}
}

type message struct {
	id   int
	text string
	back chan<- string
}

func main() {
	ch := make(chan int)
	go generate(ch)
	for i := 0; i < 25; i++ {
		prime := <-ch
		fmt.Print(prime, " ")
		next := make(chan int)
		go filter(ch, next, prime)
		ch = next
	}
	fmt.Println()

	buffered := make(chan string, 4)
	for _, s := range []string{"a", "b", "c"} {
		buffered <- s
	}
	fmt.Println(len(buffered), cap(buffered))
	close(buffered)
	for s := range buffered {
		fmt.Print(s, ",")
	}
	v, ok := <-buffered
	fmt.Printf("%q %v\n", v, ok)

	requests := make(chan message)
	go func() {
		for m := range requests {
			m.back <- fmt.Sprintf("%d:%s", m.id, m.text)
		}
	}()
	for i := 0; i < 5; i++ {
		back := make(chan string, 1)
		requests <- message{i, "ping", back}
		fmt.Println(<-back)
	}
	close(requests)

	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		c := make(chan int)
		close(c)
		c <- 1
	}()
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		var c chan int
		close(c)
	}()
}
