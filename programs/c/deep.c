/* Calls itself as often as its argument says, and waits at the innermost call for the debugger: kill(2) with signal 0 does nothing. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

__attribute__((noinline)) static long deeper(long depth) {
  if (depth == 0) return kill(getpid(), 0);
  return deeper(depth - 1) + 1;
}

int main(int argc, char **argv) {
  long depth = argc > 1 ? atol(argv[1]) : 100;
  printf("%d\n", deeper(depth) == depth);
  return 0;
}
