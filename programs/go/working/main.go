// Command working fills maps, sorts and hashes: what a Go program does that is busy. Its argument says how much.
package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"sort"
	"strconv"
)

func main() {
	n := 2000
	if len(os.Args) > 1 {
		n, _ = strconv.Atoi(os.Args[1])
	}
	counts := map[int]int{}
	x := uint64(88172645463325252)
	for i := 0; i < n; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		counts[int(x%uint64(n))] += i
	}
	keys := make([]int, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	sort.Ints(keys)
	hash := sha256.New()
	for _, key := range keys {
		fmt.Fprintf(hash, "%d=%d;", key, counts[key])
	}
	words := map[string]int{}
	for i := 0; i < n; i++ {
		words["w"+strconv.Itoa(i%5000)]++
	}
	buffer := make([]byte, 1<<10)
	for i := 0; i < n/20; i++ {
		hash.Write(buffer)
	}
	fmt.Printf("%d numbers, %d words, %x\n", len(keys), len(words), hash.Sum(nil))
}
