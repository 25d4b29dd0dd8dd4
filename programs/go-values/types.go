package main

type point struct {
	x, y int
}

// The descriptors of int and *point: the first word of an interface that holds one.
//
//r14:type int
var intType runtime._type

//r14:type *point
var pointType runtime._type

var text string
var array [3]int
var list []int
var longer []int

// How often isNil was asked.
var asked int

func length(s string) int
func part(s string) string
func double(b []int)
func push(b []int, v int) []int
func grow(b []int, v int) []int
func number(v any) int
func isNil(v any) bool
