// C that calls assembly, which must keep what C wants kept: `good` does, `bad` does not.
package main

/*
#include <stdint.h>

typedef int (*cmp)(const int *, const int *);

static __attribute__((noinline)) int largest(uintptr_t f, const int *p, int n) {
	cmp c = (cmp)f;
	int best = 0;
	for (int i = 1; i < n; i++)
		if (c(&p[i], &p[best]) > 0)
			best = i;
	return p[best];
}
*/
import "C"

import (
	"fmt"
	"os"

	"r14/programs/callbacks/compare"
)

func main() {
	way := compare.Good()
	if len(os.Args) > 1 && os.Args[1] == "bad" {
		way = compare.Bad()
	}
	p := [...]C.int{3, 1, 4, 1, 5, 9, 2, 6}
	fmt.Println(C.largest(C.uintptr_t(way), &p[0], C.int(len(p))))
}
