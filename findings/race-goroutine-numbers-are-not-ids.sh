#!/usr/bin/env bash
# "Goroutine 8 (running) created at": one would expect the number to be the goroutine's own id, the one that a traceback or a debugger prints.
# It is the race runtime's count of contexts ever made, in which the runtime's goroutines, timers and finalizers have part: it differs from the
# id, is not used again, and moves by one with the `go` line of go.mod, as go 1.25 starts one more goroutine of the runtime. A tool that ties
# reports to goroutines needs a table of its own.
# Seen with Go 1.26.8 and 1.27.3 on linux/amd64. Needs go (1.21 or later) and gcc.
set -eu
command -v go >/dev/null && command -v gcc >/dev/null || { echo 'skip: go or gcc is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
unset GORACE GODEBUG GOEXPERIMENT GOAMD64
export GOENV=off GOWORK=off GO111MODULE=on CGO_ENABLED=1 GOMODCACHE="$tmp/mod" GOFLAGS='-modcacherw -trimpath -buildvcs=false'
cat >main.go <<'END'
package main

import (
	"fmt"
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
	for range 100 {
		done := make(chan int)
		go func() { close(done) }()
		<-done
	}
	go func() {
		text := make([]byte, 64)
		fmt.Println(string(text[:runtime.Stack(text, false)]))
		data = 1
		pass()
		select {}
	}()
	await(1)
	sink = data
}
END
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version
  last=
  for language in 1.24 1.25; do
    printf 'module shelf\ngo %s\n' $language >go.mod
    go build -race -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
    GORACE='exitcode=0 atexit_sleep_ms=0' ./shelf >id.txt 2>out.txt
    id=$(sed -n 's/^goroutine \([0-9]*\) .*/\1/p' id.txt)
    number=$(sed -n 's/^Goroutine \([0-9]*\) (running) created at:/\1/p' out.txt)
    [ -n "$id" ] && [ -n "$number" ] || fail "$version: no id or no report"
    [ "$id" != "$number" ] || fail "$version, go $language: the report's number is the goroutine's id, $id"
    [ "$number" -gt 100 ] || fail "$version, go $language: after a hundred goroutines that ended the number is $number"
    [ -z "$last" ] || [ "$number" = $((last + 1)) ] || fail "$version: number $last with go 1.24, $number with go 1.25"
    last=$number
  done
done
echo "ok: a race report's goroutine numbers are not ids, are not used again, and are one higher with go 1.25 in go.mod than with 1.24"
