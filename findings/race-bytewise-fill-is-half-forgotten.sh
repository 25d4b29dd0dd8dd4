#!/usr/bin/env bash
# A goroutine fills a byte slice in a loop, one other reads one element without a lock. One would expect -race to report every index: there are
# only two goroutines, and so no lack of room. Of each aligned eight bytes only the four written last are remembered: a word has four cells,
# each written byte takes one, and so a goroutine drives out its own accesses. Filled upwards, a read of index 0 to 3 is silent and of 4 to 7
# is reported; filled downwards, the reverse. Elements of eight bytes, or copy, have no such gap. Byte buffers are tested less than they seem.
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

var buffer, model [64]byte
var sink byte

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
func fill(way string) {
	switch way {
	case "up":
		for i := range buffer {
			buffer[i] = byte(i)
		}
	case "down":
		for i := len(buffer) - 1; i >= 0; i-- {
			buffer[i] = byte(i)
		}
	case "copy":
		copy(buffer[:], model[:])
	}
}

func main() {
	index, _ := strconv.Atoi(os.Args[2])
	go func() {
		fill(os.Args[1])
		pass()
		select {}
	}()
	await(1)
	sink = buffer[index]
}
END
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version
  go build -race -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
  for row in 'up 00001111' 'down 11110000' 'copy 11111111'; do
    set -- $row
    seen=
    for index in 8 9 10 11 12 13 14 15; do
      GORACE='exitcode=0 atexit_sleep_ms=0' ./shelf "$1" $index 2>out.txt
      seen=$seen$(grep -c 'WARNING: DATA RACE' out.txt || true)
    done
    [ "$seen" = "$2" ] || fail "$version: filled by $1, reads of the eight bytes of a word give $seen, not $2"
  done
done
echo 'ok: of a word filled byte by byte the race detector remembers the four bytes written last; of one filled by copy all eight'
