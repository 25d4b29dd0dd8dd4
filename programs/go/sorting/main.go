// Command sorting sorts numbers, strings and records in several ways and searches in them.
package main

import (
	"container/heap"
	"container/list"
	"fmt"
	"sort"
	"strings"
)

type person struct {
	name string
	age  int
}

type byAge []person

func (p byAge) Len() int           { return len(p) }
func (p byAge) Less(i, j int) bool { return p[i].age < p[j].age }
func (p byAge) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }

type queue []int

func (q queue) Len() int            { return len(q) }
func (q queue) Less(i, j int) bool  { return q[i] < q[j] }
func (q queue) Swap(i, j int)       { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x interface{}) { *q = append(*q, x.(int)) }
func (q *queue) Pop() interface{} {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

func main() {
	state := uint32(2463534242)
	random := func() int {
		state ^= state << 13
		state ^= state >> 17
		state ^= state << 5
		return int(state % 100000)
	}
	numbers := make([]int, 5000)
	for i := range numbers {
		numbers[i] = random()
	}
	sort.Ints(numbers)
	fmt.Println(sort.IntsAreSorted(numbers), numbers[:5], numbers[2500], numbers[4999])
	fmt.Println(sort.SearchInts(numbers, 50000), sort.Search(len(numbers), func(i int) bool { return numbers[i] >= 99990 }))

	people := []person{{"Ada", 36}, {"Grace", 85}, {"Edsger", 72}, {"Barbara", 36}, {"Ken", 72}, {"Rob", 36}}
	sort.Stable(byAge(people))
	fmt.Println(people)
	sort.Slice(people, func(i, j int) bool { return people[i].name < people[j].name })
	fmt.Println(people)
	sort.Sort(sort.Reverse(byAge(people)))
	fmt.Println(people[0], people[5].age)

	words := strings.Fields("it was the best of times it was the worst of times")
	sort.Strings(words)
	fmt.Println(strings.Join(words, " "))
	reals := []float64{2.5, -1, 1e10, 0, -1e-5}
	sort.Float64s(reals)
	fmt.Println(reals)

	q := &queue{}
	for i := 0; i < 300; i++ {
		heap.Push(q, random())
	}
	last, ordered := -1, true
	for q.Len() > 0 {
		x := heap.Pop(q).(int)
		ordered = ordered && x >= last
		last = x
	}
	fmt.Println(ordered, last)
	l := list.New()
	for i := 0; i < 5; i++ {
		l.PushFront(i)
		l.PushBack(i * i)
	}
	for e := l.Front(); e != nil; e = e.Next() {
		fmt.Print(e.Value, " ")
	}
	fmt.Println(l.Len())
}
