#!/usr/bin/env bash
# LOOP counts RCX down and jumps until it is 0. Go's assembler sends a jump that would land on a JMP on to where that JMP goes; where that is the
# JMP itself, the first jump becomes one to itself. One would expect that to be left alone for LOOP, or refused: `LOOP spin` with `spin: JMP spin`
# never comes back for RCX = 5 as it is written. As it is assembled it counts down in place and goes on behind, with RCX = 0.
# A conditional jump, JEQ say, becomes the same endless loop that it would have reached, so there nothing changes.
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

func turns(n int64) int64

func main() { println("left", turns(5)) }
EOF
cat >turns.s <<'EOF'
#include "textflag.h"

TEXT ·turns(SB), NOSPLIT, $0-16
	MOVQ n+0(FP), CX
	LOOP spin
	MOVQ CX, ret+8(FP)
	RET
spin:
	JMP spin
EOF
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version GOOS=linux GOARCH=amd64
  go build -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
  [ "$(timeout 20 ./shelf 2>&1)" = 'left 0' ] || fail "$version: it does not come back with 0"
  go tool objdump -s '^main\.turns' shelf | grep -qE '[[:space:]]e2fe[[:space:]]+LOOP' || fail "$version: LOOP does not lead to itself"
done
echo 'ok: a LOOP to an endless JMP is assembled as a LOOP to itself, which ends (Go 1.26.8, 1.27.3)'
