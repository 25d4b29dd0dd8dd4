// Writes past the end of an array, onto its caller's return address: never without an argument, then by one word or by all of it.
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline, noipa)) static void put(unsigned long *p, int n) { p[n] = 0x1234; }

__attribute__((noinline, noipa)) static int inner(int n) {
  unsigned long b[3] = {1, 2, 3};
  put(b, n);
  return (int)b[0];
}

__attribute__((noinline, noipa)) static int outer(int n) { return inner(n) + 1; }

int main(int argc, char **argv) {
  printf("%d\n", outer(argc > 1 ? atoi(argv[1]) : 1));
  return 0;
}
