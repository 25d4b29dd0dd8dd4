// Command calls has functions and methods of many shapes, for a debugger that calls them.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

type point struct{ X, Y int }

func (p point) Sum() int          { return p.X + p.Y }
func (p *point) Move(dx, dy int)  { p.X += dx; p.Y += dy }
func (p point) String() string    { return fmt.Sprintf("(%d, %d)", p.X, p.Y) }
func (p point) Less(q point) bool { return p.X < q.X }

type stack[T any] struct{ items []T }

//go:noinline
func (s *stack[T]) Push(item T) int { s.items = append(s.items, item); return len(s.items) }

//go:noinline
func (s *stack[T]) Top() (T, bool) { return s.items[len(s.items)-1], true }

//go:noinline
func Max[T int | float64 | string](a, b T) T {
	if a > b {
		return a
	}
	return b
}

type named struct {
	*point
	Name string
}

func (n named) Greeting(word string) string { return word + ", " + n.Name }

//go:noinline
func Add(a, b int) int { return a + b }

//go:noinline
func Divide(a, b int) (quotient, remainder int) { return a / b, a % b }

//go:noinline
func Mix(a int8, f float64, s string, b bool, p point, g float32, list []int) (string, float64, point) {
	sum := 0
	for _, each := range list {
		sum += each
	}
	return fmt.Sprint(a, f, s, b, p, g, sum), f * float64(g), point{p.Y, p.X}
}

//go:noinline
func Large(a, b, c, d, e, f, g, h, i, j, k, l int, m [3]int) (int, [2]int) {
	return a + b + c + d + e + f + g + h + i + j + k + l, [2]int{m[0] + m[1], m[2]}
}

//go:noinline
func Show(v any) string { return fmt.Sprintf("%T %v", v, v) }

//go:noinline
func Text(s fmt.Stringer) string { return "<" + s.String() + ">" }

//go:noinline
func Fails(why string) error {
	if why == "" {
		return nil
	}
	return errors.New(why)
}

var count int

//go:noinline
func Count() int { count++; return count }

//go:noinline
func Say(words string) { fmt.Println(words); count += 100 }

//go:noinline
func Panics(n int) int { return []int{1, 2, 3}[n] }

//go:noinline
func Endless() {
	for count >= 0 {
		count++
	}
}

//go:noinline
func Blocks() int { return <-make(chan int) }

//go:noinline
func Exits() { os.Exit(7) }

//go:noinline
func Collect() int {
	var keep []string
	for i := 0; i < 200; i++ {
		keep = append(keep, strings.Repeat("x", 10_000))
		if i%50 == 0 {
			runtime.GC()
		}
	}
	return len(keep)
}

//go:noinline
func Deep(n int) int {
	var room [100]int
	room[n%100] = n
	if n == 0 {
		return 0
	}
	return Deep(n-1) + room[n%100] - n + 1
}

//go:noinline
func Concurrently() int {
	done := make(chan int)
	for i := 0; i < 5; i++ {
		go func(i int) { time.Sleep(time.Millisecond); done <- i }(i)
	}
	sum := 0
	for i := 0; i < 5; i++ {
		sum += <-done
	}
	return sum
}

//go:noinline
func stop(n int, p *point, text string) int {
	return n + p.X + len(text)
}

func main() {
	p := point{3, 4}
	n := named{&p, "gopher"}
	var shape fmt.Stringer = p
	base := 40
	add := func(x int) int { return x + base }
	words := []string{"a", "bc"}
	names := &stack[string]{}
	points := stack[point]{}
	total := 0
	for i := 0; i < 5; i++ {
		total += stop(i, &p, "text")
	}
	fmt.Println(total, add(2), shape, n.Greeting("hello"), words, Show(n.Name), Text(p), p.Sum(), p.Less(*n.point))
	p.Move(1, 1)
	fmt.Println(names.Push("x"), points.Push(p), Max(1, 2), Max(1.5, 2.5), Max("a", "b"))
	fmt.Println(names.Top())
	fmt.Println(points.Top())
	fmt.Println(Fails("x"), Add(1, 2), Count())
	fmt.Println(Divide(7, 2))
	fmt.Println(Mix(1, 2, "3", true, p, 4, nil))
	fmt.Println(Large(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, [3]int{1, 2, 3}))
	if count > 1000 {
		Say("x")
		fmt.Println(Panics(1), Blocks(), Collect(), Deep(1), Concurrently())
		Endless()
		Exits()
	}
}
