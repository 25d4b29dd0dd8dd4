/* setjmp and longjmp, with the signal mask too, and atexit handlers. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static jmp_buf env;
static sigjmp_buf masked;

static void deep(int n) {
  if (n == 0) longjmp(env, 42);
  deep(n - 1);
}
static void handler(int s) { siglongjmp(masked, s); }
static void last(void) { puts("atexit 1"); }
static void first(void) { puts("atexit 2"); }

int main(void) {
  atexit(last);
  atexit(first);
  volatile int count = 0;
  int r = setjmp(env);
  printf("setjmp %d count %d\n", r, count);
  if (count++ < 3) deep(count * 10);
  for (volatile int i = 0; i < 3; i++) {
    signal(SIGUSR1, handler);
    int s = sigsetjmp(masked, 1);
    if (s == 0) raise(SIGUSR1);
    printf("signal %d\n", s);
  }
  exit(7);
}
