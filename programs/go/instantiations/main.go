// Command instantiations calls generic functions and methods with type arguments that have brackets of their own, or that share a shape.
package main

import "fmt"

type myInt int
type pair struct{ a, b int }
type tree[T any] struct{ v T }

//go:noinline
func (t *tree[T]) put(v T) { t.v = v }

//go:noinline
func larger[T int | float64 | myInt | string](a, b T) T {
	if a > b {
		return a
	}
	return b
}

//go:noinline
func keep[K comparable, V any](k K, v V) (K, V) { return k, v }

func main() {
	fmt.Println(larger(1, 2), larger(1.5, 2.5), larger(myInt(3), 4), larger("a", "b"))
	fmt.Println(keep("k", []int{1}))
	fmt.Println(keep(1, map[string][]pair{}))
	fmt.Println(keep(pair{1, 2}, [4]byte{1}))
	k, _ := keep([2]int{}, func(int) string { return "" })
	fmt.Println(k)
	(&tree[pair]{}).put(pair{})
	(&tree[map[string][]int]{}).put(nil)
	(&tree[[]func([]int) [2]string]{}).put(nil)
}
