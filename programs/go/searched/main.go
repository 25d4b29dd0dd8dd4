// Command searched is for searches that come to no good end, and for what they can be told to look for:
//
//	file PATH   does badly when the file holds "bad"
//	forever     two goroutines that never end
//	sleeper     nobody does anything for an hour
//	printer     prints "second" before "first" in some orders, and does well in all
package main

import (
	"fmt"
	"os"
	"sync"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		return
	}
	switch os.Args[1] {
	case "file":
		begun := make(chan bool)
		go func() { begun <- true }()
		<-begun
		if text, err := os.ReadFile(os.Args[2]); err != nil || string(text) == "bad" {
			os.Exit(3)
		}
	case "forever":
		ball := make(chan int)
		go func() {
			for {
				ball <- 1
			}
		}()
		for {
			<-ball
		}
	case "sleeper":
		done := make(chan bool)
		go func() {
			time.Sleep(time.Hour)
			done <- true
		}()
		time.Sleep(time.Hour)
		<-done
	case "printer":
		var wg sync.WaitGroup
		wg.Add(2)
		for _, word := range []string{"first", "second"} {
			go func() {
				defer wg.Done()
				fmt.Println(word)
			}()
		}
		wg.Wait()
	}
}
