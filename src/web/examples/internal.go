package main

func Weight(a int8, b int64, s []byte) (sum int64, ok bool)
