/* Signals in detail: frames and contexts, masks, queues, restarts, stacks, waits, and who gets what. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static void show(const char *what, long result) {
  if (result == -1) printf("%s: errno %d\n", what, errno);
  else printf("%s: %ld\n", what, result);
}
#define TRY(e) (errno = 0, show(#e, (long)(e)))

static siginfo_t seen;
static ucontext_t context;
static volatile int calls, depth, deepest;
static char order[64];
static int order_length;

static void note(int s, siginfo_t *info, void *u) {
  seen = *info;
  context = *(ucontext_t *)u;
  calls++;
  if (++depth > deepest) deepest = depth;
  if (order_length < 60) order_length += sprintf(order + order_length, "%d ", s);
  depth--;
}

static void nest(int s) {
  if (++depth > deepest) deepest = depth;
  if (calls++ < 3) raise(s);
  depth--;
}

static void take(int s, int flags, void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
  sigaction(s, &act, NULL);
}

static void xmm_clobber(int s, siginfo_t *info, void *u) {
  (void)s, (void)info;
  /* Handlers start with fresh floating-point registers; what they do to them is undone. */
  unsigned mxcsr, fresh;
  double got;
  __asm__ volatile("stmxcsr %0; movq %%xmm7, %1" : "=m"(fresh), "=x"(got));
  mxcsr = 0x7f80;
  __asm__ volatile("ldmxcsr %0; fldpi; pxor %%xmm7, %%xmm7" : : "m"(mxcsr) : "xmm7");
  struct _libc_fpstate *fp = ((ucontext_t *)u)->uc_mcontext.fpregs;
  printf("fresh mxcsr %x, xmm7 there %x, mxcsr there %x, cwd %x, aligned %d\n", fresh, fp->_xmm[7].element[0], fp->mxcsr, fp->cwd,
         (uintptr_t)fp % 64 == 0);
}

static pthread_t waiter;
static volatile int got_in;
static void where(int s) { got_in = pthread_equal(pthread_self(), waiter) ? 2 : 1; (void)s; }

static void *blocked_reader(void *fd) {
  char c;
  errno = 0;
  long n = read(*(int *)fd, &c, 1);
  printf("read in a thread: %ld %d\n", n, n < 0 ? errno : 0);
  return NULL;
}

static void *sleeper(void *unused) {
  (void)unused;
  struct timespec t = {5, 0}, left = {0, 0};
  int r = nanosleep(&t, &left);
  printf("sleep in a thread: %d %d, more than 4 s left %d\n", r, errno, left.tv_sec >= 4);
  return NULL;
}

static void in_thread(void *(*f)(void *), void *argument, int s) {
  pthread_t t;
  pthread_create(&t, NULL, f, argument);
  waiter = t;
  usleep(50000);
  pthread_kill(t, s);
  usleep(50000);
  if (f == blocked_reader && write(((int *)argument)[1], "x", 1) != 1) exit(9);
  pthread_join(t, NULL);
}

static char alternate[32768] __attribute__((aligned(16)));
static void on_stack(int s, siginfo_t *info, void *u) {
  (void)info, (void)u;
  char here;
  stack_t ss;
  sigaltstack(NULL, &ss);
  printf("signal %d on alternate stack %d, flags %d, aligned %d\n", s, &here > alternate && &here < alternate + sizeof alternate, ss.ss_flags,
         (uintptr_t)__builtin_frame_address(0) % 16 == 0);
  stack_t other = {.ss_sp = alternate, .ss_size = 4096};
  TRY(sigaltstack(&other, NULL));
}

static void repair(int s, siginfo_t *info, void *u) {
  ucontext_t *c = u;
  greg_t *g = c->uc_mcontext.gregs;
  (void)s;
  printf("code %d, address %lx, err %llx, trapno %lld, cr2 is it %d\n", info->si_code, (long)info->si_addr & 0xfff, g[REG_ERR], g[REG_TRAPNO],
         g[REG_CR2] == (long long)(uintptr_t)info->si_addr);
  g[REG_RIP] = g[REG_RBX];
}
#define FAULT(instruction, ...) \
  __asm__ volatile("lea 1f(%%rip), %%rbx; " instruction "; 1:" : : __VA_ARGS__ : "rbx", "rcx", "rdx", "rsi", "rdi", "memory", "cc")

