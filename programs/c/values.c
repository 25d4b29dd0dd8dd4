/* C values of every kind, for expressions in C frames. */
#include <complex.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <uchar.h>
#include <wchar.h>

enum color { RED, GREEN = 5, BLUE };
enum flags { FLAG_A = 1, FLAG_B = 2, FLAG_C = 4 };

struct point {
  int x, y;
};

union number {
  int64_t whole;
  double real;
};

struct node {
  struct node *next;
  const char *name;
  struct point at;
  unsigned char bits : 3;
  signed int narrow : 5;
  enum color color;
  union number number;
  double weights[3];
  char tag[8];
  int (*call)(int);
  struct {
    short a, b;
  };
};

typedef unsigned long word;
typedef struct point point_t;

int twice(int n) { return 2 * n; }

char letter = 'A', newline = '\n', high = '\200';
signed char small = -5;
unsigned char byte = 200;
short shorty = -300;
unsigned short ushorty = 65000;
int number = -70000;
unsigned int unumber = 4000000000u;
long big = -5000000000;
unsigned long ubig = 18446744073709551615ul;
long long longest = 1;
word a_word = 0x1234;
bool yes = true, no = false;
float f = 0.1f;
double d = 1.0 / 3, large = 1e300, tiny = 1e-7, whole = 3, negative = -0.5, zero = 0;
long double ld = 2.5L;
double complex z = 1 + 2 * I;
enum color color = GREEN, odd = 3;
enum flags flags = FLAG_A | FLAG_C, unknown = 9;
const char *text = "hello \"world\"\n\t\001";
wchar_t wide[8] = L"w\u00e9\n\U0001F600", wide_full[3] = {L'a', L'b', L'c'}, wide_bad[4] = {0x110000, -1, 7, 0}, wide_one = L'\u00e9', escape = 27;
wchar_t *wide_text = L"a \"word\"", *wide_null, wide_two[2][3] = {L"ab", L"c"}, wide_same[20] = L"xyyyyyyyyyyyyz";
char16_t utf16[6] = u"h\u00e9\U0001F600", utf16_one = u'z', utf16_half[2] = {0xd83d, 'x'};
const char16_t *utf16_text = u"p16";
char32_t utf32[4] = U"x\U0001F600", utf32_one = 0x1F600;
const char *empty = "", *null;
const char *very_long = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";
char buffer[16] = "buf", full[4] = "full";
int numbers[5] = {1, 2, 3, 4, 5};
int zeros[20];
int grid[2][3] = {{1, 2, 3}, {4, 5, 6}};
struct point origin = {3, -4};
struct point points[2] = {{1, 2}, {3, 4}};
point_t named = {7, 8};
union number u = {.real = 1.5};
struct node first = {0, "first", {1, 2}, 5, -3, BLUE, {42}, {0.5, 1, 2}, "tag", twice, {6, 7}};
struct node second = {&first, "second", {3, 4}, 1, 2, RED, {1}, {0}, "", 0, {0}};
struct node *head = &second;
int (*function)(int) = twice;
void *opaque = &number;
int *pnumber = &numbers[1];
struct point *pp = &points[0];
const char *words[3] = {"one", "two", 0};

__attribute__((noinline)) int stop(int n, struct point p, const char *s, double x) {
  int local = n * 2;
  struct point copy = p;
  volatile char *bytes = (volatile char *)s;
  return local + copy.x + bytes[0] + (int)x;
}

int main(void) { return stop(21, origin, text, 2.5) == 0; }

/* Control characters, bytes that are no UTF-8, and UTF-8 that is printable and not. */
const char *raw = "a \"b\"\n\001" "7\033[0m'\\\177 \272" "8 caf\303\251 \302\200 \342\202\254 \360\237\230\200\377";
