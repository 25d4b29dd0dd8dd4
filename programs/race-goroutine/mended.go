package main

var before, after int

func main() {
	c := make(chan int)
	before = 1
	go func() {
		after = before + 1
		close(c)
	}()
	<-c
	println(after)
}
