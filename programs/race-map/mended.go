package main

func main() {
	m := map[string]uint64{"1": 1}
	c := make(chan int)
	go func() {
		m["2"] = 2
		c <- 0
	}()
	<-c
	var sum uint64
	for _, v := range m {
		sum += v
	}
	println(sum)
}
