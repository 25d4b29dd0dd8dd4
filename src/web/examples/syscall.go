package main

func Write(fd int, s string) int
