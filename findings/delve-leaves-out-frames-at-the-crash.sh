#!/usr/bin/env bash
# A crash inside the race detector, on a system stack: one would expect of a debugger for Go that it shows who was called there, down to the crash.
# Delve shows `???` for the function that crashed and leaves out what is between it and the innermost frame of Go's compiler (racecall,
# racefuncenter, its wrapper); it counts systemstack_switch as a frame, which nobody has called. When the function that runs on the system stack is
# kept from instrumentation and crashes further in, in a map iteration, Delve shows none of the frames at all.
# Delve follows RBP where it has no table; the detector's C++ has none, and uses RBP as it likes.
# Seen with Delve 1.27.2, Go 1.26.8 on linux/amd64. Needs go (1.21 or later) and gcc, may trace processes, and runs on amd64.
set -eu
for tool in go gcc; do command -v "$tool" >/dev/null || { echo "skip: $tool is missing"; exit 0; }; done
[ "$(uname -m)" = x86_64 ] || { echo 'skip: not an amd64 machine'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
unset GORACE GODEBUG GOEXPERIMENT GOAMD64
export GOENV=off GOWORK=off GO111MODULE=on GOTOOLCHAIN=go1.26.8 GOMODCACHE="$tmp/mod" GOFLAGS='-modcacherw -buildvcs=false'
GOBIN="$tmp" go install github.com/go-delve/delve/cmd/dlv@v1.27.2 >install.txt 2>&1 || { echo "skip: Delve cannot be installed"; exit 0; }
cat >go.mod <<'END'
module shelf
go 1.25
END
: >empty.s
cat >main.go <<'END'
package main

import (
	"os"
	_ "unsafe"
)

//go:linkname systemstack runtime.systemstack
func systemstack(func())

type shelf struct{ books map[string]int }

var (
	lent = &shelf{map[string]int{"a": 1}}
	sum  int
)

//go:noinline
func (s *shelf) count() { sum = len(s.books) }

//go:norace
func counts() { lent.count() }

//go:norace
func adds() {
	for _, n := range lent.books {
		sum += n
	}
}

func main() {
	if os.Args[1] == "counts" {
		systemstack(counts)
	}
	systemstack(adds)
}
END
go build -race -ldflags=-checklinkname=0 -o shelf . >build.txt 2>&1 || fail "the program is refused: $(cat build.txt)"
printf 'continue\nbt 30\nquit\n' >commands
frames() {
  ./dlv exec --allow-non-terminal-interactive=true --init commands ./shelf -- "$1" </dev/null >out.txt 2>&1 || true
  sed -n 's/\x1b\[[0-9;]*m//g; s/^ *[0-9]* *0x[0-9a-f]* in //p' out.txt | tr '\n' ' '
}
seen=$(frames counts)
[ "$seen" = 'runtime.fatalsignal runtime.sighandler runtime.sigtrampgo ??? main.(*shelf).count main.counts runtime.systemstack runtime.systemstack_switch runtime.systemstack main.main runtime.main runtime.goexit ' ] || fail "counts: $seen"
seen=$(frames adds)
case $seen in *main.* | *racecall*) fail "adds: $seen" ;; *'???'*) ;; *) fail "adds: $seen" ;; esac
echo 'ok: Delve 1.27.2 leaves out the three frames around the crash and invents systemstack_switch; of the crash in a map iteration it shows none'
