// Command tracebacks dies where its frames have arguments of every kind that Go's tracebacks print.
package main

type pair struct {
	a, b int
	s    string
}

type big struct{ x [12]int }

//go:noinline
func leaf(p pair, f float64, xs []int, e error, k int8) int {
	if len(xs) > 2 {
		panic("here")
	}
	return p.a + int(f) + int(k)
}

//go:noinline
func mid(b big, p *pair, fn func(int) int) int {
	r := leaf(*p, 2.5, b.x[:3], nil, -3)
	return fn(r) + b.x[2]
}

func main() {
	p := &pair{1, 2, "abc"}
	var b big
	b.x[2] = 77
	println(mid(b, p, func(i int) int { return i + p.a }))
}
