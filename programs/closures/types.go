package main

// A closure of main: the code's address, then what it captures.
type counter struct {
	fn uintptr
	n  *int
}

// A method value: the code's address of a small adapter, then the receiver.
type bound struct {
	fn       uintptr
	receiver *rect
}

type rect struct {
	width, height int
}

type shape interface {
	area() int
}

// The descriptor of *rect: the itab in an interface that holds one leads to it.
//
//r14:type *rect
var rectType runtime._type

var s shape

func count() int
func area(r *rect) int
func areaOf() int
