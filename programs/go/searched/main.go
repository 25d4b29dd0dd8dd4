// Command searched is for searches that come to no good end, and for what they can be told to look for:
//
//	file PATH   does badly when the file holds "bad"
//	forever     two goroutines that never end
//	sleeper     nobody does anything for an hour
//	crowd       thirty goroutines send to nobody while main waits for them; a timer that is still to come keeps Go from saying so
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
	case "crowd":
		nobody := make(chan int)
		time.AfterFunc(time.Hour, func() {})
		var wg sync.WaitGroup
		for i := 0; i < 30; i++ {
			wg.Add(1)
			go func() {
				defer wg.Done()
				nobody <- 1
			}()
		}
		wg.Wait()
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
