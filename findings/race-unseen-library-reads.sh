#!/usr/bin/env bash
# Functions of the standard library that read or write a slice: one would expect -race to see all of them or none. bytes.Equal is seen and
# bytes.Compare is not; copy is and clear of a slice is not; slices.Index is and bytes.IndexByte is not; maps.Clone is not. What ends in
# assembly or in the runtime without a mark of its own is invisible, and nothing in the documentation of a function tells which it is.
# A tool that lists the accesses of a program through the race runtime's hooks misses these; one that watches memory does not.
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
	"bytes"
	"maps"
	"os"
	"runtime"
	"slices"
	"unsafe"
)

var buffer = make([]byte, 64)
var other = make([]byte, 64)
var text = unsafe.String(&buffer[0], len(buffer))
var plain = string(make([]byte, 64))
var table = map[int]int{1: 1}
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

func main() {
	what := os.Args[1]
	go func() {
		switch what {
		case "clear":
			clear(buffer)
		case "maps.Clone":
			table[1] = 2
		default:
			copy(buffer, other)
		}
		pass()
		select {}
	}()
	await(1)
	found := false
	switch what {
	case "bytes.Equal":
		found = bytes.Equal(buffer, other)
	case "bytes.Compare":
		sink = bytes.Compare(buffer, other)
	case "bytes.IndexByte":
		sink = bytes.IndexByte(buffer, 'x')
	case "bytes.Index":
		sink = bytes.Index(buffer, []byte("xyz"))
	case "bytes.Count":
		sink = bytes.Count(buffer, []byte("x"))
	case "slices.Index":
		sink = slices.Index(buffer, 'x')
	case "copy":
		sink = copy(other, buffer)
	case "clear":
		sink = int(buffer[3])
	case "string-comparison":
		found = text == plain
	case "string-conversion":
		sink = len(string(buffer))
	case "maps.Clone":
		sink = len(maps.Clone(table))
	}
	if found {
		sink = 1
	}
}
END
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version
  go build -race -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
  for row in 'bytes.Equal 1' 'bytes.Compare 0' 'bytes.IndexByte 0' 'bytes.Index 0' 'bytes.Count 0' 'slices.Index 1' 'copy 1' 'clear 0' \
    'string-comparison 0' 'string-conversion 1' 'maps.Clone 0'; do
    set -- $row
    GORACE='exitcode=0 atexit_sleep_ms=0' ./shelf "$1" 2>out.txt
    [ "$(grep -c 'WARNING: DATA RACE' out.txt)" = "$2" ] || fail "$version: $1: not $2 reports"
  done
done
echo 'ok: the race detector sees bytes.Equal, slices.Index, copy, not bytes.Compare, IndexByte, Index, Count, clear, maps.Clone'
