/* Loads malloc, calloc, realloc and free with a reproducible mix of sizes, small and mapped. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t state = 1;
static uint32_t next(void) {
  state = state * 1664525u + 1013904223u;
  return state >> 8;
}

int main(void) {
  enum { slots = 256 };
  unsigned char *block[slots] = {0};
  size_t size[slots] = {0};
  unsigned long sum = 0;
  for (int i = 0; i < 20000; i++) {
    unsigned s = next() % slots;
    if (block[s]) {
      for (size_t j = 0; j < size[s]; j += 509) sum += block[s][j] == (unsigned char)s;
      if (next() % 3 == 0) {
        size_t bigger = size[s] * 2 + 1;
        if (bigger > 300000) bigger = 10;
        block[s] = realloc(block[s], bigger);
        memset(block[s], (int)s, bigger);
        size[s] = bigger;
        continue;
      }
      free(block[s]);
      block[s] = NULL;
    } else {
      size[s] = next() % (next() % 64 ? 700 : 200000) + 1;
      block[s] = next() % 2 ? malloc(size[s]) : calloc(1, size[s]);
      memset(block[s], (int)s, size[s]);
    }
  }
  printf("%lu\n", sum);
  void *aligned = NULL;
  int error = posix_memalign(&aligned, 4096, 10000);
  printf("%d %d\n", error, (int)((uintptr_t)aligned % 4096));
  volatile size_t absurd = (size_t)-100;
  printf("%d\n", malloc(absurd) == NULL);
  return 0;
}
