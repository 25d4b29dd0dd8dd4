/* Locks on files between processes and open files: flock(2), fcntl(2) and its locks of open file descriptions: printed, so that two kernels can be compared. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[100], other[100];

static void said(const char *what, long result) { printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done"); }

static int lock(int fd, int command, int type, long start, long length) {
  struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  return fcntl(fd, command, &l);
}

static int owner;
static void asked(const char *what, int fd, int command, int type, long start, long length) {
  struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  if (fcntl(fd, command, &l) < 0) {
    said(what, -1);
    return;
  }
  if (l.l_type == F_UNLCK)
    printf("%s: free\n", what);
  else
    printf("%s: %s from %ld, %ld long, of %s\n", what, l.l_type == F_RDLCK ? "read" : "write", (long)l.l_start, (long)l.l_len,
           l.l_pid == -1 ? "an open file" : l.l_pid == owner ? "the parent" : "another");
}

/* In a child, whose words come before the parent goes on. */
#define CHILD(...) do { fflush(stdout); if (fork() == 0) { __VA_ARGS__; fflush(stdout); _exit(0); } wait(0); } while (0)

static void alarmed(int unused) {}

int main(void) {
  owner = getpid();
  sprintf(path, "/tmp/file-locks-%d", owner);
  sprintf(other, "/tmp/file-locks-%d-other", owner);
  int a = open(path, O_RDWR | O_CREAT, 0600), b = open(path, O_RDWR), r = open(path, O_RDONLY), w = open(path, O_WRONLY);
  write(a, "0123456789", 10);

  said("flock a", flock(a, LOCK_EX));
  said("flock b", flock(b, LOCK_EX | LOCK_NB));
  said("flock b shared", flock(b, LOCK_SH | LOCK_NB));
  said("flock a shared", flock(a, LOCK_SH));
  said("flock b shared", flock(b, LOCK_SH | LOCK_NB));
  said("flock a again exclusive", flock(a, LOCK_EX | LOCK_NB));
  said("flock b exclusive, a's is lost", flock(b, LOCK_EX | LOCK_NB));
  said("flock in no way", flock(a, 0));
  said("flock in two ways", flock(a, LOCK_SH | LOCK_EX));
  said("flock of nothing", flock(99, LOCK_SH));
  int d = dup(b);
  close(b);
  said("flock a while a copy of b is open", flock(a, LOCK_EX | LOCK_NB));
  CHILD(said("child: unlocks b", flock(d, LOCK_UN)));
  said("flock a", flock(a, LOCK_EX | LOCK_NB));
  CHILD(said("child: flock of what it opens", flock(open(path, O_RDWR), LOCK_EX | LOCK_NB)));
  said("unlock", flock(a, LOCK_UN));
  said("unlock again", flock(a, LOCK_UN));

  said("write lock 2 to 5", lock(a, F_SETLK, F_WRLCK, 2, 4));
  said("read lock 4 to 9", lock(a, F_SETLK, F_RDLCK, 4, 6));
  CHILD(asked("child: read 0 on", a, F_GETLK, F_RDLCK, 0, 0); asked("child: write 0 on", a, F_GETLK, F_WRLCK, 0, 0);
        asked("child: write 4", a, F_GETLK, F_WRLCK, 4, 1); asked("child: write 0 to 1", a, F_GETLK, F_WRLCK, 0, 2);
        asked("child: write 10 on", a, F_GETLK, F_WRLCK, 10, 0); said("child: takes 3", lock(a, F_SETLK, F_RDLCK, 3, 1));
        said("child: reads 5", lock(a, F_SETLK, F_RDLCK, 5, 1)); said("child: takes 10 on", lock(a, F_SETLK, F_WRLCK, 10, 0)));
  asked("mine are not in my way", a, F_GETLK, F_WRLCK, 0, 0);
  said("unlock 3 to 6", lock(a, F_SETLK, F_UNLCK, 3, 4));
  CHILD(asked("child: write 3 to 6", a, F_GETLK, F_WRLCK, 3, 4); asked("child: write 3 on", a, F_GETLK, F_WRLCK, 3, 0);
        said("child: flock knows nothing of them", flock(open(path, O_RDWR), LOCK_EX | LOCK_NB)));
  said("write lock where one only reads", lock(r, F_SETLK, F_WRLCK, 0, 1));
  said("read lock where one only writes", lock(w, F_SETLK, F_RDLCK, 0, 1));
  said("from before the start", lock(a, F_SETLK, F_RDLCK, 2, -3));
  said("of no kind", lock(a, F_SETLK, 7, 0, 1));
  said("five bytes before 20", lock(a, F_SETLK, F_WRLCK, 20, -5));
  struct flock end = {.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = 30, .l_len = 1};
  said("relative to the end", fcntl(a, F_SETLK, &end));
  CHILD(asked("child: write 11 on", a, F_GETLK, F_WRLCK, 11, 0); asked("child: write 20 on", a, F_GETLK, F_WRLCK, 20, 0));
  close(r);
  CHILD(asked("child: after a descriptor was closed", a, F_GETLK, F_WRLCK, 0, 0));

  int c = open(path, O_RDWR);
  said("open file a", lock(a, F_OFD_SETLK, F_WRLCK, 0, 10));
  said("open file c", lock(c, F_OFD_SETLK, F_WRLCK, 5, 10));
  asked("open file c asks", c, F_OFD_GETLK, F_WRLCK, 5, 10);
  said("process, against an open file", lock(c, F_SETLK, F_RDLCK, 0, 1));
  asked("process asks", c, F_GETLK, F_RDLCK, 0, 1);
  struct flock with = {.l_type = F_WRLCK, .l_pid = 1};
  said("open file with a pid", fcntl(a, F_OFD_SETLK, &with));
  CHILD(said("child: the parent's open file", lock(a, F_OFD_SETLK, F_WRLCK, 0, 20)));
  close(a);
  asked("after it was closed", c, F_OFD_GETLK, F_WRLCK, 0, 0);

  /* Waits, one after the other. */
  fflush(stdout);
  int ready[2];
  pipe(ready);
  said("parent takes all", lock(c, F_SETLK, F_WRLCK, 0, 0));
  said("parent takes flock", flock(c, LOCK_EX));
  for (int i = 0; i < 3; i++) {
    fflush(stdout);
    if (fork() == 0) {
      int own = open(path, O_RDWR);
      write(ready[1], "x", 1);
      int got = i < 2 ? lock(own, i == 0 ? F_SETLKW : F_OFD_SETLKW, F_WRLCK, 0, 0) : flock(own, LOCK_EX);
      usleep(i * 20000);
      said(i == 0 ? "first child" : i == 1 ? "second child" : "third child", got);
      fflush(stdout);
      usleep(100000);
      _exit(0);
    }
    char x;
    read(ready[0], &x, 1);
    usleep(20000);
  }
  printf("parent goes on\n"), fflush(stdout);
  lock(c, F_SETLK, F_UNLCK, 0, 0);
  wait(0);
  wait(0);
  printf("parent lets flock go\n"), fflush(stdout);
  flock(c, LOCK_UN);
  wait(0);

  /* Two that wait for each other. */
  int go[2];
  pipe(go);
  int e = open(other, O_RDWR | O_CREAT, 0600);
  said("parent has one", lock(c, F_SETLK, F_WRLCK, 0, 1));
  fflush(stdout);
  if (fork() == 0) {
    lock(e, F_SETLK, F_WRLCK, 0, 1);
    write(go[1], "x", 1);
    int got = lock(c, F_SETLKW, F_WRLCK, 0, 1);
    said("child, in the end", got);
    fflush(stdout);
    _exit(0);
  }
  char x;
  read(go[0], &x, 1);
  usleep(50000);
  said("parent, in a circle", lock(e, F_SETLKW, F_WRLCK, 0, 1));
  fflush(stdout);
  lock(c, F_SETLK, F_UNLCK, 0, 1);
  wait(0);

  /* A signal ends a wait. */
  struct sigaction action = {.sa_handler = alarmed};
  sigaction(SIGALRM, &action, 0);
  lock(c, F_SETLK, F_WRLCK, 0, 1);
  flock(c, LOCK_EX);
  CHILD(ualarm(30000, 0); said("child: fcntl and a signal", lock(c, F_SETLKW, F_WRLCK, 0, 1)); ualarm(30000, 0);
        said("child: flock and a signal", flock(open(path, O_RDWR), LOCK_EX)));
  /* And the end of who has it. */
  int f = open(path, O_RDWR);
  lock(c, F_SETLK, F_UNLCK, 0, 0);
  fflush(stdout);
  if (fork() == 0) {
    lock(c, F_SETLK, F_WRLCK, 0, 0);
    write(go[1], "x", 1);
    usleep(50000);
    _exit(0);
  }
  read(go[0], &x, 1);
  said("after a child's end", lock(f, F_SETLKW, F_WRLCK, 0, 0));
  wait(0);
  unlink(path), unlink(other);
}
