/* What Linux answers about descriptors, paths, /proc/self and /dev. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/prctl.h>
#include <termios.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

static void show(const char *what, long result) {
  if (result == -1) printf("%s: errno %d\n", what, errno);
  else printf("%s: %ld\n", what, result);
}
#define TRY(e) (errno = 0, show(#e, (long)(e)))

static int first_line(const char *path, char *line, int size) {
  FILE *f = fopen(path, "r");
  if (!f) return -1;
  int ok = fgets(line, size, f) != NULL;
  fclose(f);
  return ok ? 0 : -1;
}

/* Requests that a kind of descriptor lacks, flags that there are none of, offsets at their edges. */
static void refusals(void) {
  struct statx x;
  struct stat s;
  struct timespec slice;
  int waiting = 7, ends[2];
  TRY(statx(AT_FDCWD, "/proc/self", 0x10, 0x7ff, &x));
  TRY(statx(AT_FDCWD, "/proc/self", 0x6000, 0x7ff, &x));
  TRY(statx(AT_FDCWD, "/proc/self", 0, 0x80000000, &x));
  TRY(syscall(SYS_newfstatat, AT_FDCWD, "/proc/self", &s, 0x10));
  TRY(syscall(SYS_faccessat2, AT_FDCWD, "/proc/self", 0, 0x10));
  int event = eventfd(3, 0), memory = memfd_create("refusals", 0);
  TRY(ioctl(event, FIONREAD, &waiting));
  TRY(pipe(ends));
  TRY(write(ends[1], "abc", 3));
  TRY(ioctl(ends[0], FIONREAD, &waiting));
  printf("%d\n", waiting);
  TRY(write(memory, "hello", 5));
  TRY(lseek(memory, 1, SEEK_SET));
  TRY(ioctl(memory, FIONREAD, &waiting));
  printf("%d\n", waiting);
  TRY(readahead(memory, 0, 10));
  TRY(readahead(event, 0, 10));
  TRY(readahead(ends[0], 0, 10));
  TRY(readahead(-1, 0, 10));
  TRY(sched_rr_get_interval(0, &slice));
  TRY(sched_rr_get_interval(-1, &slice));
  TRY(pwrite(memory, "x", 1, -1));
  TRY(pwrite(memory, "x", 1, INT64_MAX));
  TRY(pread(memory, &s, 1, -1));
  TRY(pread(memory, &s, 1, INT64_MAX));
  TRY(ftruncate(memory, -1));
  TRY(lseek(memory, 0, SEEK_END));
  close(event);
  close(memory);
  close(ends[0]);
  close(ends[1]);
}

