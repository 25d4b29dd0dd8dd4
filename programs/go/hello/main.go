// Command hello is the smallest program that uses package fmt.
package main

import "fmt"

func main() {
	fmt.Println("hello, world")
}
