#!/usr/bin/env bash
# The race detector remembers four accesses for each 8 bytes. The one that Go links with GOAMD64=v3 is the same program, compiled to look at all
# four at once, so one would expect the same four. But where two of them are of the same bytes and goroutine (a write, and a read after a release),
# another write takes the place of both in the one for v1, and of the first only in the one for v3: its other places fill up earlier, so it
# forgets other accesses.
# Seen with Go 1.26.8 on linux/amd64; Go 1.22.12, 1.24.0 and 1.27.2 do the same. Needs go (1.21 or later) and gcc, and runs on amd64.
set -eu
for tool in go gcc; do command -v "$tool" >/dev/null || { echo "skip: $tool is missing"; exit 0; }; done
[ "$(uname -m)" = x86_64 ] || { echo 'skip: not an amd64 machine'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
unset GORACE GODEBUG GOEXPERIMENT GOAMD64
race=$(GOENV=off GOTOOLCHAIN=local go env GOROOT)/src/runtime/race/internal
[ -f "$race/amd64v3/race_linux.syso" ] || { echo 'skip: this Go has no race runtime for GOAMD64=v3'; exit 0; }
cat >"$tmp/main.c" <<'END_C'
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
extern void __tsan_init(void **, void **, void *), __tsan_map_shadow(void *, long), __tsan_read(void *, void *, long),
  __tsan_write(void *, void *, long), __tsan_release(void *, void *);
static void *proc;
static void callback(long command, void *argument) { if (command == 0) *(void **)argument = proc; }
int main(void) {
  void *thread, *first;
  __tsan_init(&thread, &first, callback);
  proc = first;
  char *heap = mmap((void *)0xc011110000, 1 << 16, 3, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
  __tsan_map_shadow((void *)0x500000, 4096);
  __tsan_map_shadow(heap, 1 << 16);
  __tsan_write(thread, heap, 0x1000);
  __tsan_release(thread, heap + 64);
  __tsan_read(thread, heap, 0x1008);
  __tsan_write(thread, heap, 0x1010);
  uint32_t *cells = (uint32_t *)((uintptr_t)heap * 2 + 0x200000000000);
  for (int i = 0; i < 4; i++) printf("%s ", !cells[i] ? "-" : cells[i] >> 30 & 1 ? "read" : "write");
}
END_C
for level in v1 v3; do gcc -w -no-pie -o "$tmp/$level" "$tmp/main.c" "$race/amd64$level/race_linux.syso" -lpthread; done
grep -q avx2 /proc/cpuinfo || { echo 'skip: this processor has no x86-64-v3'; exit 0; }
[ "$("$tmp/v1")" = 'write write - - ' ] || fail "for v1: $("$tmp/v1")"
[ "$("$tmp/v3")" = 'write read - - ' ] || fail "for v3: $("$tmp/v3")"
echo 'ok: after a write, a release, a read and a write of one byte the race runtime for v1 remembers two writes, that for v3 a write and the read'
