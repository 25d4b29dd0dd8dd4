package main

var x int

func main() {
	a := make(chan int)
	b := make(chan int)
	go func() {
		x = 42
		a <- 0
	}()
	go func() {
		b <- 0
	}()
	<-a
	println(x)
	<-b
}
