// Command panics dies of the panic that its argument names: exit status 2 and a traceback.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
)

type failure struct {
	code int
	text string
}

func (f failure) Error() string { return fmt.Sprintf("failure %d: %s", f.code, f.text) }

type opaque struct{ a, b int }

//go:noinline
func index(s []int, i int) int { return s[i] }

//go:noinline
func div(a, b int) int { return a / b }

//go:noinline
func deref(p *opaque) int { return p.b }

//go:noinline
func overflow(n int) int { return overflow(n+1) + 1 }

func main() {
	kind := "string"
	if len(os.Args) > 1 {
		kind = os.Args[1]
	}
	fmt.Println("dying of", kind)
	switch kind {
	case "string":
		panic("a string")
	case "error":
		panic(errors.New("an error"))
	case "custom":
		panic(failure{7, "custom"})
	case "int":
		panic(42)
	case "opaque":
		panic(opaque{1, 2})
	case "nil":
		fmt.Println(deref(nil))
	case "index":
		fmt.Println(index([]int{1, 2, 3}, 5))
	case "divide":
		fmt.Println(div(1, len(os.Args)-2))
	case "assert":
		var x interface{} = "text"
		fmt.Println(x.(int))
	case "closed":
		c := make(chan int)
		close(c)
		close(c)
	case "goroutine":
		go func() { panic("in a goroutine") }()
		select {}
	case "again":
		defer func() { panic(fmt.Sprint("again after ", recover())) }()
		panic("first")
	case "same":
		defer func() { panic(recover()) }()
		panic("the same")
	case "nested":
		defer func() { panic("second") }()
		panic("first")
	case "overflow":
		debug.SetMaxStack(1 << 20)
		fmt.Println(overflow(0))
	case "endless":
		fmt.Println(overflow(0))
	case "unlock":
		var m = map[string]int{}
		for i := 0; ; i++ {
			m["x"] += index([]int{1}, i)
		}
	}
}
