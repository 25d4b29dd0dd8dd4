// Command races does one thing that goroutines do with each other, racy or not: its argument says which. Sleeps order what they order for the
// eye alone, so that each run has the same races; none of them synchronises.
package main

import (
	"bytes"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type record struct {
	id    int
	name  string
	inner struct{ a, b int16 }
}

func (r *record) rename(to string) { r.name = to }
func (r record) title() string     { return r.name }

var (
	counter int
	flag    bool
	text    string
	number  int64
	small   int32
	table   = map[string]int{"a": 1}
	mutex   sync.Mutex
	rw      sync.RWMutex
	once    sync.Once
)

func pause() { time.Sleep(25 * time.Millisecond) }

// after does f in a goroutine, and waits in vain for it to be ordered.
//
//go:noinline
func after(f func()) {
	go f()
	pause()
}

//go:noinline
func add(n int) { counter += n }

//go:noinline
func recovering() {
	defer func() { _ = recover() }()
	panic("recovered")
}

//go:noinline
func deep(n int) {
	if n > 0 {
		deep(n - 1)
		return
	}
	counter++
}

var scenarios = map[string]func(){
	"loop": func() {
		var group sync.WaitGroup
		for i := 0; i < 3; i++ {
			group.Add(1)
			go func() { defer group.Done(); counter = 1 }()
			pause()
		}
		group.Wait()
	},
	"counter":    func() { after(func() { add(1) }); add(1) },
	"flag":       func() { after(func() { text = "set"; flag = true }); fmt.Println(flag, text) },
	"read-first": func() { after(func() { _ = counter; sinkInt(counter) }); counter = 1 },
	"mutex": func() {
		after(func() { mutex.Lock(); add(1); mutex.Unlock() })
		mutex.Lock()
		add(1)
		mutex.Unlock()
	},
	"two-mutexes": func() {
		var other sync.Mutex
		after(func() { mutex.Lock(); add(1); mutex.Unlock() })
		other.Lock()
		add(1)
		other.Unlock()
	},
	"rwmutex": func() {
		after(func() { rw.Lock(); add(1); rw.Unlock() })
		rw.RLock()
		sinkInt(counter)
		rw.RUnlock()
	},
	"rwmutex-write": func() {
		after(func() { rw.RLock(); add(1); rw.RUnlock() })
		rw.RLock()
		add(1)
		rw.RUnlock()
	},
	"atomic": func() { after(func() { atomic.AddInt64(&number, 1) }); atomic.AddInt64(&number, 1) },
	"atomic-logic": func() {
		after(func() { atomic.StoreInt64(&number, atomic.LoadInt64(&number)+1) })
		fmt.Println(atomic.LoadInt64(&number))
	},
	"atomic-plain": func() { after(func() { atomic.StoreInt64(&number, 1) }); number = 2 },
	"atomic-flag": func() {
		after(func() { text = "set"; atomic.StoreInt32(&small, 1) })
		if atomic.LoadInt32(&small) == 1 {
			fmt.Println(text)
		}
	},
	"failed-swap": func() { after(func() { atomic.CompareAndSwapInt64(&number, 5, 6) }); fmt.Println(number) },
	"channel":     func() { c := make(chan bool); go func() { add(1); c <- true }(); <-c; add(1) },
	"buffered":    func() { c := make(chan bool, 2); go func() { add(1); c <- true }(); <-c; add(1) },
	"buffered-wrong": func() {
		c := make(chan bool, 1)
		after(func() { <-c; add(1) })
		c <- true
		pause()
		add(1)
	},
	"close":      func() { c := make(chan bool); go func() { add(1); close(c) }(); <-c; add(1) },
	"send-close": func() { c := make(chan int, 2); after(func() { c <- 1 }); close(c) },
	"select": func() {
		c, d := make(chan bool), make(chan bool)
		go func() { add(1); d <- true }()
		select {
		case <-c:
		case <-d:
		}
		add(1)
	},
	"waitgroup": func() { var g sync.WaitGroup; g.Add(1); go func() { add(1); g.Done() }(); g.Wait(); add(1) },
	"once":      func() { after(func() { once.Do(func() { add(1) }) }); once.Do(func() { add(1) }); sinkInt(counter) },
	"map":       func() { after(func() { table["b"] = 1 }); table["c"] = 2 },
	"map-read":  func() { after(func() { table["b"] = 1 }); fmt.Println(len(table), table["a"]) },
	"map-range": func() {
		after(func() { table["b"] = 1 })
		for k := range table {
			sinkInt(len(k))
		}
	},
	"slice":  func() { s := make([]int, 4); after(func() { s[1] = 1 }); s[1] = 2; s[2] = 3 },
	"append": func() { s := make([]int, 1, 4); after(func() { s = append(s, 1) }); s = append(s, 2) },
	"copy": func() {
		b := make([]byte, 64)
		after(func() { copy(b[8:], "some bytes") })
		fmt.Println(bytes.Equal(b, b))
	},
	"fields":    func() { r := &record{}; after(func() { r.inner.a = 1 }); r.inner.b = 2 },
	"struct":    func() { r := &record{}; after(func() { *r = record{id: 1} }); fmt.Println(r.id) },
	"method":    func() { r := &record{}; after(func() { r.rename("a") }); fmt.Println(r.title()) },
	"interface": func() { var e interface{} = 1; after(func() { e = "x" }); fmt.Println(e) },
	"string":    func() { after(func() { text = strings.Repeat("x", 3) }); fmt.Println(len(text)) },
	"nested":    func() { after(func() { go func() { add(1) }(); pause() }); add(1) },
	"deep":      func() { after(func() { deep(20) }); deep(3) },
	"panic":     func() { after(func() { recovering(); add(1) }); recovering(); add(1) },
	"twice":     func() { after(func() { add(1) }); add(1); after(func() { add(2) }); add(2) },
	"many": func() {
		for i := 0; i < 5; i++ {
			after(func() { add(1) })
		}
		add(1)
	},
	"start":    func() { counter = 1; after(func() { add(1) }) },
	"exit":     func() { after(func() { add(1) }); add(1); os.Exit(3) },
	"exit-0":   func() { after(func() { add(1) }); add(1); os.Exit(0) },
	"timer":    func() { time.AfterFunc(time.Millisecond, func() { add(1) }); pause(); add(1) },
	"misuse":   func() { var g sync.WaitGroup; after(func() { g.Add(1); g.Done() }); g.Wait() },
	"pool":     func() { var p sync.Pool; after(func() { p.Put(new(int)) }); sinkInt(len(fmt.Sprint(p.Get() == nil))) },
	"sync-map": func() { var m sync.Map; after(func() { m.Store(1, 2) }); fmt.Println(m.Load(1)) },
}

//go:noinline
func sinkInt(int) {}

func main() {
	if len(os.Args) > 1 {
		scenarios[os.Args[1]]()
		return
	}
	var names []string
	for name := range scenarios {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Println(names)
}
