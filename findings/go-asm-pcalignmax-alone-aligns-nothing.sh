#!/usr/bin/env bash
# PCALIGNMAX $16, without its second operand: one would expect the alignment that PCALIGN $16 gives, or an error, as PCALIGN has one for any other
# number of operands. Go's assembler takes it and reads the missing limit as 0: it fills no byte, and the code behind it is not aligned. Of three
# operands the last is the limit, and the one between is forgotten. Neither the assembler nor go vet says a word.
# Seen with Go 1.26.8 and 1.27.3 on linux/amd64. Needs go (1.21 or later).
set -eu
command -v go >/dev/null || { echo 'skip: go is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
unset GOEXPERIMENT GOAMD64
export GOENV=off GOOS=linux GOARCH=amd64 GOMODCACHE="$tmp/mod" GOFLAGS=-modcacherw
# The bytes between a RET and the next, after one directive.
between() {
  printf '#include "textflag.h"\nTEXT ·f(SB), NOSPLIT, $0-0\n\tRET\n\t%s\n\tRET\n' "$1" >pad.s
  go tool asm -p pad -I "$(go env GOROOT)/pkg/include" -o pad.o pad.s >asm.txt 2>&1 || { echo refused; return; }
  set -- $(go tool objdump pad.o | awk '/RET/ { print $2 }')
  echo $(($2 - $1 - 1))
}
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version
  go version >/dev/null 2>&1 || { echo "skip: $version cannot be fetched"; exit 0; }
  seen="$(between 'PCALIGN $16') $(between 'PCALIGNMAX $16, $15') $(between 'PCALIGNMAX $16') $(between 'PCALIGNMAX $16, $15, $0') $(between 'PCALIGN $16, $15')"
  [ "$seen" = '15 15 0 0 refused' ] || fail "$version: $seen"
done
echo 'ok: PCALIGNMAX $16 fills no byte where PCALIGN $16 fills 15, and of three operands the last counts'
