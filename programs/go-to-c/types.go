package main

// What Go hands to C: the fields of a call's arguments and result, in one struct.
type request struct {
	values *uint64
	n      uint64
	total  uint64
}

//r14:abi C
func sum(req *request)

//r14:abi C
func add(total, value uint64) uint64
