/* Threads that count: as many as the first argument says share the work of the second. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static long each;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long sum;

static void *count(void *unused) {
  for (long i = 0; i < each; i++) {
    pthread_mutex_lock(&mutex);
    sum++;
    pthread_mutex_unlock(&mutex);
  }
  return unused;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 4;
  pthread_t ids[64];
  each = (argc > 2 ? atol(argv[2]) : 1000) / threads;
  for (int i = 0; i < threads; i++) pthread_create(&ids[i], 0, count, 0);
  for (int i = 0; i < threads; i++) pthread_join(ids[i], 0);
  printf("%d\n", sum == each * threads);
  return 0;
}
