// Command instances calls generic code with types of one shape, and says what the types of its variables are.
package main

import "fmt"

type user struct {
	Name string
	Age  int
}

type celsius float64

type list[T any] struct {
	head *node[T]
	n    int
}

type node[T any] struct {
	next *node[T]
	val  T
}

// see prints the types of variables by name: NAME, VALUE, ...
//
//go:noinline
func see(where string, variables ...any) {
	for i := 0; i < len(variables); i += 2 {
		fmt.Printf("%s %s %T\n", where, variables[i], variables[i+1])
	}
}

//go:noinline
func plain[T any](p *T, v T, all []T, m map[string]T) {
	pair := [2]T{v, v}
	c := make(chan T, 1)
	see("plain", "p", p, "all", all, "m", m, "pair", pair, "c", c)
}

//go:noinline
func two[K comparable, V any](k K, v V, f func(K) V) {
	w := f(k)
	see("two", "k", k, "v", v, "f", f, "w", w)
}

//go:noinline
func (l *list[T]) push(v T) {
	l.head = &node[T]{l.head, v}
	l.n++
	h := l.head
	see("push", "l", l, "h", h)
}

//go:noinline
func (l list[T]) each(f func(T)) {
	for n := l.head; n != nil; n = n.next {
		f(n.val)
		see("each", "l", l, "n", n)
	}
}

//go:noinline
func escaping[T any](v T) *T {
	x := v
	all := []T{v}
	func() {
		all = append(all, x)
		see("escaping", "x", x, "all", all)
	}()
	return &x
}

//go:noinline
func outer[T any](v T) {
	inner(&v)
}

//go:noinline
func inner[T any](v T) {
	w := v
	see("inner", "v", v, "w", w)
}

func main() {
	n, u, c := 1000, &user{"ann", 41}, celsius(36.6)
	pn := &n
	var e error = fmt.Errorf("bad")
	plain(&n, n, []int{n}, map[string]int{"n": n})
	plain(&u, u, []*user{u}, map[string]*user{"u": u})
	plain(&c, c, []celsius{c}, nil)
	plain(&pn, pn, []*int{pn}, map[string]*int{"n": pn})
	plain(&e, e, []error{e}, nil)
	two("k", u, func(string) *user { return u })
	two(c, *u, func(celsius) user { return *u })
	two(u, pn, func(*user) *int { return pn })
	var l list[*user]
	l.push(u)
	l.each(func(*user) {})
	var b list[celsius]
	b.push(c)
	b.each(func(celsius) {})
	escaping(u)
	escaping(c)
	outer(u)
	outer(c)
}
