package main

func load(p *int) int
