// Command sharing has four goroutines fill and sort slices of their own, and count in a map behind a mutex. Its argument says how much.
package main

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"sync"
)

func main() {
	n := 500
	if len(os.Args) > 1 {
		n, _ = strconv.Atoi(os.Args[1])
	}
	var mu sync.Mutex
	counts := map[int]int{}
	var all sync.WaitGroup
	for worker := 0; worker < 4; worker++ {
		all.Add(1)
		go func(worker int) {
			defer all.Done()
			numbers := make([]int, n)
			x := uint64(88172645463325252 + worker)
			for i := range numbers {
				x ^= x << 13
				x ^= x >> 7
				x ^= x << 17
				numbers[i] = int(x % 100000)
				if i%16 == 0 {
					mu.Lock()
					counts[numbers[i]]++
					mu.Unlock()
				}
			}
			sort.Ints(numbers)
		}(worker)
	}
	all.Wait()
	fmt.Println(len(counts))
}
