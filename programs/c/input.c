/* Reads its standard input in the way that it is told, and says what came: the bytes, how it ended, and what poll(2) and its like said. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static char all[1 << 20];
static size_t length;

/* What one read gives; 0 at the end, -1 when it would block. */
static long take(size_t most) {
  long got = read(0, all + length, most);
  if (got > 0) length += got;
  return got;
}

static int done(const char *how) {
  printf("%s: %zu bytes", how, length);
  unsigned sum = 0;
  for (size_t i = 0; i < length; i++) sum = sum * 31 + (unsigned char)all[i];
  printf(", sum %08x, then %ld\n", sum, (long)read(0, all, 1));
  return 0;
}

static void *reader(void *unused) {
  while (take(100) > 0)
    ;
  return 0;
}

static volatile int ticks;
static void *ticker(void *unused) {
  for (struct timespec pause = {0, 20000000};; ticks++) nanosleep(&pause, 0);
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "read";
  write(1, "reading\n", 8);
  struct pollfd in = {0, POLLIN, 0};
  if (!strcmp(how, "read"))
    while (take(4096) > 0)
      ;
  else if (!strcmp(how, "bytes"))
    while (take(1) > 0)
      ;
  else if (!strcmp(how, "poll"))
    do printf("%s", poll(&in, 1, -1) == 1 && (in.revents & (POLLIN | POLLHUP)) ? "" : "not ready\n");
    while (take(1000) > 0);
  else if (!strcmp(how, "patient"))
    do printf("%s", poll(&in, 1, 60000) == 1 ? "" : "not ready in a minute\n");
    while (take(1000) > 0);
  else if (!strcmp(how, "select")) {
    fd_set set;
    do {
      FD_ZERO(&set);
      FD_SET(0, &set);
      struct timeval minute = {60, 0};
      if (select(1, &set, 0, 0, &minute) != 1) printf("not ready in a minute\n");
    } while (take(1000) > 0);
  } else if (!strcmp(how, "epoll")) {
    int queue = epoll_create1(0);
    struct epoll_event wanted = {.events = EPOLLIN | EPOLLET, .data.fd = 0}, got;
    if (epoll_ctl(queue, EPOLL_CTL_ADD, 0, &wanted)) return perror("epoll_ctl"), 1;
    fcntl(0, F_SETFL, O_NONBLOCK);
    for (;;) {
      epoll_wait(queue, &got, 1, 60000);
      long more;
      while ((more = take(1000)) > 0)
        ;
      if (more == 0) break;
    }
  } else if (!strcmp(how, "nonblock")) {
    int tries = 0;
    fcntl(0, F_SETFL, O_NONBLOCK);
    struct timespec pause = {0, 10000000};
    for (long more; (more = take(1000)) != 0 && tries < 1000;)
      if (more < 0 && errno == EAGAIN) tries++, nanosleep(&pause, 0);
    if (tries == 1000) printf("nothing for ten seconds\n");
  } else if (!strcmp(how, "ahead")) {
    /* FIONREAD counts what is there. */
    poll(&in, 1, -1);
    int ready = 0;
    ioctl(0, FIONREAD, &ready);
    printf("%s\n", ready > 0 ? "something is there" : "nothing is there");
    while (take(4096) > 0)
      ;
  } else if (!strcmp(how, "thread")) {
    pthread_t a, b;
    pthread_create(&b, 0, ticker, 0);
    pthread_create(&a, 0, reader, 0);
    pthread_join(a, 0);
    if (argc > 2) printf("%s\n", ticks > 5 ? "others went on" : "others stood still");
  }
  return done(how);
}
