/* The string and memory functions of the C library over many lengths and alignments; conversions; locale-free formatting. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  static char a[1024], b[1024];
  uint64_t h = 14695981039346656037u;
#define MIX(v) (h = (h ^ (uint64_t)(v)) * 1099511628211u)
  for (int n = 0; n < 300; n += n < 40 ? 1 : 17) {
    for (int align = 0; align < 16; align += 3) {
      for (int i = 0; i < n; i++) a[align + i] = (char)('a' + (i * 7 + n) % 26);
      a[align + n] = 0;
      memcpy(b, a + align, (size_t)n + 1);
      MIX(strlen(a + align));
      MIX(strcmp(a + align, b) == 0);
      if (n) b[n / 2] ^= 1;
      int c = memcmp(a + align, b, (size_t)n);
      MIX(c < 0 ? 1 : c > 0 ? 2 : 3);
      c = strncasecmp(a + align, b, (size_t)n);
      MIX(c < 0 ? 1 : c > 0 ? 2 : 3);
      char *p = strchr(a + align, 'q'), *q = strrchr(a + align, 'q'), *r = memchr(a + align, 'z', (size_t)n);
      MIX(p ? p - a : -1);
      MIX(q ? q - a : -1);
      MIX(r ? r - a : -1);
      MIX(strnlen(a + align, 33));
      memmove(a + align + 5, a + align, (size_t)n);
      a[align + 5 + n] = 0;
      memset(b, n, (size_t)align + 1);
      MIX(a[align + 6]);
      p = stpcpy(b, a + align);
      MIX(p - b);
      MIX(strspn(b, "abcdefg"));
      MIX(strcspn(b, "xyz"));
      p = strpbrk(b, "mno");
      MIX(p ? p - b : -1);
      p = strstr(b, "bi");
      MIX(p ? p - b : -1);
    }
  }
  printf("%016llx\n", (unsigned long long)h);
  char line[] = "alpha,beta;;gamma delta", *save;
  for (char *t = strtok_r(line, ",; ", &save); t; t = strtok_r(NULL, ",; ", &save)) printf("[%s]", t);
  printf("\n%s\n", strerror(2));
  printf("%ld %lu %ld %d\n", strtol("-0x1fz", NULL, 16), strtoul("0777", NULL, 0), strtol("99999999999999999999", NULL, 10), atoi("12ab"));
  printf("[%5d][%-5d][%05d][%+d][%x][%#o][%c][%10.3s][%-6s][%%][%lld][%hhu][%zu][%p]\n", 42, 42, 42, 42, 255, 8, 'c', "abcdef", "ab", -1LL, 300 & 255, (size_t)7, (void *)0x1234);
  int x, y;
  char word[10];
  int scanned = sscanf("12 -7 word", "%d %d %9s", &x, &y, word);
  printf("%d %d %d %s\n", scanned, x, y, word);
  for (const char *p = "Ab1 \n~"; *p; p++) printf("%d%d%d%d%c ", !!isalpha(*p), !!isdigit(*p), !!isspace(*p), !!ispunct(*p), isprint(*p) ? toupper(*p) : '.');
  printf("\n");
  char *text;
  int made = asprintf(&text, "%s-%03d", "made", 7);
  printf("%d %s\n", made, text);
  free(text);
  return 0;
}
