/* Locks that hold their owner (priority inheritance), plain and robust, and what their futex operations refuse: printed, so that two kernels can be compared. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long futex(uint32_t *word, int operation, uint32_t value, void *timeout, uint32_t *word2, uint32_t value3) {
  long result = syscall(SYS_futex, word, operation, value, timeout, word2, value3);
  return result < 0 ? -errno : result;
}

static void said(const char *what, long result) {
  if (result < 0)
    printf("%s: %s\n", what, strerror(-result));
  else
    printf("%s: %ld\n", what, result);
}

static uint32_t word, second;
static int tid(void) { return syscall(SYS_gettid); }
/* The owner's tid differs from kernel to kernel. */
static const char *shown(uint32_t value, int owner) {
  static char text[100];
  sprintf(text, "%s%s%s", (value & FUTEX_TID_MASK) == 0 ? "free" : (int)(value & FUTEX_TID_MASK) == owner ? "mine" : "another's",
          value & FUTEX_WAITERS ? ", waited for" : "", value & FUTEX_OWNER_DIED ? ", owner died" : "");
  return text;
}

static void pause_ms(int ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, 0); }

/* Says it when the one who has woken it has had time to speak. */
static void later(const char *what, long result) {
  pause_ms(60);
  said(what, result);
}

static void *locker(void *unused) {
  said("other: try", futex(&word, FUTEX_TRYLOCK_PI, 0, 0, 0, 0));
  said("other: unlock what is not mine", futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 20000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
  said("other: lock for a while", futex(&word, FUTEX_LOCK_PI, 0, &soon, 0, 0));
  later("other: lock", futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
  printf("other: %s\n", shown(word, tid()));
  said("other: unlock", futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  printf("other: %s\n", shown(word, tid()));
  return 0;
}

static void *dying(void *unused) {
  said("dying: lock", futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
  pause_ms(60);
  return 0;
}

static void *requeued(void *unused) {
  later("waiter", futex(&second, FUTEX_WAIT_REQUEUE_PI, 7, 0, &word, 0));
  printf("waiter: %s\n", shown(word & ~FUTEX_WAITERS, tid()));
  said("waiter: unlock", futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  return 0;
}

static void words(void) {
  pthread_t other;
  said("lock", futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
  printf("%s\n", shown(word, tid()));
  said("again", futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
  said("try again", futex(&word, FUTEX_TRYLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
  said("unlock", futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
  printf("%s\n", shown(word, tid()));
  said("unlock again", futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
  word = 0x3ffffff0;
  said("an owner that is no thread", futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
  word = FUTEX_OWNER_DIED;
  said("an owner that died", futex(&word, FUTEX_LOCK_PI2, 0, 0, 0, 0));
  printf("%s\n", shown(word, tid()));
  said("unaligned", futex((uint32_t *)((char *)&word + 2), FUTEX_LOCK_PI, 0, 0, 0, 0));
  said("nowhere", futex((uint32_t *)16, FUTEX_LOCK_PI, 0, 0, 0, 0));
  said("a clock for WAKE", futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, 0, 0, 0));
  said("a clock for LOCK_PI", futex(&word, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, 0, 0, 0));
  word = tid();
  pthread_create(&other, 0, locker, 0);
  pause_ms(100);
  printf("%s\n", shown(word, tid()));
  said("hand over", futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  pthread_join(other, 0);
  word = 0;
  pthread_create(&other, 0, dying, 0);
  pause_ms(20);
  said("lock of one who dies", futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
  pthread_join(other, 0);
  printf("%s\n", shown(word & ~FUTEX_WAITERS, tid()));
  said("unlock", futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
}

static void requeue(void) {
  pthread_t waiter;
  second = 7;
  word = tid();
  pthread_create(&waiter, 0, requeued, 0);
  pause_ms(50);
  said("more than one", futex(&second, FUTEX_CMP_REQUEUE_PI, 2, (void *)1, &word, 7));
  said("another value", futex(&second, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &word, 8));
  said("the same word", futex(&second, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &second, 7));
  said("requeue", futex(&second, FUTEX_CMP_REQUEUE_PI, 1, (void *)5, &word, 7));
  printf("%s\n", shown(word, tid()));
  said("hand over", futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  pthread_join(waiter, 0);
  word = 0;
  pthread_create(&waiter, 0, requeued, 0);
  pause_ms(50);
  said("requeue to a free one", futex(&second, FUTEX_CMP_REQUEUE_PI, 1, (void *)0, &word, 7));
  pthread_join(waiter, 0);
  struct timespec soon;
  clock_gettime(CLOCK_MONOTONIC, &soon);
  soon.tv_sec++;
  said("nobody requeues", futex(&second, FUTEX_WAIT_REQUEUE_PI, 7, &soon, &word, 0));
  said("no such value", futex(&second, FUTEX_WAIT_REQUEUE_PI, 8, 0, &word, 0));
}

static pthread_mutex_t mutex;
static int counter;
static void *counting(void *unused) {
  for (int i = 0; i < 2000; i++) {
    pthread_mutex_lock(&mutex);
    counter++;
    if (i % 500 == 0) pause_ms(1);
    pthread_mutex_unlock(&mutex);
  }
  return 0;
}

static void *holding(void *unused) {
  pthread_mutex_lock(&mutex);
  pause_ms(400);
  return 0;
}

static void mutexes(int robust) {
  pthread_mutexattr_t how;
  pthread_mutexattr_init(&how);
  said("protocol", -pthread_mutexattr_setprotocol(&how, PTHREAD_PRIO_INHERIT));
  if (robust) pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST);
  said("init", -pthread_mutex_init(&mutex, &how));
  pthread_t threads[4];
  counter = 0;
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, counting, 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  printf("counted %d\n", counter);
  if (!robust) return;
  pthread_create(&threads[0], 0, holding, 0);
  pause_ms(100);
  said("lock of a dead thread's", -pthread_mutex_lock(&mutex));
  said("consistent", -pthread_mutex_consistent(&mutex));
  said("unlock", -pthread_mutex_unlock(&mutex));
  pthread_join(threads[0], 0);
  pthread_create(&threads[0], 0, holding, 0);
  pthread_join(threads[0], 0);
  said("lock when it is dead", -pthread_mutex_lock(&mutex));
  said("unlock", -pthread_mutex_unlock(&mutex));
  said("not recoverable", -pthread_mutex_lock(&mutex));
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  words();
  requeue();
  mutexes(0);
  mutexes(1);
  return 0;
}
