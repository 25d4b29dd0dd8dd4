// Command generics uses type parameters: constraints, generic types and methods, inference, shapes of several sizes.
package main

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

type number interface {
	~int | ~int8 | ~int64 | ~uint16 | ~float32 | ~float64
}

func sum[T number](xs ...T) (s T) {
	for _, x := range xs {
		s += x
	}
	return
}

func mapped[T, U any](xs []T, f func(T) U) []U {
	out := make([]U, 0, len(xs))
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

func keys[K comparable, V any](m map[K]V, less func(a, b K) bool) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Slice(out, func(i, j int) bool { return less(out[i], out[j]) })
	return out
}

type stack[T any] struct{ items []T }

func (s *stack[T]) push(x T) { s.items = append(s.items, x) }
func (s *stack[T]) pop() (T, error) {
	var zero T
	if len(s.items) == 0 {
		return zero, errors.New("empty")
	}
	x := s.items[len(s.items)-1]
	s.items = s.items[:len(s.items)-1]
	return x, nil
}

type tree[K any, V fmt.Stringer] struct {
	left, right *tree[K, V]
	key         K
	value       V
}

func (t *tree[K, V]) insert(k K, v V, less func(a, b K) bool) *tree[K, V] {
	switch {
	case t == nil:
		return &tree[K, V]{key: k, value: v}
	case less(k, t.key):
		t.left = t.left.insert(k, v, less)
	case less(t.key, k):
		t.right = t.right.insert(k, v, less)
	default:
		t.value = v
	}
	return t
}

func (t *tree[K, V]) walk(visit func(K, string)) {
	if t != nil {
		t.left.walk(visit)
		visit(t.key, t.value.String())
		t.right.walk(visit)
	}
}

type celsius float64

func (c celsius) String() string { return fmt.Sprintf("%.1fC", float64(c)) }

type pair[A, B any] struct {
	first  A
	second B
}

func main() {
	fmt.Println(sum(1, 2, 3), sum(1.5, 2.25), sum[int8](100, 27), sum(celsius(1), 2), sum[uint16]())
	fmt.Println(mapped([]string{"a", "bb", "ccc"}, func(s string) int { return len(s) }))
	fmt.Println(mapped([]int{1, 2}, func(i int) pair[int, string] { return pair[int, string]{i, strings.Repeat("x", i)} }))
	fmt.Println(keys(map[string]bool{"b": true, "a": false, "c": true}, func(a, b string) bool { return a < b }))
	s := &stack[pair[string, float64]]{}
	s.push(pair[string, float64]{"one", 1})
	s.push(pair[string, float64]{"two", 2})
	fmt.Println(s.pop())
	fmt.Println(s.pop())
	fmt.Println(s.pop())
	var t *tree[int, celsius]
	for _, k := range []int{5, 2, 8, 1, 9, 2} {
		t = t.insert(k, celsius(k)*1.5, func(a, b int) bool { return a < b })
	}
	t.walk(func(k int, v string) { fmt.Print(k, "=", v, " ") })
	fmt.Println()
	fmt.Printf("%T %T %v\n", s, t, *new(pair[[2]int, map[string]int]))
}
