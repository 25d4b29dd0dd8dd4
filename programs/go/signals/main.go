// Command signals sends itself signals: caught, ignored, reset, and at last the one that kills it (128 + 15 for a shell).
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	pid := os.Getpid()
	caught := make(chan os.Signal, 4)
	signal.Notify(caught, syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGTERM)
	for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGTERM} {
		if err := syscall.Kill(pid, s); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("caught", <-caught)
	}
	signal.Ignore(syscall.SIGINT)
	fmt.Println(syscall.Kill(pid, syscall.SIGINT), signal.Ignored(syscall.SIGINT))
	signal.Reset(syscall.SIGTERM)
	fmt.Println("last words")
	syscall.Kill(pid, syscall.SIGTERM)
	select {}
}
