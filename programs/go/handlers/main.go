// A handler of C for SIGUSR1, installed with SA_ONSTACK, as Go wants it, or with `bare` without.
package main

/*
#include <signal.h>

static volatile sig_atomic_t seen;

static void handler(int signal) { seen = signal; }

static void install(int flags) {
	struct sigaction action = {0};
	action.sa_handler = handler;
	action.sa_flags = flags;
	sigaction(SIGUSR1, &action, 0);
}

static int got(void) { return seen; }
*/
import "C"

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

func main() {
	flags := C.int(C.SA_ONSTACK)
	if len(os.Args) > 1 && os.Args[1] == "bare" {
		flags = 0
	}
	C.install(flags)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	// Another thread may be the one that takes it.
	for C.got() == 0 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(C.got())
}
