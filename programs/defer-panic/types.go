package main

// The closure of a deferred function that changes a result: the code's address, and the result's.
type closure struct {
	fn     uintptr
	result *int
}

func guarded(n int) (result int)
func unguarded(n int) int
func divide(a, n int) int
func note()
func rescue()
