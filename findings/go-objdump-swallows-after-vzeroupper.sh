#!/usr/bin/env bash
# VZEROUPPER is three bytes, c5 f8 77, without a ModRM byte. One would expect a newer disassembler to be no worse than an older one. In Go 1.27.3
# `go tool objdump`, which knows more VEX instructions than that of 1.26.8, takes a ModRM byte and an operand more than there are: the instruction
# behind VZEROUPPER is shown as part of it and has no line. 1.26.8 shows both, and misreads VPXOR, which 1.27.3 shows. Neither listing says that
# anything is unsure. Delve 1.27.2, looked at apart from this script, hides the instruction too.
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

func vector()

func main() { vector() }
END
cat >vector.s <<'END'
#include "textflag.h"

TEXT ·vector(SB), NOSPLIT, $0-0
	VZEROUPPER
	MOVL $7, CX
	VPXOR Y0, Y0, Y0
	RET
END
listing() {
  export GOTOOLCHAIN=$1 GOOS=linux GOARCH=amd64
  go build -o shelf . 2>build.log || { cat build.log >&2; exit 1; }
  go tool objdump -s '^main\.vector' shelf >$1.txt
  grep -q VZEROUPPER $1.txt || fail "$1: no VZEROUPPER in the listing"
}
listing go1.26.8
grep -qE '[[:space:]]c5f877[[:space:]]+VZEROUPPER' go1.26.8.txt || fail 'go1.26.8: VZEROUPPER is not three bytes'
grep -q 'MOVL \$0x7, CX' go1.26.8.txt || fail 'go1.26.8: the MOVL behind VZEROUPPER is missing'
! grep -q VPXOR go1.26.8.txt || fail 'go1.26.8: VPXOR is shown'
listing go1.27.3
grep -qE '[[:space:]]c5f877b907000000[[:space:]]+VZEROUPPER' go1.27.3.txt || fail 'go1.27.3: VZEROUPPER does not hold the next instruction'
! grep -q MOVL go1.27.3.txt || fail 'go1.27.3: the MOVL behind VZEROUPPER is shown'
grep -q 'VPXOR Y0, Y0, Y0' go1.27.3.txt || fail 'go1.27.3: VPXOR is not shown'
echo 'ok: go tool objdump of Go 1.27.3 hides the instruction behind VZEROUPPER; 1.26.8 shows it, and misreads VPXOR'
