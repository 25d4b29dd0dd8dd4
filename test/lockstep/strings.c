/* The C library's string functions over buffers of many lengths and alignments, on the stack and in static memory. */
#include "lockstep.h"
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char area[8192];

int main(void) {
  LOCKSTEP_START();
  char local[512];
  unsigned sum = 0;
  for (int length = 0; length < 140; length += 3) {
    for (int shift = 0; shift < 16; shift += 5) {
      char *text = area + 64 + shift;
      memset(text, 'a' + length % 26, (size_t)length);
      text[length] = 0;
      sum += (unsigned)strlen(text);
      memcpy(local + shift, text, (size_t)length + 1);
      sum += (unsigned)(strcmp(local + shift, text) == 0);
      if (length > 2) local[shift + length / 2] = '!';
      sum += (unsigned)memcmp(local + shift, text, (size_t)length) & 3;
      char *found = strchr(local + shift, '!');
      if (found) sum += (unsigned)(found - local);
      memmove(local + shift + 3, local + shift, (size_t)length);
      sum += (unsigned)strncmp(local + shift, text, 17) & 7;
    }
  }
  memset(area, 'x', sizeof area);
  memcpy(area + 4096, area + 1, 3000);
  memmove(area + 100, area, 4000);
  strcpy(area + 5000, "a needle in a haystack, and a needle more");
  sum += (unsigned)(strstr(area + 5000, "needle more") - area) + (unsigned)(strrchr(area + 5000, 'k') - area);
  sum += (unsigned)strspn(area + 5000, "a neld") + (unsigned)strcspn(area + 5000, "hk");
  sum += (unsigned)strtol("-123456789", NULL, 10) + (unsigned)strtoul("fedcba98", NULL, 16) + (unsigned)atoi("4711");
  for (char *at = area + 5000; *at; at++) *at = (char)toupper((unsigned char)*at);
  char *rest = area + 5000;
  for (char *word; (word = strsep(&rest, " ,"));) sum += (unsigned)strlen(word) * 31;
  sum += (unsigned)snprintf(local, sizeof local, "%s|%5d|%-8x|%08lu|%c|%p|%.3s|%+lld", "text", -42, 0xbeefu, 123456789ul, 'q', (void *)area, "cut short", -1ll << 62);
  for (char *at = local; *at; at++) sum = sum * 31 + (unsigned char)*at;
  lockstep_end((int)(sum % 251));
}
