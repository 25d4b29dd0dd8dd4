#!/usr/bin/env bash
# MOVQ M0, M1: one would expect the move between two MMX registers that it says, or an error. Go's assembler makes 48 0f 6e c8, which is
# MOVQ AX, M1: it takes the number of M0 for that of a general register. In the other direction it takes PADDB R9, M2 for PADDB M1, M2 with a prefix
# that says nothing. Neither the assembler nor go vet says a word; go tool objdump shows what was made.
# Seen with Go 1.26.8 on linux/amd64. Needs go (1.21 or later).
set -eu
command -v go >/dev/null || { echo 'skip: go is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
unset GOEXPERIMENT GOAMD64
export GOENV=off GOOS=linux GOARCH=amd64 GOMODCACHE="$tmp/mod" GOFLAGS=-modcacherw
# What the assembler makes of one line, as the disassembler reads it.
made() {
  printf '#include "textflag.h"\nTEXT ·f(SB), NOSPLIT, $0-0\n\t%s\n\tRET\n' "$1" >mmx.s
  go tool asm -p mmx -I "$(go env GOROOT)/pkg/include" -o mmx.o mmx.s >asm.txt 2>&1 || { echo refused; return; }
  go tool objdump mmx.o | awk '/mmx.s:3/ { code = $3; $1 = $2 = $3 = ""; sub(/^ +/, ""); print code ": " $0 }'
}
export GOTOOLCHAIN=go1.26.8
go version >/dev/null 2>&1 || { echo 'skip: go1.26.8 cannot be fetched'; exit 0; }
seen="$(made 'MOVQ M0, M1')|$(made 'PADDB R9, M2')|$(made 'MOVL M0, M1')"
[ "$seen" = '480f6ec8: MOVQ AX, M1|410ffcd1: PADDB M1, M2|refused' ] || fail "$seen"
echo 'ok: MOVQ M0, M1 is assembled as MOVQ AX, M1, and PADDB R9, M2 as PADDB M1, M2'
