package main

var x int

func main() {
	c := make(chan int)
	go func() {
		x = 42
		c <- 1
	}()
	<-c
	println(x)
}
