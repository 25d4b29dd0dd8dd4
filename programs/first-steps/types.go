package main

var numbers [4]int

func arithmetic(a, b int) int
func widths() int
func memory() int
func sum(list *int, n int) int
