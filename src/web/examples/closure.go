package main

func Twice(f func(int) int, x int) int
func shift(x int) int
func Ten(x int) int
