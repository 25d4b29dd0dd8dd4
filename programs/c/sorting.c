/* qsort, bsearch, and a function table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int numbers(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}
static int words(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int main(void) {
  enum { count = 5000 };
  static int n[count];
  unsigned x = 2463534242u;
  for (int i = 0; i < count; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    n[i] = (int)(x % 100000);
  }
  qsort(n, count, sizeof *n, numbers);
  int ordered = 1;
  for (int i = 1; i < count; i++) ordered &= n[i - 1] <= n[i];
  printf("%d %d %d %d\n", ordered, n[0], n[count / 2], n[count - 1]);
  int *found = bsearch(&n[1234], n, count, sizeof *n, numbers);
  printf("%d\n", found && *found == n[1234]);
  const char *w[] = {"pear", "fig", "apple", "quince", "lime", "date"};
  qsort(w, 6, sizeof *w, words);
  for (int i = 0; i < 6; i++) printf("%s ", w[i]);
  printf("\n");
  div_t d = div(-17, 5);
  printf("%d %d %ld %lld\n", d.quot, d.rem, labs(-5L), llabs(-7LL));
  return 0;
}
