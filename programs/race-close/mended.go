package main

func main() {
	c := make(chan int, 1)
	go func() {
		c <- 1
	}()
	<-c
	close(c)
	println(1)
}
