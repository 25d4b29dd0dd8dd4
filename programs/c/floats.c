/* Prints floats, doubles and long doubles in all formats, and what libm and the x87 unit compute. */
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  volatile double values[] = {0.0, -0.0, 1.0, 0.1, -2.5, 1e100, 5e-324, 1.7976931348623157e308, 3.14159265358979, INFINITY, -NAN};
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
    double x = values[i];
    printf("%f %e %g %a %.17g %10.3f|%-12.2e|%+g %d %d\n", x, x, x, x, x, x, x, x, isnan(x) != 0, signbit(x) != 0);
  }
  for (int i = 1; i < 8; i++) {
    volatile double x = i * 0.7;
    printf("%.17g %.17g %.17g %.17g %.17g %.17g\n", sqrt(x), sin(x), cos(x), exp(x), log(x), pow(x, 1.5));
    printf("%.17g %.17g %.17g %.17g %ld %ld\n", floor(x), ceil(x), trunc(x), fmod(10, x), lrint(x), lround(x));
    volatile float f = (float)x;
    printf("%.9g %.9g %.9g\n", sqrtf(f), sinf(f), f * f / 3);
    volatile long double l = x;
    printf("%.20Lg %.20Lg %.20Lg %.20Lg %La\n", l * l, l / 3, sqrtl(l), floorl(l * 10), l);
  }
  volatile long double sum = 0;
  for (int i = 1; i <= 1000; i++) sum += 1.0L / i;
  printf("%.25Lf\n", sum);
  printf("%.17g %.17g %.20Lg\n", strtod("1e23", NULL), strtod("0x1.fffffep-3", NULL), strtold("1.000000000000000000108", NULL));
  volatile long double big = 12345678901234567890.0L;
  printf("%llu %lld %d\n", (unsigned long long)big, (long long)(big / 2), (int)(big / 1e10L));
  for (unsigned i = 0; i < 4; i++) {
    const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    fesetround(modes[i]);
    volatile double a = 1, b = 3;
    printf("%.20g %.20g %.0f %g\n", a / b, -a / b, rint(2.5 * b), nearbyint(-0.5));
  }
  fesetround(FE_TONEAREST);
  feclearexcept(FE_ALL_EXCEPT);
  volatile double zero = 0, one = 1;
  volatile double r = one / zero;
  printf("%d %d %d %g\n", fetestexcept(FE_DIVBYZERO) != 0, fetestexcept(FE_INEXACT) != 0, fetestexcept(FE_INVALID) != 0, r);
  return 0;
}
