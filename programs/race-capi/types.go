package main

//r14:abi C
func scenario()
//r14:abi C
func foobar()
//r14:abi C
func barfoo()
