/* System calls with arguments at their edges: what each answers, as the host's kernel does. One line a group of calls. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROOM 0x100000000000ul
#define SHUT 0x100008000000ul

static const unsigned long edges[] = {0, 1, 4095, 4096, 4097, 1ul << 31, 1ul << 32, 1ul << 40, (1ul << 47) - 4096, (1ul << 47) - 1, 1ul << 47,
                                      1ul << 62, (1ul << 63) - 1, 1ul << 63, -4096ul, -1ul};
#define EDGES (sizeof edges / sizeof *edges)

static int answer(long result) { return result < 0 && result > -4096 ? (int)result : result == -1 ? -errno : 0; }
static int call(long number, unsigned long a, unsigned long b, unsigned long c, unsigned long d, unsigned long e, unsigned long f) {
  errno = 0;
  long r = syscall(number, a, b, c, d, e, f);
  return r == -1 ? -errno : answer(r);
}

static void room(void) {
  mmap((void *)ROOM, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  mmap((void *)SHUT, 0x1000, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* One call, with each edge at one of its places. */
static int differs(const char *name, long number, int place, unsigned long edge) {
  /* The lowest pages are for root alone; how much memory may be promised, and what is too long, is told in other ways by other releases. */
  if (number == SYS_mremap && place == 4) return edge < 0x10000;
  if (number == SYS_mremap && place) return edge > 1ul << 32;
  return !strcmp(name, "requeue") && edge == (1ul << 47) - 4096;
}

static void each(const char *name, long number, int place, unsigned long a, unsigned long b, unsigned long c, unsigned long d, unsigned long e) {
  printf("%s %d:", name, place);
  for (unsigned i = 0; i < EDGES; i++) {
    if (differs(name, number, place, edges[i])) continue;
    room();
    unsigned long args[6] = {a, b, c, d, e, 0};
    args[place] = edges[i];
    printf(" %d", call(number, args[0], args[1], args[2], args[3], args[4], args[5]));
  }
  puts("");
}

static void memory(void) {
  unsigned long far = 0x200000000000;
  each("mremap old", SYS_mremap, 0, ROOM, 0x1000, 0x2000, 0, 0);
  each("mremap old length", SYS_mremap, 1, ROOM, 0x1000, 0x1000, 0, 0);
  each("mremap new length", SYS_mremap, 2, ROOM, 0x1000, 0x1000, 0, 0);
  each("mremap flags", SYS_mremap, 3, ROOM, 0x1000, 0x1000, 0, far);
  each("mremap fixed", SYS_mremap, 4, ROOM, 0x1000, 0x1000, 3, far);
  each("mremap fixed old length", SYS_mremap, 1, ROOM, 0x1000, 0x1000, 3, far);
  each("mremap fixed length", SYS_mremap, 2, ROOM, 0x1000, 0x1000, 3, far);
  each("mremap kept", SYS_mremap, 2, ROOM, 0x1000, 0x1000, 5, 0);
  each("munmap", SYS_munmap, 0, ROOM, 0x1000, 0, 0, 0);
  each("mprotect", SYS_mprotect, 0, ROOM, 0x1000, 3, 0, 0);
  each("mprotect length", SYS_mprotect, 1, ROOM, 0x1000, 3, 0, 0);
  each("madvise", SYS_madvise, 0, ROOM, 0x1000, 4, 0, 0);
  each("madvise length", SYS_madvise, 1, ROOM, 0x1000, 0, 0, 0);
  each("msync", SYS_msync, 0, ROOM, 0x1000, 4, 0, 0);
  each("msync length", SYS_msync, 1, ROOM, 0x1000, 4, 0, 0);
  each("mincore", SYS_mincore, 0, ROOM, 0x1000, ROOM + 0x8000, 0, 0);
  each("mincore vector", SYS_mincore, 2, ROOM, 0x1000, ROOM + 0x8000, 0, 0);
  each("mlock", SYS_mlock, 0, ROOM, 0x1000, 0, 0, 0);
  each("mmap length", SYS_mmap, 1, 0, 0x1000, 1, 0x4022, -1);
  each("mmap offset", SYS_mmap, 5, 0, 0x1000, 1, 0x22, -1);

  /* Pages move, with what they hold; a terabyte that nobody has touched costs nothing. */
  room();
  strcpy((char *)ROOM + 0x1000, "moved");
  char *to = mremap((void *)ROOM, 0x3000, 0x8000, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)far);
  printf("%d %s %d\n", to == (char *)far, to + 0x1000, (int)to[0x7fff]);
  char *big = mmap(0, 1ul << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  strcpy(big + (1ul << 39), "in the middle");
  char *bigger = mremap(big, 1ul << 40, 1ul << 40, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)0x300000000000);
  puts(bigger + (1ul << 39));
  printf("%d\n", mremap(bigger, 1ul << 40, 4096, 0) == (void *)bigger);
  char *file = mmap(0, 4096, PROT_READ, MAP_PRIVATE, open("/proc/self/exe", O_RDONLY), 0);
  char *grown = mremap(file, 4096, 8192, MREMAP_MAYMOVE);
  printf("%.3s %d\n", grown + 1, memcmp(grown + 4096, grown, 4) != 0);
}

static void polling(void) {
  struct epoll_event event = {EPOLLIN, {0}};
  int chain[8], ring[3];
  for (int i = 0; i < 8; i++) chain[i] = epoll_create1(0);
  printf("nested:");
  for (int i = 1; i < 8; i++) printf(" %d", call(SYS_epoll_ctl, chain[i], EPOLL_CTL_ADD, chain[i - 1], (unsigned long)&event, 0, 0));
  for (int i = 0; i < 3; i++) ring[i] = epoll_create1(0);
  printf("\nring:");
  for (int i = 0; i < 3; i++) printf(" %d", call(SYS_epoll_ctl, ring[i], EPOLL_CTL_ADD, ring[(i + 1) % 3], (unsigned long)&event, 0, 0));
  printf(" %d", call(SYS_epoll_ctl, ring[0], EPOLL_CTL_ADD, ring[0], (unsigned long)&event, 0, 0));
  printf("\nreadiness through them:");
  int fd = eventfd(0, 0);
  call(SYS_epoll_ctl, chain[0], EPOLL_CTL_ADD, fd, (unsigned long)&event, 0, 0);
  printf(" %d", epoll_wait(chain[3], &event, 1, 0));
  eventfd_write(fd, 1);
  printf(" %d\n", epoll_wait(chain[3], &event, 1, 0));
}

/* Operations that may wait. */
#define WAITING (1 << FUTEX_WAIT | 1 << FUTEX_LOCK_PI | 1 << FUTEX_WAIT_BITSET | 1 << FUTEX_WAIT_REQUEUE_PI | 1 << 13)

static void words(void) {
  uint32_t word = 0;
  printf("futex:");
  for (int operation = 0; operation < 14; operation++)
    for (int wake = -1; wake < 2; wake++)
      printf(" %d", (1 << operation & WAITING) != 0 ? 0 : call(SYS_futex, (unsigned long)&word, operation | 128, wake, 0, (unsigned long)&word + 1, 0));
  puts("");
  each("futex", SYS_futex, 0, ROOM, FUTEX_WAKE, 1, 0, 0);
  each("requeue", SYS_futex, 4, ROOM, FUTEX_REQUEUE | 128, 1, 1, ROOM);
  each("getrandom", SYS_getrandom, 2, ROOM, 16, 0, 0, 0);
  each("sigaltstack", SYS_sigaltstack, 0, 0, 0, 0, 0, 0);
}

int main(void) {
  memory();
  polling();
  words();
  return 0;
}
