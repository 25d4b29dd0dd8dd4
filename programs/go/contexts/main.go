// Command contexts cancels work by time-out, deadline and hand, and passes values along.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

type key struct{}

func work(ctx context.Context, steps int) (int, error) {
	done := 0
	for i := 0; i < steps; i++ {
		select {
		case <-ctx.Done():
			return done, ctx.Err()
		case <-time.After(time.Millisecond):
			done++
		}
	}
	return done, nil
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	n, err := work(ctx, 100000)
	fmt.Println(n < 100000, err, errors.Is(err, context.DeadlineExceeded))

	n, err = work(context.Background(), 3)
	fmt.Println(n, err)

	parent, stop := context.WithCancel(context.WithValue(context.Background(), key{}, "value"))
	var wg sync.WaitGroup
	errs := make([]error, 5)
	for i := range errs {
		child, cancelChild := context.WithTimeout(parent, time.Hour)
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			defer cancelChild()
			<-child.Done()
			errs[i] = fmt.Errorf("%v of %v", child.Err(), child.Value(key{}))
		}(i)
	}
	stop()
	wg.Wait()
	fmt.Println(errs)
	_, has := parent.Deadline()
	fmt.Println(has, parent.Err())
	late, cancelLate := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancelLate()
	fmt.Println(late.Err())
}
