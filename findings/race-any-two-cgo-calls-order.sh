#!/usr/bin/env bash
# Two goroutines share a variable without a lock; each also calls a C function that does nothing, a different one. One would expect -race to
# report the variable all the same: the calls share nothing. It reports nothing: each call of C releases, and each return from C acquires, one
# place common to the whole program, so that what came before any earlier cgo call stands before what follows any later one. A program that
# logs, or asks a database, through C is therefore checked far less than its test run suggests; without the calls the same race is reported.
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

// static void log_it(void) {}
// static int twice(int n) { return 2 * n; }
import "C"

import (
	"os"
	"runtime"
)

var data, sink int

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
	who := os.Args[1]
	go func() {
		data = 1
		if who == "both" || who == "writer" {
			C.log_it()
		}
		pass()
		select {}
	}()
	await(1)
	if who == "both" || who == "reader" {
		C.twice(2)
	}
	sink = data
}
END
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version
  go build -race -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
  for row in 'neither 1' 'both 0' 'writer 1' 'reader 1'; do
    set -- $row
    GORACE='exitcode=0 atexit_sleep_ms=0' ./shelf "$1" 2>out.txt
    [ "$(grep -c 'WARNING: DATA RACE' out.txt)" = "$2" ] || fail "$version: calls of C by $1: not $2 reports"
  done
done
echo 'ok: a race is silent once both goroutines have called C, whatever they called; with one of them or neither calling it is reported'
