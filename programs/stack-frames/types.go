package main

func outer(n int) int
func inner(n int) int
func leaf(n int) int
