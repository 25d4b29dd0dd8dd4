#!/usr/bin/env bash
# The linker adds up the stack of chains of NOSPLIT functions and refuses what does not fit below the guard. One would expect it to count what
# assembly takes off SP. It counts frames, PUSH and POP; `SUBQ $100000, SP` counts nothing, while `TEXT ·f(SB), NOSPLIT, $100000` is refused.
# `go vet` says nothing of it either.
# Seen with Go 1.26.8 and 1.27.3 on linux/amd64. Needs go (1.21 or later).
set -eu
command -v go >/dev/null || { echo 'skip: go is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
unset GORACE GODEBUG GOEXPERIMENT GOAMD64
export GOENV=off GOWORK=off GO111MODULE=on CGO_ENABLED=0 GOMODCACHE="$tmp/mod" GOFLAGS='-modcacherw -trimpath -buildvcs=false'
cat >go.mod <<'EOF'
module shelf
go 1.25
EOF
cat >main.go <<'EOF'
package main

func deep()

func main() { deep() }
EOF
frame() { printf '#include "textflag.h"\n\nTEXT ·deep(SB), NOSPLIT, $%s-0\n%s\tRET\n' "$1" "$2" >deep.s; }
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version GOOS=linux GOARCH=amd64
  frame 100000 ''
  if go build -o shelf . 2>build.log; then fail "$version: a NOSPLIT frame of 100000 bytes is linked"; fi
  grep -q 'nosplit stack overflow\|nosplit stack over' build.log || { cat build.log >&2; fail "$version: refused for another reason"; }
  frame 0 "$(printf '\tSUBQ $100000, SP\n\tADDQ $100000, SP\n\t')"
  go vet . || fail "$version: go vet says something"
  go build -o shelf . || fail "$version: SUBQ of SP is refused"
done
echo 'ok: the linker does not count what SUBQ takes off the stack of a NOSPLIT function (Go 1.26.8, 1.27.3)'
