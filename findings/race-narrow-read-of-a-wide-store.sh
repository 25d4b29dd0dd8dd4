#!/usr/bin/env bash
# One goroutine stores eight bytes in one instruction, another reads one of them. One would expect -race to report it whichever byte is read,
# as an eight-byte store marks eight bytes. It is reported for byte 0 (and the lower half), never for byte 7 (or the upper half): the compiler
# hands the race runtime the address of a scalar without its size, and one byte is marked. A store of [8]byte is a range and has its size.
# A tool that shows what the detector knows of an address must not draw a scalar access as wide as the instruction.
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
	"unsafe"
)

var word uint64
var sink uint64

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
		if os.Args[1] == "array" {
			*(*[8]byte)(unsafe.Pointer(&word)) = [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
		} else {
			word = 0x0807060504030201
		}
		pass()
		select {}
	}()
	await(1)
	switch os.Args[2] {
	case "byte0":
		sink = uint64((*[8]byte)(unsafe.Pointer(&word))[0])
	case "byte7":
		sink = uint64((*[8]byte)(unsafe.Pointer(&word))[7])
	case "low":
		sink = uint64((*[2]uint32)(unsafe.Pointer(&word))[0])
	case "high":
		sink = uint64((*[2]uint32)(unsafe.Pointer(&word))[1])
	}
}
END
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version
  go build -race -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
  for row in 'scalar byte0 1' 'scalar byte7 0' 'scalar low 1' 'scalar high 0' 'array byte7 1'; do
    set -- $row
    GORACE='exitcode=0 atexit_sleep_ms=0' ./shelf "$1" "$2" 2>out.txt
    [ "$(grep -c 'WARNING: DATA RACE' out.txt)" = "$3" ] || fail "$version: a store of one $1, a read of $2: not $3 reports"
  done
done
echo 'ok: an eight-byte scalar store races with a read of its byte 0 and lower half, not of its byte 7 or upper half; an array store does'
