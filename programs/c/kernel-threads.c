/* Threads below pthreads: clone's words, futexes in all their kinds, robust mutexes, cancellation, affinity. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void show(const char *what, long result) {
  if (result == -1) printf("%s: errno %d\n", what, errno);
  else printf("%s: %ld\n", what, result);
}
#define TRY(e) (errno = 0, show(#e, (long)(e)))

static uint32_t word, other;
static long futex(uint32_t *w, int op, uint32_t value, void *timeout, uint32_t *second, uint32_t third) {
  return syscall(SYS_futex, w, op, value, timeout, second, third);
}

static volatile int woken[8], ready;
static void *wait_on(void *argument) {
  long id = (long)argument;
  __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
  long r = futex(&word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 1u << id);
  woken[id] = r == 0 ? 1 : -errno;
  return NULL;
}

static int sum(void) {
  int n = 0;
  for (int i = 0; i < 8; i++) n += woken[i] != 0;
  return n;
}

static int raw_tid;
static int raw_thread(void *argument) {
  *(int *)argument = (int)syscall(SYS_gettid);
  syscall(SYS_exit, 0);
  return 0;
}

static pthread_mutex_t robust;
static void *die_holding(void *unused) {
  pthread_mutex_lock(&robust);
  return unused;
}

static void cleanup(void *p) { *(int *)p = 7; }
static int cleaned;
static void *cancelled(void *unused) {
  pthread_cleanup_push(cleanup, &cleaned);
  for (;;) pause();
  pthread_cleanup_pop(0);
  return unused;
}

static void *spin(void *flag) {
  while (!__atomic_load_n((int *)flag, __ATOMIC_RELAXED)) {}
  return NULL;
}

int main(void) {
  struct timespec soon = {0, 2000000}, now, then;
  TRY(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0));
  TRY(futex(&word, FUTEX_WAIT, 0, &soon, NULL, 0));
  TRY(futex((uint32_t *)((char *)&word + 1), FUTEX_WAIT, 0, NULL, NULL, 0));
  TRY(futex((uint32_t *)8, FUTEX_WAIT, 0, NULL, NULL, 0));
  TRY(futex(&word, FUTEX_WAIT, 0, &(struct timespec){0, 1000000000}, NULL, 0));
  TRY(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0));
  TRY(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
  clock_gettime(CLOCK_MONOTONIC, &now);
  then = now;
  then.tv_nsec += 3000000;
  if (then.tv_nsec >= 1000000000) then.tv_sec++, then.tv_nsec -= 1000000000;
  TRY(futex(&word, FUTEX_WAIT_BITSET, 0, &then, NULL, FUTEX_BITSET_MATCH_ANY));
  clock_gettime(CLOCK_MONOTONIC, &now);
  printf("not early %d\n", now.tv_sec > then.tv_sec || (now.tv_sec == then.tv_sec && now.tv_nsec >= then.tv_nsec));
  TRY(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &(struct timespec){1, 0}, NULL, FUTEX_BITSET_MATCH_ANY));

  pthread_t t[8];
  for (long i = 0; i < 8; i++) pthread_create(&t[i], NULL, wait_on, (void *)i);
  while (ready < 8) usleep(1000);
  usleep(50000);
  TRY(futex(&word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 8, NULL, NULL, 0x21));
  usleep(50000);
  printf("woken by bits: %d %d %d\n", woken[0], woken[5], sum());
  TRY(futex(&word, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 1, (void *)2, &other, 5));
  TRY(futex(&word, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 1, (void *)2, &other, 0));
  usleep(50000);
  TRY(sum());
  TRY(futex(&other, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 10, NULL, NULL, 0));
  usleep(50000);
  TRY(sum());
  other = 5;
  TRY(futex(&word, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, (void *)1, &other, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5)));
  TRY(other);
  usleep(50000);
  TRY(sum());
  TRY(futex(&word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 10, NULL, NULL, 0));
  for (int i = 0; i < 8; i++) pthread_join(t[i], NULL);
  TRY(sum());

  char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int parent_word = 0, child_word = 1, seen = 0;
  raw_tid = clone(raw_thread, stack + 65536,
                  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID, &seen,
                  &parent_word, NULL, &child_word);
  printf("clone: %d %d\n", raw_tid > 0, parent_word == raw_tid);
  while (__atomic_load_n(&child_word, __ATOMIC_SEQ_CST) != 0) futex((uint32_t *)&child_word, FUTEX_WAIT, 1, &soon, NULL, 0);
  printf("child: %d %d\n", seen == raw_tid, child_word);
  TRY(syscall(SYS_tgkill, getpid(), raw_tid, 0));
  TRY(syscall(SYS_set_robust_list, &word, 23));

  pthread_mutexattr_t attribute;
  pthread_mutexattr_init(&attribute);
  pthread_mutexattr_setrobust(&attribute, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&robust, &attribute);
  pthread_t d;
  pthread_create(&d, NULL, die_holding, NULL);
  pthread_join(d, NULL);
  TRY(pthread_mutex_lock(&robust));
  TRY(pthread_mutex_consistent(&robust));
  TRY(pthread_mutex_unlock(&robust));
  TRY(pthread_mutex_lock(&robust));

  pthread_t c;
  void *result;
  pthread_create(&c, NULL, cancelled, NULL);
  usleep(20000);
  TRY(pthread_cancel(c));
  pthread_join(c, &result);
  printf("cancelled %d, cleaned %d\n", result == PTHREAD_CANCELED, cleaned);

  int flag = 0;
  pthread_t s;
  pthread_create(&s, NULL, spin, &flag);
  usleep(5000);
  clockid_t clock;
  TRY(pthread_getcpuclockid(s, &clock));
  struct timespec used;
  TRY(clock_gettime(clock, &used));
  printf("it has run %d\n", used.tv_sec > 0 || used.tv_nsec > 0);
  __atomic_store_n(&flag, 1, __ATOMIC_RELAXED);
  pthread_join(s, NULL);

  cpu_set_t cpus;
  TRY(sched_getaffinity(0, sizeof cpus, &cpus));
  TRY(CPU_COUNT(&cpus) > 0);
  TRY(syscall(SYS_sched_getaffinity, 0, 1, &cpus));
  TRY(syscall(SYS_sched_getaffinity, 0x7ffffff, 8, &cpus));
  TRY(sched_yield());
  TRY(sched_getscheduler(0));
  pthread_attr_t attributes;
  void *base;
  size_t size;
  TRY(pthread_getattr_np(pthread_self(), &attributes));
  TRY(pthread_attr_getstack(&attributes, &base, &size));
  printf("the stack holds a local %d\n", (char *)&base > (char *)base && (char *)&base < (char *)base + size);
  TRY(nanosleep(&(struct timespec){0, 1000000000}, NULL));
  TRY(nanosleep(&(struct timespec){-1, 0}, NULL));
  TRY(nanosleep((void *)8, NULL));
  TRY(clock_gettime(77, &now));
  TRY(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){0, 0}, NULL));
  fflush(stdout);
  syscall(SYS_exit_group, 300);
  return 0;
}
