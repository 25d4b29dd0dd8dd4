// Command named has types that are no structs, labels for profiles, and variables that are called as r14's settings are.
package main

import (
	"context"
	"fmt"
	"runtime/pprof"
	"time"
)

type ID int
type Small int8
type Word uintptr
type Ratio float32
type Pair complex128
type Flag bool
type Name string
type Names []string
type Grid [2][3]Small
type Table map[Name]*ID
type Queue chan ID
type Link *ID
type Visit func(ID, ...Name) (Names, error)
type Shower interface {
	Hide(int, bool) (Name, error)
	Show() string
}

func (i ID) Show() string                        { return fmt.Sprint(int(i)) }
func (i ID) Hide(n int, deep bool) (Name, error) { return "", nil }

//go:noinline
func named(id ID, small Small, word Word, ratio Ratio, pair Pair, flag Flag, name Name, names Names, grid Grid, table Table, queue Queue, link Link, visit Visit, shower Shower) {
	fmt.Println(id, small, word, ratio, pair, flag, name, names, grid, len(table), len(queue), *link, visit != nil, shower.Show())
}

//go:noinline
func settings(v int, prompt int, width string) {
	fmt.Println(v, prompt, width)
}

//go:noinline
func waits(c chan int) { <-c }

func main() {
	id := ID(7)
	named(id, -1, 2, 0.5, 1i, true, "n", Names{"a"}, Grid{}, Table{"k": &id}, make(Queue, 1), &id, func(ID, ...Name) (Names, error) { return nil, nil }, id)
	pprof.Do(context.Background(), pprof.Labels("job", "read", "shard", "7"), func(context.Context) { go waits(make(chan int)) })
	time.Sleep(time.Millisecond)
	settings(1, 2, "three")
}
