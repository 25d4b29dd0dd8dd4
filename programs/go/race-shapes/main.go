// Command race-shapes has a DATA RACE of each shape: a field, a slice element, a byte inside a word, a range copy, a string, an interface,
// a captured variable, an array through a pointer. Sleeps order the accesses, and order is no synchronisation.
package main

import (
	"fmt"
	"time"
)

type record struct {
	id   int32
	flag bool
	name string
	body [64]byte
}

//go:noinline
func after(f func()) {
	go f()
	time.Sleep(30 * time.Millisecond)
}

//go:noinline
func readField(r *record) int32 { return r.id }

//go:noinline
func readName(r *record) string { return r.name }

//go:noinline
func fill(b []byte) {
	for i := range b {
		b[i] = byte(i)
	}
}

func main() {
	r := &record{name: "before"}
	after(func() { r.id = 7 })
	fmt.Println("field", readField(r))

	elements := make([]int, 4)
	after(func() { elements[2]++ })
	elements[2]++
	fmt.Println("element", elements)

	after(func() { fill(r.body[3:4]) })
	r.body[3]++
	fmt.Println("byte", r.body[3])

	after(func() { fill(r.body[:]) })
	copied := *r
	fmt.Println("range", copied.body[63])

	after(func() { r.name = "after" })
	fmt.Println("string", readName(r))

	var any interface{} = 1
	after(func() { any = "text" })
	fmt.Println("interface", any)

	captured := 1
	after(func() { captured *= 2 })
	captured++
	fmt.Println("captured", captured)
}