int main(void) {
  struct sigaction act, old;
  sigset_t set, none;
  sigemptyset(&none);
  TRY(sigaction(SIGKILL, &(struct sigaction){.sa_handler = SIG_IGN}, NULL));
  TRY(sigaction(65, NULL, &old));
  TRY(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4));
  TRY(sigaction(SIGUSR1, NULL, &old));
  TRY(old.sa_handler == SIG_DFL);
  TRY(syscall(SYS_rt_sigprocmask, 77, &none, NULL, 8));
  TRY(kill(getpid(), 0));
  TRY(kill(getpid(), 99));
  TRY(syscall(SYS_tgkill, getpid(), 0x7ffffff, SIGUSR1));
  TRY(syscall(SYS_tgkill, getpid(), getpid(), -1));
  TRY(syscall(SYS_tkill, -1, 5));

  take(SIGUSR1, 0, note);
  TRY(raise(SIGUSR1));
  printf("code %d, from us %d\n", seen.si_code, seen.si_pid == getpid());
  TRY(kill(getpid(), SIGUSR1));
  printf("code %d\n", seen.si_code);
  printf("cs %llx, flags of the frame %lx\n", context.uc_mcontext.gregs[REG_CSGSFS] & 0xffff, context.uc_flags & 6);
  union sigval value = {.sival_int = 4711};
  take(SIGRTMIN + 1, 0, note);
  TRY(sigqueue(getpid(), SIGRTMIN + 1, value));
  printf("code %d, value %d\n", seen.si_code, seen.si_value.sival_int);

  /* Order and queueing. */
  sigemptyset(&set);
  for (int s = SIGRTMIN + 1; s <= SIGRTMIN + 3; s++) sigaddset(&set, s), take(s, 0, note);
  sigaddset(&set, SIGUSR1), sigaddset(&set, SIGUSR2), take(SIGUSR2, 0, note);
  sigprocmask(SIG_BLOCK, &set, NULL);
  order_length = 0;
  for (int i = 0; i < 3; i++) {
    sigqueue(getpid(), SIGRTMIN + 3 - i, value);
    raise(SIGUSR2);
    raise(SIGUSR1);
  }
  sigqueue(getpid(), SIGRTMIN + 2, value);
  sigset_t pending;
  sigpending(&pending);
  printf("pending %d %d %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGRTMIN + 2), sigismember(&pending, SIGTERM));
  siginfo_t info;
  sigset_t one;
  sigemptyset(&one), sigaddset(&one, SIGRTMIN + 2);
  TRY(sigwaitinfo(&one, &info) == SIGRTMIN + 2);
  printf("waited: code %d, value %d\n", info.si_code, info.si_value.sival_int);
  TRY(sigtimedwait(&one, &info, &(struct timespec){0, 1000}) == SIGRTMIN + 2);
  TRY(sigtimedwait(&one, &info, &(struct timespec){0, 1000}));
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  for (char *p = order; *p; p++) putchar(*p);
  putchar('\n');

  /* A handler's own signal is blocked in it, unless SA_NODEFER. */
  calls = depth = deepest = 0;
  act = (struct sigaction){.sa_handler = nest};
  sigaction(SIGUSR1, &act, NULL);
  raise(SIGUSR1);
  printf("calls %d, depth %d\n", calls, deepest);
  calls = depth = deepest = 0;
  act.sa_flags = SA_NODEFER;
  sigaction(SIGUSR1, &act, NULL);
  raise(SIGUSR1);
  printf("calls %d, depth %d\n", calls, deepest);
  calls = 0;
  take(SIGUSR1, SA_RESETHAND, note);
  raise(SIGUSR1);
  sigaction(SIGUSR1, NULL, &old);
  printf("reset %d\n", old.sa_handler == SIG_DFL);

  /* Floating-point state goes and comes back. */
  take(SIGUSR1, 0, xmm_clobber);
  unsigned mxcsr = 0x3f80, back;
  long bits = 0x1234, now;
  __asm__ volatile("ldmxcsr %0; movq %1, %%xmm7; fld1" : : "m"(mxcsr), "r"(bits) : "xmm7");
  syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
  double top;
  __asm__ volatile("stmxcsr %0; movq %%xmm7, %1; fstpl %2" : "=m"(back), "=r"(now), "=m"(top));
  printf("mxcsr %x, xmm7 %lx, st0 %g\n", back, now, top);
  mxcsr = 0x1f80;
  __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));

  /* Ignored and default-ignored signals do nothing. */
  signal(SIGUSR1, SIG_IGN);
  TRY(raise(SIGUSR1));
  TRY(raise(SIGCHLD));
  TRY(raise(SIGURG));

  /* Interrupted calls. */
  int fds[2];
  if (pipe(fds)) return 1;
  take(SIGUSR1, 0, note);
  in_thread(blocked_reader, fds, SIGUSR1);
  char drain;
  TRY(read(fds[0], &drain, 1));
  take(SIGUSR1, SA_RESTART, note);
  in_thread(blocked_reader, fds, SIGUSR1);
  in_thread(sleeper, NULL, SIGUSR1);
  signal(SIGUSR1, SIG_IGN);
  in_thread(blocked_reader, fds, SIGUSR1);

  /* sigsuspend swaps the mask while it waits. */
  sigemptyset(&set), sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, NULL);
  calls = 0;
  raise(SIGUSR2);
  TRY(calls);
  TRY(sigsuspend(&none));
  TRY(calls);
  sigprocmask(SIG_BLOCK, NULL, &old.sa_mask);
  TRY(sigismember(&old.sa_mask, SIGUSR2));
  printf("mask in the frame %d\n", sigismember(&context.uc_sigmask, SIGUSR2));

  /* A signal for the process goes to a thread that does not block it. */
  signal(SIGUSR2, where);
  TRY(kill(getpid(), SIGUSR2));
  TRY(got_in);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  TRY(got_in);

  /* Alternate stack. */
  stack_t ss = {.ss_sp = alternate, .ss_size = sizeof alternate}, before;
  TRY(sigaltstack(&(stack_t){.ss_sp = alternate, .ss_size = 100}, NULL));
  TRY(sigaltstack(&(stack_t){.ss_flags = 77}, NULL));
  TRY(sigaltstack(NULL, &before));
  TRY(before.ss_flags == SS_DISABLE);
  TRY(sigaltstack(&ss, NULL));
  take(SIGUSR1, SA_ONSTACK, on_stack);
  raise(SIGUSR1);
  TRY(sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL));

  /* Faults and what their frames say. */
  take(SIGSEGV, 0, repair);
  take(SIGBUS, 0, repair);
  take(SIGFPE, 0, repair);
  take(SIGILL, 0, repair);
  take(SIGTRAP, 0, repair);
  char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  volatile char first = *page;
  (void)first;
  FAULT("movb $1, (%0)", "r"(page + 0x20));
  FAULT("movb (%0), %%cl", "r"(0x30UL));
  FAULT("movb %%cl, (%0)", "r"(0x34UL));
  FAULT("jmp *%0", "r"(page + 0x44));
  FAULT("jmp *%0", "r"(0x50UL));
  FAULT("movb (%0), %%cl", "r"(0x8000000000000000UL));
  FAULT("ud2", "r"(0));
  FAULT("xor %%edx, %%edx; xor %%ecx, %%ecx; div %%ecx", "a"(1));
  FAULT("int3", "r"(0));
  FAULT("hlt", "r"(0));
  FAULT("int $0x42", "r"(0));
  FAULT("movaps (%0), %%xmm1", "r"(page + 8));

  /* Timers. */
  calls = 0;
  take(SIGALRM, SA_RESTART, note);
  take(SIGPROF, SA_RESTART, note);
  /* Blocked but for the waits, so that no timer fires before them. */
  sigemptyset(&set), sigaddset(&set, SIGALRM), sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, NULL);
  struct itimerval it = {{0, 0}, {0, 10000}}, oldit;
  TRY(setitimer(ITIMER_REAL, &it, NULL));
  TRY(getitimer(ITIMER_REAL, &oldit));
  printf("left %d\n", oldit.it_value.tv_usec <= 10000);
  TRY(sigsuspend(&none));
  printf("calls %d, code %d\n", calls, seen.si_code);
  it = (struct itimerval){{0, 2000}, {0, 2000}};
  calls = 0;
  TRY(setitimer(ITIMER_PROF, &it, NULL));
  while (calls < 3)
    for (volatile int i = 0; i < 1000; i++) {}
  it.it_value.tv_usec = 0;
  TRY(setitimer(ITIMER_PROF, &it, NULL));
  printf("profiling signal %d\n", seen.si_signo == SIGPROF);
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2, .sigev_value.sival_int = 99};
  take(SIGUSR2, 0, note);
  TRY(timer_create(CLOCK_MONOTONIC, &event, &timer));
  struct itimerspec its = {{0, 0}, {0, 5000000}}, oldits;
  TRY(timer_settime(timer, 0, &its, NULL));
  TRY(sigsuspend(&none));
  printf("code %d, value %d, overrun %d\n", seen.si_code, seen.si_value.sival_int, seen.si_overrun);
  TRY(timer_gettime(timer, &oldits));
  printf("disarmed %d\n", oldits.it_value.tv_sec == 0 && oldits.it_value.tv_nsec == 0);
  TRY(timer_delete(timer));
  TRY(syscall(SYS_timer_delete, 12345));
  TRY(alarm(1));
  TRY(alarm(0));

  /* SIGPIPE. */
  close(fds[0]);
  take(SIGPIPE, 0, note);
  calls = 0;
  TRY(write(fds[1], "x", 1));
  printf("calls %d\n", calls);
  fflush(stdout);
  /* A fault that is blocked kills. */
  sigemptyset(&set), sigaddset(&set, SIGSEGV);
  sigprocmask(SIG_BLOCK, &set, NULL);
  *(volatile char *)16 = 1;
  return 0;
}
