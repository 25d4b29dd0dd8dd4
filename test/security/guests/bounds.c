/* Asks for more and more of everything that a process may have. `held` and what it was told, once there is an end. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static sigjmp_buf back;
static void jump(int signal) { siglongjmp(back, 1); }

static void held(const char *what, long count, int why) { printf("%s %s: %s\n", count > 0 ? "held" : "BROKEN", what, strerrorname_np(why)); }
#define UNTIL(what, most, call) \
  do { \
    long count = 0; \
    errno = 0; \
    while (count < (most) && (long)(call) != -1) count++; \
    held(what, count < (most), errno); \
  } while (0)


int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  timer_t timer;
  struct sigevent none = {.sigev_notify = SIGEV_NONE};
  UNTIL("timers", 100000, timer_create(CLOCK_MONOTONIC, &none, &timer));
  UNTIL("mappings", 200000, mmap((void *)(0x100000000000 + 8192 * count), 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
  munmap((void *)0x100000000000, 8192l * 200000);
  int memory = memfd_create("file", 0);
  static char page[1 << 16];
  UNTIL("a file of memory", 1 << 20, write(memory, page, sizeof page) == sizeof page ? 0 : -1);
  close(memory);
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGRTMIN), sigprocmask(SIG_BLOCK, &set, NULL);
  union sigval value = {0};
  UNTIL("queued signals", 1000000, sigqueue(getpid(), SIGRTMIN, value));
  UNTIL("files", 10000, dup(0));
  /* Handlers that are left by a jump leave nothing behind. */
  signal(SIGUSR1, jump);
  for (volatile int i = 0; i < 20000; i++)
    if (!sigsetjmp(back, 1)) raise(SIGUSR1);
  puts("held handlers that never return");
  return 0;
}
