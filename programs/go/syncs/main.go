// Command syncs uses Once, Pool, sync.Map, WaitGroup and a worker pool.
package main

import (
	"bytes"
	"fmt"
	"sync"
)

type job struct{ id, input int }
type answer struct{ id, output int }

func main() {
	var once sync.Once
	for i := 0; i < 3; i++ {
		once.Do(func() { fmt.Println("once", i) })
	}

	pool := sync.Pool{New: func() interface{} { return new(bytes.Buffer) }}
	for i := 0; i < 10; i++ {
		b := pool.Get().(*bytes.Buffer)
		b.Reset()
		fmt.Fprintf(b, "buffer %d", i)
		if i == 9 {
			fmt.Println(b)
		}
		pool.Put(b)
	}

	var m sync.Map
	var wg sync.WaitGroup
	for i := 0; i < 50; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			m.Store(i%10, i)
			m.LoadOrStore(fmt.Sprint(i%5), true)
		}(i)
	}
	wg.Wait()
	count := 0
	m.Range(func(k, v interface{}) bool { count++; return true })
	m.Delete(3)
	_, found := m.Load(3)
	fmt.Println(count, found)

	jobs, answers := make(chan job), make(chan answer)
	for w := 0; w < 4; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range jobs {
				n := j.input
				steps := 0
				for ; n != 1; steps++ {
					if n%2 == 0 {
						n /= 2
					} else {
						n = 3*n + 1
					}
				}
				answers <- answer{j.id, steps}
			}
		}()
	}
	go func() {
		for i := 1; i <= 100; i++ {
			jobs <- job{i, i * 27}
		}
		close(jobs)
		wg.Wait()
		close(answers)
	}()
	steps := make([]int, 101)
	for a := range answers {
		steps[a.id] = a.output
	}
	fmt.Println(steps)
}
