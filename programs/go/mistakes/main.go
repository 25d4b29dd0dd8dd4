// Assembly and machine code that break Go's calling conventions, one way an argument; without one, none.
package main

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// Leaves without frames.
func right(v int) int
func clobbersBP(v int) int
func leavesRoom(v int) int
func popsTooMuch(v int) int

// Writes v over its caller's return address, or over the RBP that its caller has saved.
func overReturn(v int) int
func overSaved(v int) int

// onOwn calls a function on a stack of its own, otherFS with another FS base.
func onOwn(f func(), top uintptr)
func otherFS(f func(), base uintptr)

// Leave upper halves of YMM registers to Go code, or clear them.
func leavesUpper(v int) int
func callsWithUpper(f func())
func callsThrough(f func())
func clearsUpper(v int) int
func hasItDone(v int) int

var (
	own  [1 << 16]byte
	done int
)

//go:noinline
//go:nosplit
func work() { done++ }

//go:noinline
func calls(f func(int) int, v int) int { return f(v) + 1 }

//go:noinline
func smashed(v int) int { return overReturn(v) + 1 }

//go:noinline
func unsaved(v int) int { return overSaved(v) + 1 }

// native makes a function of machine code that takes nothing and gives nothing.
func native(code []byte) func() {
	page, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE|syscall.PROT_EXEC, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	copy(page, code)
	entry := uintptr(unsafe.Pointer(&page[0]))
	closure := &entry
	return *(*func())(unsafe.Pointer(&closure))
}

var codes = map[string][]byte{
	"jit":      {0x90, 0xc3},                                     // NOP; RET
	"jit-x15":  {0x66, 0x45, 0x0f, 0x76, 0xff, 0xc3},             // PCMPEQL X15, X15; RET
	"jit-r14":  {0x45, 0x31, 0xf6, 0xc3},                         // XORL R14, R14; RET
	"jit-bp":   {0x31, 0xed, 0xc3},                               // XORL BP, BP; RET
	"jit-sp":   {0x50, 0xc3},                                     // PUSHQ AX; RET
	"jump-x15": {0x66, 0x45, 0x0f, 0x76, 0xff, 0x58, 0xff, 0xe0}, // PCMPEQL X15, X15; POPQ AX; JMP AX
	"jump":     {0x58, 0xff, 0xe0},                               // POPQ AX; JMP AX
}

// With -race only: what calls the race runtime by hand.
var races = map[string]func(int) int{}

func main() {
	way := ""
	if len(os.Args) > 1 {
		way = os.Args[1]
	}
	fmt.Println(calls(right, 20))
	switch way {
	case "bp":
		fmt.Println(calls(clobbersBP, 20))
	case "sp":
		fmt.Println(calls(leavesRoom, 20))
	case "pop":
		fmt.Println(calls(popsTooMuch, 20))
	case "return":
		fmt.Println(smashed(0x4141414141414141))
	case "saved":
		fmt.Println(unsaved(0x4242))
	case "own":
		onOwn(work, uintptr(unsafe.Pointer(&own[len(own)-16])))
	case "fs":
		otherFS(work, uintptr(unsafe.Pointer(&own[len(own)/2])))
	case "upper":
		fmt.Println(calls(leavesUpper, 20))
	case "upper-call":
		callsWithUpper(work)
	case "upper-through":
		callsThrough(work)
		callsThrough(work)
	case "upper-below":
		calls(clearsUpper, 20)
		fmt.Println(calls(hasItDone, 20))
	case "upper-clear":
		fmt.Println(calls(clearsUpper, 20))
	default:
		if code, ok := codes[way]; ok {
			native(code)()
		} else if f, ok := races[way]; ok {
			fmt.Println(calls(f, 20))
		}
	}
	fmt.Println("end")
}
