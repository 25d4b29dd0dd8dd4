#!/usr/bin/env bash
# A function runs under sync.Once and races. One would expect the report's stack to be the one that a panic there would print. Since Go 1.26.2
# it is not: package sync no longer tells the race runtime of its functions' entries, and the frame that is lost is the *caller's* of Once.Do, the
# user's own function, whose name tells which Once it was; sync.(*Once).doSlow stays. 1.26.1 has both. (An entry records the place it was
# called from, so a function that is not instrumented takes its caller's line with it, not its own.) The same is so of WaitGroup's methods.
# Seen with Go 1.26.1 and 1.26.2 on linux/amd64, and so still in 1.27.3. Needs go (1.21 or later) and gcc.
set -eu
command -v go >/dev/null && command -v gcc >/dev/null || { echo 'skip: go or gcc is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
unset GORACE GODEBUG GOEXPERIMENT GOAMD64
export GOENV=off GOWORK=off GO111MODULE=on CGO_ENABLED=1 GOMODCACHE="$tmp/mod" GOFLAGS='-modcacherw -trimpath -buildvcs=false'
cat >go.mod <<'END'
module shelf
go 1.25
END
cat >main.go <<'END'
package main

import (
	"runtime"
	"sync"
)

var once sync.Once
var table int
var sink int

// The order of the goroutines, unseen by the detector: it is no synchronisation.
var turn int

//go:norace
func await(n int) {
	for turn != n {
		runtime.Gosched()
	}
}

//go:norace
func pass() { turn++ }

//go:noinline
func fill() { table = 1 }

//go:noinline
func lookup() { once.Do(fill) }

//go:noinline
func serve() { lookup() }

func main() {
	go func() {
		serve()
		pass()
		select {}
	}()
	await(1)
	sink = table
}
END
expect() {
  export GOTOOLCHAIN=$1
  go build -race -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
  GORACE='exitcode=0 atexit_sleep_ms=0' ./shelf 2>out.txt
  seen=$(awk '/^Previous write/ { on = 1; next } /^$/ { if (on) exit } on && /\(\)$/ { printf "%s ", $1 }' out.txt)
  [ "$seen" = "$2" ] || fail "$1: the report's frames are: $seen"
}
expect go1.26.1 'main.fill() sync.(*Once).doSlow() sync.(*Once).Do() main.lookup() main.serve() main.main.func1() '
expect go1.26.2 'main.fill() sync.(*Once).doSlow() main.serve() main.main.func1() '
echo 'ok: since Go 1.26.2 a race report leaves out the function that called Once.Do; 1.26.1 has it'
