/* Functions whose arguments and results are of every class of the psABI, for calls from a debugger and for what finish tells. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum color { RED, GREEN };
struct pair {
  int x, y;
};
struct mixed {
  double d;
  long n;
};
struct large {
  long a[4];
};

struct pair pair = {1, 2};
struct mixed mixed = {1.5, 7};
struct large large = {{1, 2, 3, 4}};
char kept[16];
int count;

int add(int a, int b) { return a + b; }
double half(double x) { return x / 2; }
float third(float x) { return x / 3; }
unsigned char next(unsigned char v) { return v + 1; }
int sum(struct pair p) { return p.x + p.y; }
struct pair make(int a) { return (struct pair){a, a + 1}; }
struct mixed mix(struct mixed m, int by) { return (struct mixed){m.d * by, m.n * by}; }
struct large fill(long a) { return (struct large){{a, 2, 3, 4}}; }
long total(struct large l) { return l.a[0] + l.a[1] + l.a[2] + l.a[3]; }
const char *name(void) { return "hello"; }
enum color other(enum color c) { return c == RED ? GREEN : RED; }
long many(long a, long b, long c, long d, long e, long f, long g, long h) { return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h; }
void keep(const char *text) { strncpy(kept, text, sizeof kept - 1); }
int counted(void) { return ++count; }
int bad(int *p) { return *p; }

int all(int n, ...) {
  va_list list;
  va_start(list, n);
  int result = 0;
  for (int i = 0; i < n; i++) result += i % 2 ? (int)va_arg(list, double) : va_arg(list, int);
  va_end(list);
  return result;
}

int main(void) {
  printf("%d %g %g %d %d %d %g\n", add(1, 2), half(3), third(1), next(255), sum(pair), make(3).y, mix(mixed, 2).d);
  printf("%ld %ld %s %d %ld %d\n", fill(1).a[0], total(large), name(), other(RED), many(1, 2, 3, 4, 5, 6, 7, 8), all(3, 1, 2.5, 3));
  keep("text");
  printf("%s %d\n", kept, counted());
  return 0;
}
