/* SIGSEGV with its address on an alternate stack, repaired by the handler; SIGFPE, SIGILL and SIGTRAP; masks and pending signals; last, a kill. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static char *page;
static volatile int faults, on_alternate;
static char alternate[65536];

static void segv(int s, siginfo_t *info, void *context) {
  char here;
  faults++;
  on_alternate = &here >= alternate && &here < alternate + sizeof alternate;
  if (s != SIGSEGV || info->si_code != SEGV_ACCERR || (char *)info->si_addr != page + 123) _exit(99);
  ucontext_t *u = context;
  if (u->uc_mcontext.gregs[REG_CR2] != (long long)(page + 123)) _exit(98);
  mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static volatile int last_signal, last_code;
static void skip(int s, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  last_signal = s;
  last_code = info->si_code;
  if (s == SIGFPE) u->uc_mcontext.gregs[REG_RIP] += 2; /* div %ecx */
  if (s == SIGILL) u->uc_mcontext.gregs[REG_RIP] += 2; /* ud2 */
}

static volatile int usr;
static void count(int s) { usr += s == SIGUSR1 ? 1 : 100; }

int main(void) {
  stack_t ss = {.ss_sp = alternate, .ss_size = sizeof alternate};
  sigaltstack(&ss, NULL);
  struct sigaction act = {.sa_sigaction = segv, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGSEGV, &act, NULL);
  page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  page[123] = 'x';
  printf("repaired %c, faults %d, alternate %d\n", page[123], faults, on_alternate);

  act.sa_sigaction = skip;
  sigaction(SIGFPE, &act, NULL);
  sigaction(SIGILL, &act, NULL);
  sigaction(SIGTRAP, &act, NULL);
  unsigned a = 1, d = 0;
  __asm__ volatile("div %%ecx" : "+a"(a), "+d"(d) : "c"(0));
  printf("divide: %d %d\n", last_signal == SIGFPE, last_code == FPE_INTDIV);
  __asm__ volatile("ud2");
  printf("illegal: %d %d\n", last_signal == SIGILL, last_code == ILL_ILLOPN);
  __asm__ volatile("int3");
  printf("trap: %d %d\n", last_signal == SIGTRAP, last_code);

  signal(SIGUSR1, count);
  sigset_t set, old, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, &old);
  raise(SIGUSR1);
  raise(SIGUSR1);
  sigpending(&pending);
  printf("blocked %d pending %d\n", usr, sigismember(&pending, SIGUSR1));
  sigprocmask(SIG_SETMASK, &old, NULL);
  printf("delivered %d\n", usr);
  union sigval value = {.sival_int = 5};
  signal(SIGUSR2, SIG_IGN);
  sigqueue(getpid(), SIGUSR2, value);
  alarm(1);
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  sigprocmask(SIG_BLOCK, &set, NULL);
  int s = 0;
  sigwait(&set, &s);
  printf("alarm %d\n", s == SIGALRM);
  fflush(stdout);
  kill(getpid(), SIGKILL);
  return 0;
}
