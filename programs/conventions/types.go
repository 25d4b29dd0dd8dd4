package main

func helper(n int) int

//r14:abi C
func increment(n uint64) uint64
