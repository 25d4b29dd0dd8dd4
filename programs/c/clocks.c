/* Reads each clock through the C library, then from the kernel, then through the library again: none goes back. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long of(struct timespec t) { return t.tv_sec * 1000000000LL + t.tv_nsec; }

static int clock_in_order(clockid_t id) {
  struct timespec before, between, after;
  clock_gettime(id, &before);
  syscall(SYS_clock_gettime, id, &between);
  clock_gettime(id, &after);
  return of(before) <= of(between) && of(between) <= of(after) && of(after) - of(before) < 100000000;
}

int main(void) {
  int good = clock_in_order(CLOCK_MONOTONIC) + clock_in_order(CLOCK_REALTIME);

  struct timeval day, asked;
  gettimeofday(&day, 0);
  syscall(SYS_gettimeofday, &asked, 0);
  good += day.tv_usec >= 0 && day.tv_usec < 1000000;
  good += day.tv_sec * 1000000LL + day.tv_usec <= asked.tv_sec * 1000000LL + asked.tv_usec;

  time_t now = time(0);
  time_t then = syscall(SYS_time, 0);
  good += now <= then && then - now < 2;

  unsigned cpu = 99, node = 99;
  good += getcpu(&cpu, &node) == 0 && node == 0;
  good += syscall(SYS_getcpu, &cpu, &node, 0) == 0 && cpu < 1024;

  struct timespec spent;
  good += clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) == 0;
  printf("in order: %d of 8\n", good);
  return 0;
}
