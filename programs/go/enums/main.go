// Command enums calls C that has an enumeration; it needs a C compiler.
package main

/*
enum color { RED = 1, GREEN = 2 };
typedef enum { SMALL, LARGE = 7 } size;
static long __attribute__((noinline)) mixed(int n, enum color c, size s) {
	volatile int local = n * 3;
	return local + c + s;
}
*/
import "C"

import "fmt"

func main() { fmt.Println(C.mixed(4, C.GREEN, C.LARGE)) }
