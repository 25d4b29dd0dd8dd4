/* What there is an end of: descriptors, messages, families of sockets: printed, so that two kernels can be compared. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static void said(const char *what, long result) {
  if (result < 0) printf("%s: %s\n", what, strerror(errno));
  else printf("%s: %ld\n", what, result);
}
/* Whose number is not told. */
static void made(const char *what, long result) {
  printf("%s: %s\n", what, result < 0 ? strerror(errno) : "made");
  if (result > 2) close(result);
}

static char bytes[1 << 20];

int main(void) {
  for (int family = -1; family < 3; family++) {
    char what[40];
    sprintf(what, "family %d", family == -1 ? -1 : family == 0 ? 0 : 77 + family);
    made(what, socket(family <= 0 ? family : 77 + family, SOCK_STREAM, 0));
  }
  made("stream over udp", socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  made("type 77", socket(AF_INET, 77, 0));
  made("type 9", socket(AF_INET, 9, 0));
  made("type 9 of unix", socket(AF_UNIX, 9, 0));
  made("seqpacket of inet", socket(AF_INET, SOCK_SEQPACKET, 0));
  made("protocol of unix", socket(AF_UNIX, SOCK_STREAM, 7));
  int pair[2];
  made("a pair of inet", socketpair(AF_INET, SOCK_STREAM, 0, pair));

  int u = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  bind(u, (void *)&at, sizeof at), getsockname(u, (void *)&at, &length);
  said("65508 bytes", sendto(u, bytes, 65508, 0, (void *)&at, sizeof at));
  said("65507 bytes", sendto(u, bytes, 65507, 0, (void *)&at, sizeof at));
  said("a megabyte", sendto(u, bytes, sizeof bytes, 0, (void *)&at, sizeof at));
  said("to an address of three bytes", sendto(u, bytes, 1, 0, (void *)&at, 3));
  said("to an address of 200 bytes", sendto(u, bytes, 1, 0, (void *)&at, 200));
  said("to nobody", send(u, bytes, 1, 0));
  said("what came", recv(u, bytes, 10, MSG_TRUNC));

  socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair);
  said("a record of a megabyte", send(pair[0], bytes, sizeof bytes, 0));
  said("a record of 100000", send(pair[0], bytes, 100000, 0));
  struct iovec *pieces = calloc(2000, sizeof *pieces);
  for (int i = 0; i < 2000; i++) pieces[i] = (struct iovec){bytes, 1};
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 1025};
  said("1025 pieces", sendmsg(pair[0], &message, 0));
  message.msg_iovlen = 1024;
  said("1024 pieces", sendmsg(pair[0], &message, 0));
  said("1025 written", writev(pair[0], pieces, 1025));
  message.msg_iovlen = 1;
  char control[CMSG_SPACE(300 * sizeof(int))];
  memset(control, 0, sizeof control);
  struct cmsghdr *head = (void *)control;
  *head = (struct cmsghdr){.cmsg_len = CMSG_LEN(254 * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  message.msg_control = control, message.msg_controllen = CMSG_SPACE(254 * sizeof(int));
  said("254 descriptors along", sendmsg(pair[0], &message, 0));
  head->cmsg_len = CMSG_LEN(253 * sizeof(int)), message.msg_controllen = CMSG_SPACE(253 * sizeof(int));
  said("253 descriptors along", sendmsg(pair[0], &message, 0));
  *(int *)CMSG_DATA(head) = 999;
  said("one that is none", sendmsg(pair[0], &message, 0));
  head->cmsg_len = 3;
  said("a head that is too short", sendmsg(pair[0], &message, 0));
  head->cmsg_len = CMSG_LEN(4), head->cmsg_type = 77;
  said("of no kind", sendmsg(pair[0], &message, 0));
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  memset(name.sun_path, 'x', sizeof name.sun_path);
  int s = socket(AF_UNIX, SOCK_DGRAM, 0);
  said("a name that is too long", bind(s, (void *)&name, sizeof name + 1));
  said("a backlog of -1", listen(s, -1));

  struct rlimit few = {40, 40};
  said("40 descriptors", setrlimit(RLIMIT_NOFILE, &few));
  int first = open("/dev/null", O_RDONLY), last = first, count = 1;
  while ((last = open("/dev/null", O_RDONLY)) >= 0) count++;
  said("one more", last);
  printf("the last is %d\n", first + count - 1 == 39 || first < 39 ? 39 : -1);
  made("dup", dup(0));
  made("dup2 beyond", dup2(0, 40));
  made("dup2 far beyond", dup2(0, INT_MAX));
  made("dup from 40 on", fcntl(0, F_DUPFD, 40));
  made("dup from 39 on", fcntl(0, F_DUPFD, 39));
  made("a socket", socket(AF_INET, SOCK_STREAM, 0));
  made("a pair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  made("a pipe", pipe(pair));
  made("an epoll", epoll_create1(0));
  made("an eventfd", eventfd(0, 0));
  made("a timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
  made("a memfd", memfd_create("x", 0));
  close(39);
  made("a pair where one fits", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  made("a socket where one fits", socket(AF_INET, SOCK_STREAM, 0));
}
