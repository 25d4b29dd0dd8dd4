package main

var count int

func onG0()
func again()
func back(gp *runtime.g)
