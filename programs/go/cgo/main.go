// Command cgo calls C, and C calls back into Go; it needs a C compiler.
package main

/*
#include <stdlib.h>
#include <string.h>

typedef struct { int x; double y; char name[16]; } sample;

static int add(int a, int b) { return a + b; }
static double fill(sample *s, const char *name) {
	s->x = 7;
	s->y = 2.5;
	strncpy(s->name, name, sizeof s->name - 1);
	return s->x * s->y;
}
extern int goCallback(int n);
static __attribute__((noinline)) int callBack(int n) { return n == 0 ? 0 : goCallback(n) + 1; }
*/
import "C"

import (
	"fmt"
	"unsafe"
)

//export goCallback
func goCallback(n C.int) C.int {
	return C.callBack(n - 1)
}

func main() {
	fmt.Println(C.add(40, 2))
	name := C.CString("from Go")
	defer C.free(unsafe.Pointer(name))
	var s C.sample
	product := C.fill(&s, name)
	fmt.Println(product, s.x, s.y, C.GoString(&s.name[0]))
	fmt.Println("nested", C.goCallback(20))
	results := make(chan int)
	for i := 0; i < 4; i++ {
		go func(i int) { results <- int(C.add(C.int(i), C.int(i))) }(i)
	}
	sum := 0
	for i := 0; i < 4; i++ {
		sum += <-results
	}
	fmt.Println(sum)
}
