/* Sealed files in memory, other ways to an open file, paths that end in a slash, and what is left to read of the process: printed, so that two kernels can be compared. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void said(const char *what, long result) {
  if (result < 0)
    printf("%s: %s\n", what, strerror(errno));
  else
    printf("%s: %ld\n", what, result);
}

static void seals(void) {
  int plain = memfd_create("plain", 0);
  said("seals of a plain one", fcntl(plain, F_GET_SEALS));
  said("seal it", fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE));
  int fd = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);
  said("cloexec", fcntl(fd, F_GETFD));
  said("seals", fcntl(fd, F_GET_SEALS));
  said("write", write(fd, "0123456789", 10));
  said("unknown", fcntl(fd, F_ADD_SEALS, 0x100));
  said("grow", fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
  said("write behind the end", pwrite(fd, "x", 1, 10));
  said("write inside", pwrite(fd, "x", 1, 9));
  said("longer", ftruncate(fd, 11));
  said("as long", ftruncate(fd, 10));
  said("shorter", ftruncate(fd, 9));
  said("shrink", fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
  said("shorter", ftruncate(fd, 8));
  char path[64];
  sprintf(path, "/proc/self/fd/%d", fd);
  int reader = open(path, O_RDONLY);
  said("seal by who only reads", fcntl(reader, F_ADD_SEALS, F_SEAL_WRITE));
  said("write by who only reads", write(reader, "y", 1));
  said("no more writing", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL));
  said("write", pwrite(fd, "y", 1, 0));
  said("nothing", pwrite(fd, "y", 0, 0));
  said("seal again", fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
  said("all seals", fcntl(reader, F_GET_SEALS));
  char bytes[32] = {0};
  said("read from the start", read(reader, bytes, sizeof bytes));
  printf("%s\n", bytes);
  said("where it was", lseek(fd, 0, SEEK_CUR));
  int writer = open(path, O_RDWR);
  said("open to write what is sealed", writer < 0 ? -1 : 0);
  said("write", write(writer, "z", 1));
  struct stat st;
  said("fstat", fstat(reader, &st));
  printf("mode %o size %ld\n", st.st_mode, (long)st.st_size);
  void *shown = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  printf("mapped %.9s\n", shown == MAP_FAILED ? strerror(errno) : (char *)shown);
  said("seals of a pipe", (pipe((int[2]){0}), fcntl(0, F_GET_SEALS)));
  said("flags", memfd_create("x", 0x1000));
  char name[300];
  memset(name, 'n', sizeof name);
  name[250] = 0;
  said("a long name", memfd_create(name, 0));
  name[249] = 0;
  said("almost", memfd_create(name, 0) < 0 ? -1 : 0);
  int shared = memfd_create("shared", MFD_ALLOW_SEALING);
  write(shared, "first", 5);
  sprintf(path, "/proc/self/fd/%d", shared);
  int other = open(path, O_RDWR);
  said("write by the other", pwrite(other, "F", 1, 0));
  said("read", pread(shared, bytes, 5, 0));
  printf("%.5s\n", bytes);
  said("cut", close(open(path, O_RDWR | O_TRUNC)));
  said("size", lseek(shared, 0, SEEK_END));
}

static void streams(void) {
  /* A pipe for both: what they are from outside may be a socket, which nobody can open. */
  int ends[2], in = dup(0), out = dup(1);
  pipe(ends);
  dup2(ends[0], 0);
  dup2(ends[1], 1);
  long said_[3] = {write(open("/dev/stdout", O_WRONLY), "to stdout\n", 10), write(open("/dev/fd/1", O_WRONLY | O_APPEND), "to fd 1\n", 8),
                   write(open("/proc/self/fd/1", O_WRONLY), "to proc\n", 8)};
  char bytes[100];
  long got = read(open("/dev/stdin", O_RDONLY), bytes, sizeof bytes);
  dup2(out, 1);
  for (int i = 0; i < 3; i++) said("written", said_[i]);
  printf("%.*s", (int)got, bytes);
  said("fd 77", open("/dev/fd/77", O_RDONLY));
  said("stat of fd 77", stat("/dev/fd/77", &(struct stat){0}));
  int event = eventfd(0, 0);
  char path[64];
  sprintf(path, "/proc/self/fd/%d", event);
  said("eventfd", open(path, O_RDWR));
  char target[100];
  const char *links[] = {"/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"};
  for (int i = 0; i < 4; i++) {
    ssize_t length = readlink(links[i], target, sizeof target);
    struct stat st;
    printf("%s -> %.*s, %s\n", links[i], (int)length, target, lstat(links[i], &st) == 0 && S_ISLNK(st.st_mode) ? "a link" : "no link");
  }
  dup2(ends[1], 1);
  int may = access("/dev/stdout", W_OK);
  dup2(out, 1);
  said("access of what is open", may);
  said("below a descriptor", open("/dev/fd/1/x", O_RDONLY));
  dup2(in, 0);
}

