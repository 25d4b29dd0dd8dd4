// Command assembled calls assembly, which reads what its first argument points to: a number, or with the argument nil nothing.
package main

import (
	"fmt"
	"os"
)

func first(p *int, n int, s string) int

func main() {
	v := 7
	p := &v
	if len(os.Args) > 1 && os.Args[1] == "nil" {
		p = nil
	}
	fmt.Println(first(p, 5, "abc"))
}
