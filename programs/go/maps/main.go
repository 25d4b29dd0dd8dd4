// Command maps fills, grows, overwrites, deletes from and ranges over maps of many key types.
package main

import (
	"fmt"
	"math"
	"sort"
	"strings"
)

type point struct{ x, y int }

type named struct {
	name string
	at   point
}

func main() {
	small := map[string]int{"one": 1, "two": 2, "three": 3}
	small["four"] = 4
	delete(small, "two")
	fmt.Println(len(small), small)

	points := map[point]string{}
	for i := 0; i < 10; i++ {
		points[point{i, i * i}] = strings.Repeat("*", i)
	}
	fmt.Println(points[point{3, 9}], points[point{3, 8}] == "")

	structs := map[named]*point{{"a", point{1, 2}}: {3, 4}}
	structs[named{"a", point{1, 2}}].x++
	fmt.Println(*structs[named{"a", point{1, 2}}])

	big := map[int]int{}
	for i := 0; i < 20000; i++ {
		big[i*7919] = i
	}
	for i := 0; i < 20000; i += 3 {
		delete(big, i*7919)
	}
	sum := 0
	for k, v := range big {
		sum += k ^ v
	}
	fmt.Println(len(big), sum)

	keys := make([]int, 0, len(big))
	for k := range big {
		keys = append(keys, k)
	}
	sort.Ints(keys)
	fmt.Println(keys[:5], keys[len(keys)-1])

	floats := map[float64]string{0: "zero", math.Inf(1): "inf"}
	floats[math.NaN()] = "nan"
	floats[math.NaN()] = "nan again"
	_, found := floats[math.NaN()]
	fmt.Println(len(floats), floats[math.Copysign(0, -1)], floats[math.Inf(1)], found)

	any := map[interface{}]int{1: 1, "1": 2, point{1, 1}: 3, [2]int{1, 1}: 4, nil: 5, 1.0: 6}
	fmt.Println(len(any), any["1"], any[point{1, 1}], any[[2]int{1, 1}], any[nil], any[1.0])

	nested := map[string]map[string][]int{}
	for _, w := range strings.Fields("the quick brown fox jumps over the lazy dog the end") {
		inner := nested[w[:1]]
		if inner == nil {
			inner = map[string][]int{}
			nested[w[:1]] = inner
		}
		inner[w] = append(inner[w], len(w))
	}
	fmt.Println(nested)

	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		any[[]int{1}] = 1
	}()
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		var none map[string]int
		fmt.Println(none["x"], len(none))
		none["x"] = 1
	}()

	// Deleting while ranging: each key is seen at most once, the deleted never again.
	seen := map[int]bool{}
	shrinking := map[int]bool{}
	for i := 0; i < 100; i++ {
		shrinking[i] = true
	}
	for k := range shrinking {
		if seen[k] {
			fmt.Println("seen twice", k)
		}
		seen[k] = true
		delete(shrinking, k)
	}
	fmt.Println(len(seen), len(shrinking))
}
