// Command recovers panics in many ways and recovers from each.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
)

type node struct{ next *node }

func try(name string, f func()) {
	defer func() {
		r := recover()
		if err, ok := r.(runtime.Error); ok {
			fmt.Printf("%s: runtime error: %s\n", name, err)
			return
		}
		fmt.Printf("%s: %v\n", name, r)
	}()
	f()
}

func named() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("wrapped: %w", r.(error))
		}
	}()
	panic(os.ErrNotExist)
}

func nested() {
	defer func() { fmt.Println("outer", recover()) }()
	defer func() {
		defer func() { fmt.Println("inner", recover()) }()
		panic("while unwinding")
	}()
	panic("original")
}

func loop() (sum int) {
	for i := 0; i < 100; i++ {
		func() {
			defer func() {
				if recover() != nil {
					sum += i
				}
			}()
			if i%3 == 0 {
				panic(i)
			}
		}()
	}
	return
}

func main() {
	zero := len(os.Args) - len(os.Args)
	try("divide", func() { fmt.Println(1 / zero) })
	try("index", func() { fmt.Println(os.Args[zero+10]) })
	try("slice", func() { fmt.Println("text"[3 : zero+1]) })
	try("nil pointer", func() { var n *node; fmt.Println(n.next) })
	try("far nil pointer", func() { var a *[1 << 20]int; fmt.Println(a[1<<19+zero]) })
	try("nil func", func() { var f func(); f() })
	try("assertion", func() { var x interface{} = 1; fmt.Println(x.(string)) })
	try("interface", func() { var e error; fmt.Println(e.Error()) })
	try("make", func() { fmt.Println(len(make([]int, zero-1))) })
	try("value", func() { panic(fmt.Sprintf("%05d", 42)) })
	try("nothing", func() {})
	err := named()
	fmt.Println(err, errors.Is(err, os.ErrNotExist))
	nested()
	fmt.Println(loop())
	try("deep", func() {
		var f func(n int)
		f = func(n int) {
			defer func() { _ = strings.Repeat("x", n%7) }()
			if n == 0 {
				panic("bottom")
			}
			f(n - 1)
		}
		f(500)
	})
}
