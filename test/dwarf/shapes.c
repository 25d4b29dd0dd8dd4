/* One of each kind of type that C has, and functions whose variables move about when they are optimised. */
#include <stdio.h>
#include <string.h>

struct point {
  int x, y;
  struct {
    unsigned a : 3, b : 7;
    signed c : 20;
    unsigned long wide : 40;
  } bits;
};
typedef struct point point_t;

union number {
  int i;
  double d;
  char bytes[8];
};

enum color { RED, GREEN = 5, BLUE, DARK = -1 };

typedef int (*callback)(int, const char *);

struct list {
  struct list *next;
  point_t p;
  callback f;
  enum color c;
  union number u;
  const volatile char *restrict s;
  int m[3][4];
  int (*rows)[4];
  _Bool flag;
  long double ld;
  struct opaque *hidden;
  unsigned char tail[];
};

static struct list head;
int counter = 3;
__thread int per_thread = 4;
static const char *const names[] = {"a", "b"};

static inline int square(int v) {
  int r = v * v;
  return r + counter;
}

static int twice(int v) {
  int first = square(v);
  int second = square(v + 1);
  return first + second;
}

__attribute__((noinline)) static long mix(long a, long b, const char *text) {
  long sum = a * 3;
  long left = b;
  while (left > 0) {
    long step = left & 3;
    sum += step ^ a;
    left -= 2;
  }
  int length = (int)strlen(text);
  return sum + length;
}

__attribute__((noinline)) int apply(int n, const char *s) {
  int t = 0;
  for (int i = 0; i < n; i++) {
    int q = twice(i);
    t += q;
    if (t > 20) {
      long z = t;
      t -= (int)z / 2;
    }
  }
  long m = mix(t, n, s);
  return t + (int)m + head.p.x;
}

int main(int argc, char **argv) {
  head.f = apply;
  head.m[1][2] = argc;
  enum color c = argc > 1 ? RED : BLUE;
  head.c = c;
  int result = head.f(argc + 5, argv[0]);
  printf("%d %d %s\n", result, per_thread, names[0]);
  return 0;
}
