#!/usr/bin/env bash
# A program built with -race that found a race ends with status 66, so one would expect a check of 66 to find every racy run. It is set only
# where the program would have ended well: after os.Exit(3) the status is 3, and the closing line "Found 1 data race(s)" is missing too; with
# os.Exit(0), or at the end of main, both are there. The race itself is reported in all three. A harness must look for the report, not
# the status, and a debugger that emulates the end of a process must not let the race runtime finish every one of them.
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
	"strconv"
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
	go func() {
		data = 1
		pass()
		select {}
	}()
	await(1)
	sink = data
	if status, err := strconv.Atoi(os.Args[1]); err == nil {
		os.Exit(status)
	}
}
END
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version
  go build -race -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
  for row in 'end 66 1' '0 66 1' '3 3 0'; do
    set -- $row
    status=0
    GORACE='atexit_sleep_ms=0' ./shelf "$1" 2>out.txt || status=$?
    grep -q 'WARNING: DATA RACE' out.txt || fail "$version: $1: no report"
    [ $status = "$2" ] || fail "$version: $1: status $status, not $2"
    [ "$(grep -c '^Found 1 data race' out.txt)" = "$3" ] || fail "$version: $1: the line Found 1 data race(s) is not there $3 times"
  done
done
echo 'ok: after a race the end of main and os.Exit(0) give status 66 and a closing line, os.Exit(3) gives 3 and none'
