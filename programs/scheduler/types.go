package main

func produce()
