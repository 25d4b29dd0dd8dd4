// Command timers sets, stops and resets timers and tickers; it prints order and lower bounds, never durations.
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	start := time.Now()
	time.Sleep(10 * time.Millisecond)
	fmt.Println("slept", time.Since(start) >= 10*time.Millisecond)

	var mu sync.Mutex
	var order []int
	var wg sync.WaitGroup
	for _, d := range []int{60, 20, 40} {
		wg.Add(1)
		d := d
		time.AfterFunc(time.Duration(d)*time.Millisecond, func() {
			defer wg.Done()
			mu.Lock()
			order = append(order, d)
			mu.Unlock()
		})
	}
	wg.Wait()
	fmt.Println("order", order)

	stopped := time.AfterFunc(time.Hour, func() { fmt.Println("impossible") })
	fmt.Println("stopped", stopped.Stop(), stopped.Stop())

	timer := time.NewTimer(time.Hour)
	timer.Reset(time.Millisecond)
	<-timer.C
	fmt.Println("reset")

	ticker := time.NewTicker(2 * time.Millisecond)
	for i := 0; i < 3; i++ {
		<-ticker.C
		fmt.Println("tick", i)
	}
	ticker.Stop()

	deadline := time.Now().Add(5 * time.Millisecond)
	spins := 0
	for time.Now().Before(deadline) {
		spins++
	}
	fmt.Println("spun to the deadline", spins > 0)
}
