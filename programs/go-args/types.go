package main

type point struct {
	x, y   int
	weight float64
}

// The descriptor of int: the first word of an interface that holds one.
//
//r14:type int
var intType runtime._type

func nine(p1, p2, p3, p4, p5, p6, p7, p8, p9 int) int
func floats(x float64, n int, y float32) float64
func texts(s string, b []byte, v any) int
func structs(pt point, double bool) point
func arrays(pair [2]int, i int) int
func overflow(p1, p2, p3, p4, p5, p6, p7, p8 int, s string, last int) int
func several(a, b int) (quotient, remainder int, sign string, exact bool)
