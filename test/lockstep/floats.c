/* Floating point: SSE arithmetic and conversions, the printing and reading of doubles, elementary functions, long double on the x87. */
#include "lockstep.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile double zero = 0;

int main(void) {
  static const double values[] = {0.1, 1e100, 123456.789, -2.5e-10, 5e-324, 1.7976931348623157e308, 3.0, 0.3333333333333333};
  LOCKSTEP_START();
  char text[400];
  double sum = 0;
  float narrow = 1.5f;
  for (int i = 0; i < 8; i++) {
    double v = values[i];
    sum += v / 3 - sqrt(fabs(v)) * 0.5;
    narrow = narrow * 1.25f + (float)i / 7;
    sum += (double)(float)(v * 1e-20) + (double)(long)(i * 1e9 + 0.5) + (double)(int)narrow + floor(i * 0.7) + ceil(-i * 0.3) + rint(i * 0.5);
    snprintf(text, sizeof text, "%g %.17g %e %.3f %a", v, v, v, i * 1.1, v);
    sum += strtod(text, NULL);
    for (char *at = text; *at; at++) sum += *at;
  }
  sum = fmod(sum, 1e6);
  for (int i = 1; i < 6; i++) sum += sin(i * 0.7) + cos(i) + exp(i * 0.25) + log(i + 0.5) + pow(1.1, i) + atan2(i, 3);
  sum += isnan(zero / zero) + isinf(1 / zero) + (zero == -zero) + signbit(-zero);
  long double wide = 1;
  for (int i = 1; i < 24; i++) wide = wide * i + 1 / (long double)i;
  wide = sqrtl(wide) - (long double)sum;
  snprintf(text, sizeof text, "%.20Lg %Lf %llu", wide, wide / 7, (unsigned long long)fabsl(wide));
  for (char *at = text; *at; at++) sum += *at;
  float table[64];
  for (int i = 0; i < 64; i++) table[i] = (float)i * 0.5f;
  for (int i = 0; i < 64; i++) sum += (double)(table[i] * table[63 - i]);
  lockstep_end((int)((unsigned long)fabs(sum) % 251));
}
