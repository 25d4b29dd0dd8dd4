// Command orders has bugs that only some orders of its goroutines show, one an argument; with a second argument, mended, the same without the bug.
// In the usual order each does well.
package main

import (
	"fmt"
	"os"
	"sort"
)

// A bug takes whether it is mended. What it does wrong is a panic, fail, a wait for ever, or a data race.
var bugs = map[string]func(mended bool){
	"use-before-set":   useBeforeSet,
	"use-after-close":  useAfterClose,
	"published-early":  publishedEarly,
	"late-callback":    lateCallback,
	"map-order":        mapOrder,
	"dropped-wake":     droppedWake,
	"wait-once":        waitOnce,
	"signal-one":       signalOne,
	"double-close":     doubleClose,
	"send-on-closed":   sendOnClosed,
	"pair-in-crowd":    pairInCrowd,
	"two-locks":        twoLocks,
	"three-locks":      threeLocks,
	"read-twice":       readTwice,
	"lock-and-send":    lockAndSend,
	"permits":          permits,
	"add-inside":       addInside,
	"done-twice":       doneTwice,
	"leak-timeout":     leakTimeout,
	"leak-cancelled":   leakCancelled,
	"leak-first-error": leakFirstError,
	"lost-update":      lostUpdate,
	"lost-in-loop":     lostInLoop,
	"one-cpu":          oneCpu,
	"overdrawn":        overdrawn,
	"made-twice":       madeTwice,
	"aba":              aba,
	"flags":            flags,
	"select-loses":     selectLoses,
	"race-unlocked":    raceUnlocked,
	"race-window":      raceWindow,
	"race-two-windows": raceTwoWindows,
}

func fail(format string, values ...any) {
	fmt.Printf(format+"\n", values...)
	os.Exit(1)
}

func main() {
	if len(os.Args) < 2 {
		var names []string
		for name := range bugs {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			fmt.Println(name)
		}
		return
	}
	bug, known := bugs[os.Args[1]]
	if !known {
		fail("no bug is called %s", os.Args[1])
	}
	bug(len(os.Args) > 2 && os.Args[2] == "mended")
	fmt.Println("well")
}
