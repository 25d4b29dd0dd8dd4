package main

func Sum(a, b, c int64) int64
