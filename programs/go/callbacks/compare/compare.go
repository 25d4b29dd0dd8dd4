// Package compare has functions that C can call: int cmp(const int *a, const int *b).
package compare

// Good and Bad are addresses of such functions.
func Good() uintptr
func Bad() uintptr

func good()
func bad()
