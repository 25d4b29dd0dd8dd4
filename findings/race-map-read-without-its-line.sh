#!/usr/bin/env bash
# A function reads m[key] while another goroutine writes the map. One would expect the report to name the line that reads, as it does for any
# variable. In Go 1.27 the reader is missing: mapaccess2_faststr, mapaccess1_faststr, and then the reader's caller. 1.26 names the reader, and
# 1.27 does for the form with two results. Who reads such a report, or makes links of it, should look for the read in what the first function
# of his own that it names calls on that line.
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
)

var prices = map[string]int{"tea": 3}
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
func one() { sink = prices["tea"] }

//go:noinline
func two() {
	price, known := prices["tea"]
	if known {
		sink = price
	}
}

//go:noinline
func bill(form string) {
	if form == "one" {
		one()
	} else {
		two()
	}
}

func main() {
	go func() {
		prices["tea"] = 4
		pass()
		select {}
	}()
	await(1)
	bill(os.Args[1])
}
END
report() { # the functions of the first report's read, from the inside out
  export GOTOOLCHAIN=$1
  go build -race -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
  GORACE='exitcode=0 atexit_sleep_ms=0' ./shelf "$2" 2>out.txt
  awk '/^Read at/ { on = 1; next } /^$/ { if (on) exit } on && /\(\)$/ { printf "%s ", $1 }' out.txt
}
expect() {
  seen=$(report "$1" "$2")
  [ "$seen" = "$3" ] || fail "$1, $2: the report's frames are: $seen"
}
expect go1.26.8 one 'runtime.mapaccess1_faststr() main.one() main.bill() main.main() '
expect go1.27.3 one 'runtime.mapaccess2_faststr() runtime.mapaccess1_faststr() main.bill() main.main() '
expect go1.27.3 two 'runtime.mapaccess2_faststr() main.two() main.bill() main.main() '
echo 'ok: a race report of Go 1.27.3 on v := m[key] leaves out the function that reads; 1.26.8, and v, ok := m[key], have it'
