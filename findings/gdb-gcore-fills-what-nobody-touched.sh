#!/usr/bin/env bash
# A core file of a program that has asked for much memory and touched a page of it: one would expect that it takes room for that page, as the kernel's
# core files do. gdb's generate-core-file reads every page of every readable mapping and writes it: 512 MB of zeros here, on the disk, for 4 KB. A Go
# program built with -race, whose detector maps its shadow so, gives a file of 1.8 GB where the kernel's takes 14 MB.
# Seen with gdb 13.1 (Debian 12) on linux/amd64. Needs that gdb and gcc, and may trace processes.
set -eu
for tool in gdb gcc; do command -v "$tool" >/dev/null || { echo "skip: $tool is missing"; exit 0; }; done
gdb --version | grep -q ' 13\.1' || { echo "skip: another gdb: $(gdb --version | head -1)"; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
cat >wide.c <<'END'
#include <stdlib.h>
#include <sys/mman.h>

enum { SIZE = 256 << 20 };

static char *wide(int protection) {
  char *at = mmap(NULL, SIZE, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) exit(1);
  return at;
}

int main(void) {
  wide(PROT_READ);
  *wide(PROT_READ | PROT_WRITE) = 1;
  abort();
}
END
gcc -o wide wide.c
blocks() { echo $(($(stat -c %b "$1") * $(stat -c %B "$1") / 1048576)); }
gdb -nx -batch -ex run -ex 'generate-core-file gdb.core' ./wide >gdb.txt 2>&1 || { echo 'skip: gdb may not trace here'; exit 0; }
[ -f gdb.core ] || { echo 'skip: gdb has written no core file'; exit 0; }
echo "gdb's core file takes $(blocks gdb.core) MB of the disk"
[ "$(blocks gdb.core)" -ge 512 ] || fail "gdb leaves holes for what nobody touched: $(blocks gdb.core) MB"
case $(cat /proc/sys/kernel/core_pattern) in
'|'* | */*) echo 'the kernel writes none here to compare' ;;
*)
  (ulimit -c unlimited; ./wide >/dev/null 2>&1) || true
  for core in core*; do
    [ -f "$core" ] || continue
    echo "the kernel's takes $(blocks "$core") MB"
    [ "$(blocks "$core")" -le 16 ] || fail "the kernel fills it, too: $(blocks "$core") MB"
  done
  ;;
esac
