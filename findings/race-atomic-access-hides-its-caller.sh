#!/usr/bin/env bash
# A variable is stored with sync/atomic in one place and read plainly in another. One would expect the report to say "atomic write" and to name
# the line of the store. It says "Previous write", with no word of atomics, and the function that stores is not in it: two frames both called
# sync/atomic.StoreInt64 (assembly and its wrapper), then the caller of the function that stores. A reader who looks for a plain write in
# the function named finds a call of another one. A debugger that shows such a report can add the missing frame.
# Seen with Go 1.26.8 and 1.27.3 on linux/amd64. Needs go (1.21 or later) and gcc.
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
	"sync/atomic"
)

var ready, sink int64

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
func publish() { atomic.StoreInt64(&ready, 1) }

//go:noinline
func start() { publish() }

func main() {
	go func() {
		start()
		pass()
		select {}
	}()
	await(1)
	sink = ready
}
END
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version
  go build -race -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
  GORACE='exitcode=0 atexit_sleep_ms=0' ./shelf 2>out.txt
  grep -q '^Previous write at' out.txt || fail "$version: the store is not called a previous write"
  seen=$(awk '/^Previous write/ { on = 1; next } /^$/ { if (on) exit } on && /\(\)$/ { printf "%s ", $1 }' out.txt)
  [ "$seen" = 'sync/atomic.StoreInt64() sync/atomic.StoreInt64() main.start() main.main.func1() ' ] || fail "$version: the frames are: $seen"
done
echo 'ok: a race report on an atomic store names StoreInt64 twice and not the function that stores, and calls it a plain write'
