#!/usr/bin/env bash
# ANDQ $0xffffffff, AX: one would expect it to clear the upper half, or to be refused, as no amd64 instruction has a 64-bit mask as operand.
# Go's assembler takes it and encodes a 32-bit constant of all ones, which the processor extends by its sign: the instruction does nothing. With
# $0x7fffffff it does as it says. CMPQ against such a constant compares with -1. Neither the assembler nor go vet says a word.
# GNU as refuses the same operand. One who writes an assembler for Go's syntax must choose between compatible and safe.
# Seen with Go 1.26.8 and 1.27.3 on linux/amd64. Needs go (1.21 or later), and runs on amd64.
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

import "fmt"

func low32(x uint64) uint64
func low31(x uint64) uint64
func is32(x uint64) bool

func main() {
	const x = 0x1122334455667788
	fmt.Printf("%x %x %v %v\n", low32(x), low31(x), is32(0xffffffff), is32(1<<64-1))
}
END
[ "$(uname -m)" = x86_64 ] || { echo 'skip: not an amd64 machine'; exit 0; }
cat >mask.s <<'END'
#include "textflag.h"

// func low32(x uint64) uint64
TEXT ·low32(SB), NOSPLIT, $0-16
	MOVQ x+0(FP), AX
	ANDQ $0xffffffff, AX
	MOVQ AX, ret+8(FP)
	RET

// func low31(x uint64) uint64
TEXT ·low31(SB), NOSPLIT, $0-16
	MOVQ x+0(FP), AX
	ANDQ $0x7fffffff, AX
	MOVQ AX, ret+8(FP)
	RET

// func is32(x uint64) bool
TEXT ·is32(SB), NOSPLIT, $0-9
	MOVQ x+0(FP), AX
	CMPQ AX, $0xffffffff
	SETEQ ret+8(FP)
	RET
END
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version
  go vet . >vet.txt 2>&1 || fail "$version: go vet complains: $(cat vet.txt)"
  go build -o shelf . >build.txt 2>&1 || fail "$version: refused: $(cat build.txt)"
  seen=$(./shelf)
  [ "$seen" = '1122334455667788 55667788 false true' ] || fail "$version: $seen"
done
echo 'ok: ANDQ $0xffffffff of 0x1122334455667788 changes nothing and CMPQ $0xffffffff means -1, without a warning'