int main(int argc, char **argv) {
  char text[256] = {0};
  struct termios t;
  TRY(ioctl(1, TCGETS, &t));
  TRY(isatty(0));
  TRY(close(99));
  TRY(dup(99));
  TRY(dup2(1, 1));
  TRY(dup2(99, 5));
  TRY(dup2(1, -1));
  TRY(dup3(1, 1, 0));
  TRY(dup2(1, 40));
  TRY(fcntl(40, F_GETFD));
  TRY(fcntl(40, F_SETFD, FD_CLOEXEC));
  TRY(fcntl(40, F_GETFD));
  TRY(fcntl(1, F_DUPFD, 41));
  TRY(fcntl(1, F_DUPFD_CLOEXEC, 41));
  TRY(fcntl(1, F_DUPFD, -1));
  TRY(fcntl(99, F_GETFL));
  TRY(fcntl(1, 9999));
  TRY(close(40));
  TRY(close(41));
  TRY(close_range(42, 60, 0));
  TRY(fcntl(42, F_GETFD));
  TRY(close_range(60, 42, 0));

  int fd = open(argv[0], O_RDONLY | O_CLOEXEC);
  TRY(fd);
  TRY(write(fd, "x", 1));
  TRY(read(fd, (void *)8, 16));
  TRY(read(fd, text, 0));
  TRY(lseek(fd, 4, SEEK_SET));
  TRY(read(fd, text, 4));
  TRY(lseek(fd, 0, SEEK_CUR));
  TRY(lseek(fd, 0, 77));
  TRY(pread(fd, text, 4, -1));
  TRY(pread(fd, text, 4, 1));
  printf("%.3s\n", text);
  struct iovec v[2] = {{text, 1}, {text + 1, 3}};
  TRY(preadv(fd, v, 2, 0));
  TRY(readv(fd, v, -1));
  TRY(ftruncate(fd, 0));
  TRY(openat(fd, "x", O_RDONLY));
  TRY(fchdir(fd));
  char buffer[100];
  TRY(getdents64(fd, buffer, sizeof buffer));
  TRY(fsync(fd));
  TRY(fsync(1));
  TRY(flock(fd, 1));
  struct stat s;
  TRY(fstat(fd, &s));
  TRY(S_ISREG(s.st_mode));
  TRY(fstat(99, &s));
  TRY(stat("", &s));
  TRY(stat("/no such directory", &s));
  TRY(stat("/dev/null/x", &s));
  TRY(fstatat(fd, "", &s, AT_EMPTY_PATH));
  TRY(S_ISREG(s.st_mode));
  struct statx sx;
  TRY(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &sx));
  TRY(sx.stx_size == (uint64_t)s.st_size && sx.stx_ino == s.st_ino && sx.stx_mtime.tv_sec == s.st_mtim.tv_sec);
  TRY(access(argv[0], R_OK | X_OK));
  TRY(access("/no such directory", F_OK));
  TRY(access(argv[0], 77));
  TRY(open("/no such directory/file", O_RDONLY));
  TRY(open("", O_RDONLY));
  TRY(open((char *)8, O_RDONLY));
  TRY(open(argv[0], O_RDONLY | O_DIRECTORY));
  TRY(readlink(argv[0], text, sizeof text));
  char own[4096] = {0}, real[4096];
  TRY(readlink("/proc/self/exe", own, sizeof own) > 0);
  printf("the program is itself: %d\n", realpath(argv[0], real) != NULL && strcmp(own, real) == 0);
  TRY(readlink("/proc/self/exe", text, 0));

  int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY), full = open("/dev/full", O_RDWR);
  TRY(write(null, "gone", 4));
  TRY(read(null, text, 10));
  memset(text, 7, sizeof text);
  TRY(read(zero, text, 10));
  printf("%d %d\n", text[9], text[10]);
  TRY(write(full, "x", 1));
  TRY(fstat(null, &s));
  printf("a character device: %d %x\n", S_ISCHR(s.st_mode), (unsigned)s.st_rdev);
  int random = open("/dev/urandom", O_RDONLY);
  TRY(read(random, text, 32));

  int memory = open("/proc/self/maps", O_RDONLY);
  TRY(read(memory, text, 60) > 0);
  TRY(close(memory));
  TRY(first_line("/proc/self/comm", text, sizeof text));
  printf("%.8s", text);
  text[strcspn(text, "\n")] = 0;
  TRY(prctl(PR_SET_NAME, "a name that is longer than it may be"));
  TRY(first_line("/proc/self/comm", text, sizeof text));
  printf("%s", text);
  TRY(first_line("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", text, sizeof text));
  printf("%s", text);
  TRY(open("/proc/self/nothing", O_RDONLY));
  DIR *d = opendir("/proc/self/task");
  int tasks = 0;
  for (struct dirent *e; d && (e = readdir(d));) tasks += e->d_name[0] != '.';
  printf("tasks: %d\n", tasks);
  if (d) closedir(d);

  struct utsname u;
  TRY(uname(&u));
  printf("%s %s\n", u.sysname, u.machine);
  struct rlimit limit;
  TRY(getrlimit(RLIMIT_STACK, &limit));
  TRY(getrlimit(77, &limit));
  TRY(getpid() == (int)gettid());
  TRY(wait(NULL));
  TRY(epoll_ctl(99, EPOLL_CTL_ADD, 1, NULL));
  int ep = epoll_create1(0);
  struct epoll_event ev = {.events = EPOLLIN};
  TRY(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
  TRY(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &ev));
  TRY(epoll_ctl(ep, EPOLL_CTL_MOD, eventfd(0, 0), &ev));
  TRY(epoll_ctl(fd, EPOLL_CTL_ADD, 1, &ev));
  TRY(epoll_wait(ep, &ev, 0, 0));
  TRY(eventfd(0, 12345678));
  TRY(epoll_create(0));
  (void)argc;
  refusals();
  return 0;
}
