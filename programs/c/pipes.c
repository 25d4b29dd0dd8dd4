/* Pipes, dup, poll, readv and writev, eventfd, standard input. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void) {
  int fd[2];
  if (pipe(fd)) return 1;
  printf("%zd\n", write(fd[1], "through the pipe", 16));
  char text[32] = {0};
  ssize_t n = read(fd[0], text, 7);
  printf("%zd %s\n", n, text);
  printf("%zd\n", read(fd[0], text, sizeof text));
  struct pollfd p = {.fd = fd[0], .events = POLLIN};
  printf("empty %d\n", poll(&p, 1, 5));
  struct iovec parts[] = {{"one ", 4}, {"two ", 4}, {"three", 5}};
  printf("%zd\n", writev(fd[1], parts, 3));
  int ready = poll(&p, 1, -1);
  printf("ready %d %d\n", ready, p.revents == POLLIN);
  int copy = dup(fd[1]);
  close(fd[1]);
  if (write(copy, "!", 1) != 1) return 1;
  close(copy);
  memset(text, 0, sizeof text);
  n = read(fd[0], text, sizeof text);
  printf("%zd %s\n", n, text);
  printf("end %zd\n", read(fd[0], text, sizeof text));
  n = read(77, text, 1);
  printf("%zd %d\n", n, errno == EBADF);

  if (pipe2(fd, O_NONBLOCK | O_CLOEXEC)) return 1;
  n = read(fd[0], text, 1);
  printf("%zd %d\n", n, errno == EAGAIN);
  char block[4096] = {0};
  long filled = 0;
  for (; (n = write(fd[1], block, sizeof block)) > 0;) filled += n;
  printf("pipe holds %ld\n", filled);
  int e = eventfd(3, EFD_NONBLOCK);
  uint64_t value = 4;
  ssize_t wrote = write(e, &value, 8), got = read(e, &value, 8);
  printf("event %zd %zd %lu\n", wrote, got, (unsigned long)value);

  char line[100];
  int lines = 0;
  while (fgets(line, sizeof line, stdin)) {
    lines++;
    printf("%d %s", lines, line);
  }
  printf("lines %d, end %d\n", lines, feof(stdin) != 0);
  return 0;
}
