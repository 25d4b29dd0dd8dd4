/* poll, select and epoll over pipes, event and timer descriptors: levels, edges, one-shots, timeouts, masks. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void show(const char *what, long result) {
  if (result == -1) printf("%s: errno %d\n", what, errno);
  else printf("%s: %ld\n", what, result);
}
#define TRY(e) (errno = 0, show(#e, (long)(e)))

static int fd[2];
static volatile int signals;
static void count(int s) { signals += s != 0; }

static void *later(void *text) {
  usleep(10000);
  return (void *)write(fd[1], text, strlen(text));
}

static int waited(int ep, struct epoll_event *events, int timeout) {
  int n = epoll_wait(ep, events, 8, timeout);
  printf("epoll: %d", n);
  for (int i = 0; i < n; i++) printf(" %x/%lu", events[i].events, (unsigned long)events[i].data.u64);
  printf("\n");
  return n;
}

int main(void) {
  char text[64];
  struct epoll_event events[8], ev = {.events = EPOLLIN, .data.u64 = 11};
  if (pipe2(fd, O_NONBLOCK)) return 1;
  struct pollfd p[4] = {{fd[0], POLLIN, 0}, {fd[1], POLLOUT, 0}, {-1, POLLIN, 7}, {99, POLLIN, 0}};
  int n = poll(p, 4, 0);
  printf("poll %d: %x %x %x %x\n", n, p[0].revents, p[1].revents, p[2].revents, p[3].revents);
  TRY(poll(p, 1, 3));
  TRY(poll((void *)8, 1, 0));
  pthread_t t;
  pthread_create(&t, NULL, later, "abc");
  n = poll(p, 1, 5000);
  printf("poll %d: %x\n", n, p[0].revents);
  pthread_join(t, NULL);

  fd_set r, w;
  FD_ZERO(&r);
  FD_ZERO(&w);
  FD_SET(fd[0], &r);
  FD_SET(fd[1], &w);
  FD_SET(fd[1], &r);
  struct timeval tv = {1, 0};
  n = select(fd[1] + 1, &r, &w, NULL, &tv);
  printf("select %d: %d %d %d\n", n, FD_ISSET(fd[0], &r), FD_ISSET(fd[1], &r), FD_ISSET(fd[1], &w));
  TRY(read(fd[0], text, sizeof text));
  FD_ZERO(&r);
  FD_SET(fd[0], &r);
  tv = (struct timeval){0, 2000};
  n = select(fd[0] + 1, &r, NULL, NULL, &tv);
  printf("select %d: %d, left %ld\n", n, FD_ISSET(fd[0], &r), (long)tv.tv_usec);
  FD_ZERO(&r);
  /* Below 64: what select does with a closed number above depends on the table that the parent process left. */
  FD_SET(50, &r);
  TRY(select(51, &r, NULL, NULL, &tv));
  TRY(select(-1, NULL, NULL, NULL, NULL));

  int ep = epoll_create1(EPOLL_CLOEXEC);
  TRY(epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &ev));
  TRY(epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &ev));
  waited(ep, events, 0);
  if (write(fd[1], "x", 1) != 1) return 2;
  waited(ep, events, 0);
  waited(ep, events, 0);
  ev.events = EPOLLIN | EPOLLET;
  ev.data.u64 = 12;
  TRY(epoll_ctl(ep, EPOLL_CTL_MOD, fd[0], &ev));
  waited(ep, events, 0);
  waited(ep, events, 0);
  if (write(fd[1], "y", 1) != 1) return 2;
  waited(ep, events, 0);
  ev.events = EPOLLIN | EPOLLONESHOT;
  TRY(epoll_ctl(ep, EPOLL_CTL_MOD, fd[0], &ev));
  waited(ep, events, 0);
  waited(ep, events, 0);
  TRY(epoll_ctl(ep, EPOLL_CTL_MOD, fd[0], &ev));
  waited(ep, events, 0);
  TRY(read(fd[0], text, sizeof text));
  ev = (struct epoll_event){.events = EPOLLIN, .data.u64 = 13};
  TRY(epoll_ctl(ep, EPOLL_CTL_MOD, fd[0], &ev));
  pthread_create(&t, NULL, later, "later");
  waited(ep, events, -1);
  pthread_join(t, NULL);
  TRY(read(fd[0], text, sizeof text));
  waited(ep, events, 2);

  int e = eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
  ev = (struct epoll_event){.events = EPOLLIN | EPOLLOUT, .data.u64 = 14};
  TRY(epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev));
  waited(ep, events, 0);
  TRY(eventfd_write(e, 2));
  eventfd_t value;
  TRY(eventfd_read(e, &value));
  TRY(eventfd_read(e, &value));
  TRY(eventfd_read(e, &value));
  TRY(write(e, "short", 5));
  TRY(epoll_ctl(ep, EPOLL_CTL_DEL, e, NULL));
  TRY(epoll_ctl(ep, EPOLL_CTL_DEL, e, NULL));

  int tm = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct itimerspec its = {{0, 0}, {0, 3000000}}, left;
  TRY(timerfd_settime(tm, 0, &its, NULL));
  ev = (struct epoll_event){.events = EPOLLIN, .data.u64 = 15};
  TRY(epoll_ctl(ep, EPOLL_CTL_ADD, tm, &ev));
  uint64_t expirations = 0;
  TRY(read(tm, &expirations, 8));
  waited(ep, events, 1000);
  TRY(read(tm, &expirations, 8));
  printf("expirations %lu\n", (unsigned long)expirations);
  TRY(timerfd_gettime(tm, &left));
  TRY(left.it_value.tv_nsec);
  TRY(timerfd_gettime(ep, &left));

  /* The other end goes. */
  close(fd[1]);
  waited(ep, events, 0);
  p[0] = (struct pollfd){fd[0], POLLIN, 0};
  n = poll(p, 1, -1);
  printf("poll %d: %x\n", n, p[0].revents);
  TRY(read(fd[0], text, 4));
  close(fd[0]);
  waited(ep, events, 0);

  /* A signal interrupts, and ppoll lets it in only while it waits. */
  struct sigaction act = {.sa_handler = count, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &act, NULL);
  sigset_t blocked, none;
  sigemptyset(&none), sigemptyset(&blocked), sigaddset(&blocked, SIGALRM);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  raise(SIGALRM);
  TRY(signals);
  TRY(ppoll(NULL, 0, NULL, &none));
  TRY(signals);
  raise(SIGALRM);
  TRY(epoll_pwait(ep, events, 8, -1, &none));
  TRY(signals);
  raise(SIGALRM);
  TRY(pselect(0, NULL, NULL, NULL, NULL, &none));
  TRY(signals);
  sigprocmask(SIG_UNBLOCK, &blocked, NULL);
  struct itimerval soon = {{0, 0}, {0, 3000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  TRY(poll(NULL, 0, 5000));
  TRY(signals);
  return 0;
}
