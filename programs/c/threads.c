/* Threads: create, join, mutex, condition variable, thread-local storage, once, barrier, read-write lock, detached threads. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t semaphore;
static pthread_key_t key;
static __thread int local = 5;
static int counter, destroyed, initialised, turn;

static void init(void) { initialised++; }
static void destroy(void *p) { destroyed += *(int *)p; }

static void *work(void *argument) {
  int id = *(int *)argument;
  pthread_once(&once, init);
  pthread_setspecific(key, argument);
  local += id;
  for (int i = 0; i < 1000; i++) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
  }
  pthread_barrier_wait(&barrier);
  pthread_mutex_lock(&mutex);
  while (turn != id) pthread_cond_wait(&cond, &mutex);
  printf("turn of %d, local %d\n", id, local);
  turn++;
  pthread_cond_broadcast(&cond);
  pthread_mutex_unlock(&mutex);
  pthread_rwlock_rdlock(&rwlock);
  long result = counter + id;
  pthread_rwlock_unlock(&rwlock);
  sem_post(&semaphore);
  return (void *)result;
}

static void *exits(void *argument) {
  pthread_exit(argument);
}

int main(void) {
  enum { count = 4 };
  pthread_t thread[count];
  int id[count];
  pthread_key_create(&key, destroy);
  pthread_barrier_init(&barrier, NULL, count);
  sem_init(&semaphore, 0, 0);
  for (int i = 0; i < count; i++) {
    id[i] = i;
    if (pthread_create(&thread[i], NULL, work, &id[i])) return 1;
  }
  for (int i = 0; i < count; i++) sem_wait(&semaphore);
  long sum = 0;
  for (int i = 0; i < count; i++) {
    void *result;
    pthread_join(thread[i], &result);
    sum += (long)result;
  }
  printf("%d %ld once %d destroyed %d local %d\n", counter, sum, initialised, destroyed, local);
  pthread_t t;
  void *result;
  pthread_create(&t, NULL, exits, "left");
  pthread_join(t, &result);
  printf("%s\n", (char *)result);
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 20000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&mutex);
  int timed = pthread_cond_timedwait(&cond, &mutex, &until);
  printf("timed out %d\n", timed != 0);
  return 0;
}
