/* Ends by the way its argument names: abort, a null pointer, a stack overflow, a division, an exit code, quick_exit, a failed assertion. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int overflow(volatile int n) {
  volatile char pad[1000];
  pad[n % 1000] = (char)n;
  return overflow(n + 1) + pad[n % 1000];
}

int main(int argc, char **argv) {
  const char *way = argc > 1 ? argv[1] : "abort";
  volatile int zero = 0;
  volatile int *volatile null = NULL;
  printf("ending by %s\n", way);
  fflush(stdout);
  if (!strcmp(way, "abort")) abort();
  if (!strcmp(way, "null")) *null = 1;
  if (!strcmp(way, "overflow")) return overflow(0);
  if (!strcmp(way, "divide")) return argc / zero;
  if (!strcmp(way, "exit")) exit(200);
  if (!strcmp(way, "quick")) _exit(17);
  if (!strcmp(way, "trap")) __builtin_trap();
  if (!strcmp(way, "assert")) assert(zero == 1);
  return 0;
}