static void kind(const char *what, int result, const struct stat *st) {
  if (result < 0)
    printf("%s: %s\n", what, strerror(errno));
  else
    printf("%s: %s\n", what, S_ISLNK(st->st_mode) ? "link" : S_ISDIR(st->st_mode) ? "directory" : "other");
}

/* /lib is a link to a directory, or this tells nothing. */
static void slashes(const char *self) {
  struct stat st;
  char path[PATH_MAX], target[PATH_MAX];
  kind("/lib", lstat("/lib", &st), &st);
  kind("/lib/", lstat("/lib/", &st), &st);
  kind("/lib/.", lstat("/lib/.", &st), &st);
  kind("/lib/..", lstat("/lib/..", &st), &st);
  kind("/lib//", fstatat(AT_FDCWD, "/lib//", &st, AT_SYMLINK_NOFOLLOW), &st);
  said("readlink", readlink("/lib/", target, sizeof target));
  sprintf(path, "%s/", self);
  kind("itself/", stat(path, &st), &st);
  said("open itself/", open(path, O_RDONLY));
  sprintf(path, "%s/.", self);
  kind("itself/.", lstat(path, &st), &st);
  kind("/proc/self", lstat("/proc/self", &st), &st);
  kind("/proc/self/", lstat("/proc/self/", &st), &st);
  ssize_t length = readlink("/proc/self/exe", target, sizeof target - 1);
  target[length < 0 ? 0 : length] = 0;
  char real[PATH_MAX];
  printf("exe is %s\n", realpath(self, real) && !strcmp(real, target) ? "the real path" : target);
}

static long row(const char *name) {
  char line[200];
  long value = -1;
  FILE *status = fopen("/proc/self/status", "r");
  while (fgets(line, sizeof line, status))
    if (!strncmp(line, name, strlen(name))) value = atol(line + strlen(name));
  fclose(status);
  return value;
}

static void peak(void) {
  printf("peak %s size\n", row("VmPeak:") >= row("VmSize:") ? ">=" : "<");
  long before = row("VmSize:");
  void *much = mmap(0, 64 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(much, 64 << 20);
  printf("size as before: %d, peak at least: %d\n", row("VmSize:") == before, row("VmPeak:") >= before + 65536);
}

static void files(void) {
  char line[200];
  FILE *hosts = fopen("/etc/hosts", "r");
  int local = 0;
  while (hosts && fgets(line, sizeof line, hosts)) local |= strstr(line, "127.0.0.1") && strstr(line, "localhost");
  printf("localhost is known: %d\n", local);
  setenv("TZ", "Europe/Zurich", 1);
  tzset();
  time_t summer = 1751371200;
  strftime(line, sizeof line, "%F %T %Z", localtime(&summer));
  printf("%s\n", line);
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IONBF, 0);
  seals();
  streams();
  slashes(argv[0]);
  peak();
  files();
  return 0;
}
