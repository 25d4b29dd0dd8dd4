#!/usr/bin/env bash
# An assembly function without NOSPLIT: one would expect a stack check in its prologue, the place where a goroutine's stack grows and, in the
# compiler's code, where it may be stopped. A leaf with a frame of 112 bytes has none, as though NOSPLIT stood there; with 120 it has one, and
# loads g into R14 from thread-local storage first. A function that calls is checked at any size.
# A tool that waits at the stack check of every function waits in vain at these, and a lesson on the check must not take a small leaf.
# Seen with Go 1.26.8 and 1.27.3 on linux/amd64. Needs go (1.21 or later).
set -eu
command -v go >/dev/null || { echo 'skip: go is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
unset GORACE GODEBUG GOEXPERIMENT GOAMD64
export GOENV=off GOWORK=off GO111MODULE=on CGO_ENABLED=0 GOMODCACHE="$tmp/mod" GOFLAGS='-modcacherw -trimpath -buildvcs=false'
cat >go.mod <<'END'
module shelf
go 1.25
END
cat >main.go <<'END'
package main

func leaf112()
func leaf120()
func calls()

func main() {
	leaf112()
	leaf120()
	calls()
}
END
cat >leaf.s <<'END'
TEXT ·leaf112(SB), 0, $112-0
	MOVQ AX, 0(SP)
	RET

TEXT ·leaf120(SB), 0, $120-0
	MOVQ AX, 0(SP)
	RET

TEXT ·calls(SB), 0, $8-0
	CALL ·leaf112(SB)
	RET
END
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version GOOS=linux GOARCH=amd64
  go build -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
  for row in 'leaf112 0' 'leaf120 1' 'calls 1'; do
    set -- $row
    go tool objdump -s "^main\\.$1" shelf >out.txt
    [ "$(grep -c 'CALL runtime.morestack' out.txt)" = "$2" ] || fail "$version: $1 has not $2 stack checks"
    [ "$(grep -c '644c8b3425f8ffffff' out.txt)" = "$2" ] || fail "$version: $1 does not load g into R14 $2 times"
  done
done
echo 'ok: an assembly leaf with a frame of 112 bytes has no stack check, one of 120 has, and one of 8 that calls has'
