package main

func add(a, b int) int
func apply(n int) int
func square(n int) int
