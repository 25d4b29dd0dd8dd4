// Arguments that only the callers still know, over a static function of the C library that has no name: with an argument it aborts.
#include <stdio.h>
#include <stdlib.h>

static int limit;

__attribute__((noinline, noclone)) static int deep(int n, long step) {
  if (n == 0) {
    if (limit > 1) abort();
    return 1;
  }
  return deep(n - 1, step * 2) + 1;
}

__attribute__((noinline, noclone)) static int start(int n, const char *name) {
  int kept = deep(n, n + 7L);
  return kept + (int)name[0];
}

int main(int argc, char **argv) {
  (void)argv;
  limit = argc;
  printf("%d\n", start(3, "name"));
  return 0;
}
