// Command exits prints on both outputs and leaves with the status that its argument names, 3 by default; deferred calls do not run.
package main

import (
	"fmt"
	"os"
	"strconv"
)

func main() {
	defer fmt.Println("impossible")
	status := 3
	if len(os.Args) > 1 {
		status, _ = strconv.Atoi(os.Args[1])
	}
	fmt.Println("to stdout")
	fmt.Fprintln(os.Stderr, "to stderr")
	os.Exit(status)
}
