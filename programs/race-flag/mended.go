package main

var a string

func setup(c chan int) {
	a = "hello, world"
	close(c)
}

func main() {
	c := make(chan int)
	go setup(c)
	<-c
	println(a)
}
