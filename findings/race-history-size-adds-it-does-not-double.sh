#!/usr/bin/env bash
# GORACE=history_size=N is documented as 32K * 2^N remembered accesses a goroutine, 1 when not set: 7 would be four million. Measured, the
# default keeps about 49,000 and 7 about 163,000: a size adds a part of 16,384, it does not double. And a race whose first access is older is
# not printed with "failed to restore the stack", as one may have read: it is not printed at all, so raising the number a little is no answer
# for a long run. (The margins below are wide; the ends were found by bisection.)
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
var many [1 << 18]int

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
	accesses, _ := strconv.Atoi(os.Args[1])
	go func() {
		data = 1
		for i := range accesses {
			many[i] = i
		}
		pass()
		select {}
	}()
	await(1)
	sink = data
}
END
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version
  go build -race -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
  for row in '0 40000 1' '0 60000 0' '1 60000 1' '1 80000 0' '7 150000 1' '7 200000 0'; do
    set -- $row
    GORACE="history_size=$1 exitcode=0 atexit_sleep_ms=0" ./shelf "$2" 2>out.txt
    [ "$(grep -c 'WARNING: DATA RACE' out.txt)" = "$3" ] || fail "$version: history_size=$1, $2 accesses since: not $3 reports"
    ! grep -q 'failed to restore' out.txt || fail "$version: a report without its stack was printed"
  done
  GORACE='exitcode=0 atexit_sleep_ms=0' ./shelf 60000 2>out.txt
  ! grep -q 'WARNING: DATA RACE' out.txt || fail "$version: without history_size, 60,000 accesses are remembered"
done
echo 'ok: a race is found 40,000 accesses later and lost without a word at 60,000; with history_size=7 found at 150,000, lost at 200,000'
