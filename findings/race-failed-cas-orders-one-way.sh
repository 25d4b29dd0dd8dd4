#!/usr/bin/env bash
# A CompareAndSwap that fails changes nothing, so one would expect the race detector to treat it as an atomic load. It is between the two: it
# orders what comes after it behind the last store, as a load does; it passes nothing on to those who load later, unlike one that succeeds;
# and yet in a report it is a write: a plain read beside it is reported as racing with a "Previous write", where an atomic load beside a plain
# read is no race. A model of the detector needs a third kind of access.
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
	"os"
	"runtime"
	"sync/atomic"
)

var data, sink int
var flag int32

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

func main() {
	way := os.Args[1]
	go func() {
		data = 1
		switch way {
		case "failed-after-store":
			atomic.StoreInt32(&flag, 1)
		case "failed-before-load", "plain-read-beside-failed":
			atomic.CompareAndSwapInt32(&flag, 5, 6)
		case "succeeded-before-load":
			atomic.CompareAndSwapInt32(&flag, 0, 6)
		case "plain-read-beside-load":
			atomic.LoadInt32(&flag)
		}
		pass()
		select {}
	}()
	await(1)
	switch way {
	case "failed-after-store":
		atomic.CompareAndSwapInt32(&flag, 5, 6)
		sink = data
	case "failed-before-load", "succeeded-before-load":
		atomic.LoadInt32(&flag)
		sink = data
	default:
		sink = int(flag)
	}
}
END
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version
  go build -race -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
  for row in 'failed-after-store 0' 'failed-before-load 1' 'succeeded-before-load 0' 'plain-read-beside-failed 1' 'plain-read-beside-load 0'; do
    set -- $row
    GORACE='exitcode=0 atexit_sleep_ms=0' ./shelf "$1" 2>out.txt
    [ "$(grep -c 'WARNING: DATA RACE' out.txt)" = "$2" ] || fail "$version: $1: not $2 reports"
  done
  GORACE='exitcode=0 atexit_sleep_ms=0' ./shelf plain-read-beside-failed 2>out.txt
  grep -q '^Previous write at' out.txt || fail "$version: the failed CompareAndSwap is not reported as a write"
done
echo 'ok: to the race detector a failed CompareAndSwap takes an order like a load, gives none, and is reported as a write'
