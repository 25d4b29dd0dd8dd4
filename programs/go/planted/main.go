// Faults that are planted, one an argument: what brings each about lies apart from where it shows. Without one, none.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"
)

type node struct {
	value int
	next  *node
}

type cache struct {
	hits  int
	names map[string]int
	onHit func(string) int
}

// newCache forgets names and onHit.
//
//go:noinline
func newCache() *cache { return &cache{hits: 1} }

//go:noinline
func (c *cache) put(name string) { c.names[name] = c.hits }

//go:noinline
func (c *cache) hit(name string) int { return c.onHit(name) }

var (
	shared  = &node{value: 1, next: &node{value: 2}}
	divisor = 3
	limit   = 3
	speaker fmt.Stringer
	sink    int
)

type loud struct{ word string }

func (l *loud) String() string { return l.word }

type quiet struct{ depth, width int }

func (q *quiet) String() string { return fmt.Sprint(q.depth) }

// elsewhere runs a function in a goroutine of its own, and waits for it.
func elsewhere(f func()) {
	done := make(chan bool)
	go func() {
		f()
		done <- true
	}()
	<-done
}

//go:noinline
func clearNext() { shared.next = nil }

//go:noinline
func sum() int { return shared.value + shared.next.value }

//go:noinline
func ratio(n int) int { return n / divisor }

//go:noinline
func setDivisor(n int) { divisor = n }

//go:noinline
func setLimit(n int) { limit = n }

//go:noinline
func pick(list []int) int { return list[limit] }

//go:noinline
func cut(list []int) []int { return list[:limit] }

//go:noinline
func room() []int { return make([]int, limit) }

//go:noinline
func word(value any) string { return value.(string) }

//go:noinline
func find(name string) error {
	var found *missing
	if name == "" {
		found = &missing{name}
	}
	return found
}

type missing struct{ name string }

func (m *missing) Error() string { return m.name + " is missing" }

//go:noinline
func closeIt(c chan int) { close(c) }

//go:noinline
func tell(c chan int) { c <- 1 }

//go:noinline
func deeper(n int) int {
	if n == 0 {
		return 0
	}
	return deeper(n+1) + 1
}

// tear stores the two words of speaker apart, as two goroutines that race may.
//
//go:noinline
func tearType() {
	(*[2]uintptr)(unsafe.Pointer(&speaker))[0] = (*[2]uintptr)(unsafe.Pointer(&louder))[0]
}

//go:noinline
func tearData() {
	(*[2]uintptr)(unsafe.Pointer(&speaker))[1] = (*[2]uintptr)(unsafe.Pointer(&quieter))[1]
}

var (
	louder  fmt.Stringer = &loud{"hear"}
	quieter fmt.Stringer = &quiet{5, 1 << 40}
)

//go:noinline
func speak() string { return speaker.String() }

//go:noinline
func length(s string) (n int) {
	for i := 0; i < len(s); i++ {
		n += int(s[i])
	}
	return n
}

//go:noinline
func unmap(page []byte) { syscall.Munmap(page) }

//go:noinline
func lastOf(page []byte) byte { return page[4095] }

//go:noinline
func short(p *node) uint32 { return uint32(uintptr(unsafe.Pointer(p))) + 1<<31 }

//go:noinline
func long(p uint32) int { return (*node)(unsafe.Pointer(uintptr(p))).value }

//go:noinline
func shout(b []byte) { b[0] = 'H' }

//go:noinline
func takes(p *node) int { return p.value }

// In assembly.
func passesInRegisters(p *node) int
func tooSmallFrame(v uintptr) int
func clobbersBP()
func readsBP()
func setG(to uintptr)
func currentG() uintptr

//go:noinline
func framed(v uintptr) int { return tooSmallFrame(v) + 1 }

//go:noinline
func grows(n int) int {
	var room [4096]byte
	room[n%4096] = byte(n)
	return int(room[n%7]) + n
}

var faults = map[string]func(){
	"map":   func() { newCache().put("a") },
	"func":  func() { newCache().hit("a") },
	"other": func() { elsewhere(clearNext); fmt.Println(sum()) },
	"divide": func() {
		elsewhere(func() { setDivisor(0) })
		fmt.Println(ratio(7))
	},
	"index":  func() { setLimit(8); fmt.Println(pick([]int{1, 2, 3})) },
	"slice":  func() { setLimit(9); fmt.Println(cut(make([]int, 3, 5))) },
	"make":   func() { setLimit(-2); fmt.Println(room()) },
	"assert": func() { fmt.Println(word(shared.value)) },
	"typednil": func() {
		if err := find("a"); err != nil {
			fmt.Println(err.Error())
		}
	},
	"closed": func() {
		c := make(chan int, 1)
		elsewhere(func() { closeIt(c) })
		tell(c)
	},
	"unlock": func() {
		var mutex sync.Mutex
		mutex.Lock()
		elsewhere(mutex.Unlock)
		mutex.Unlock()
	},
	"rwunlock": func() {
		var mutex sync.RWMutex
		mutex.RUnlock()
	},
	"waitgroup": func() {
		var group sync.WaitGroup
		group.Add(1)
		elsewhere(group.Done)
		group.Done()
	},
	"recursion": func() { fmt.Println(deeper(1)) },
	"torn": func() {
		elsewhere(tearType)
		elsewhere(tearData)
		fmt.Println(len(speak()), length(speak()))
	},
	"unmapped": func() {
		page, _ := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		unmap(page)
		fmt.Println(lastOf(page))
	},
	"truncated": func() { fmt.Println(long(short(shared))) },
	"constant":  func() { s := "hello"; shout(unsafe.Slice(*(**byte)(unsafe.Pointer(&s)), 5)) },
	"args":      func() { fmt.Println(passesInRegisters(shared)) },
	"frame":     func() { fmt.Println(framed(0x1234)) },
	"bp":        func() { clobbersBP() },
	"stale": func() {
		var other uintptr
		elsewhere(func() { other = currentG() })
		runtime.GC()
		setG(other)
		fmt.Println(grows(3))
	},
	"concurrent": func() {
		counts := map[int]int{}
		write := func(from int) {
			for i := from; ; i++ {
				counts[i%64]++
			}
		}
		go write(1)
		write(2)
	},
	"repanic": func() {
		defer func() { panic(fmt.Errorf("while closing: %v", recover())) }()
		panic(errors.New("read failed"))
	},
	"deadlock": func() { <-make(chan int) },
}

func main() {
	if len(os.Args) > 1 {
		faults[os.Args[1]]()
	}
	fmt.Println("end")
}
