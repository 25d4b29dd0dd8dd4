/* A xorshift over memory, without the C library's help: what the interpreter's speed is measured with. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 1000000;
  static uint64_t table[512];
  uint64_t x = 88172645463325252u;
  for (long i = 0; i < rounds; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    table[x & 511] += x;
  }
  uint64_t sum = 0;
  for (int i = 0; i < 512; i++) sum ^= table[i];
  printf("%016llx\n", (unsigned long long)sum);
  return 0;
}
