package main

var x int

func main() {
	c := make(chan int)
	go func() {
		x = 1
		c <- 0
	}()
	<-c
	go func() {
		x++
		c <- 0
	}()
	<-c
	println(x)
}
