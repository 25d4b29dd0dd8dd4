// Processes: fork, vfork, exec of itself, pipes, statuses, signals between them, groups, what a child has of its parent.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static int global = 1;

static void told(const char *what, int status) {
  if (WIFEXITED(status)) printf("%s: exit %d\n", what, WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) printf("%s: signal %d\n", what, WTERMSIG(status));
  else if (WIFSTOPPED(status)) printf("%s: stopped by %d\n", what, WSTOPSIG(status));
  else if (WIFCONTINUED(status)) printf("%s: continued\n", what);
  fflush(stdout);
}

static volatile sig_atomic_t children, gotValue;
static void onChild(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  children++;
  gotValue = info->si_code * 1000 + info->si_status;
}
static void onUser(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  gotValue = info->si_pid == getppid();
}

static void memory(void) {
  int local = 10;
  char *heap = malloc(100000);
  memset(heap, 'p', 100000);
  pid_t pid = fork();
  if (pid == 0) {
    global++, local++, heap[99999] = 'c';
    printf("child: %d %d %c %c, parent %s\n", global, local, heap[0], heap[99999], getppid() > 1 ? "there" : "gone");
    exit(3);
  }
  int status;
  printf("%d\n", waitpid(pid, &status, 0) == pid);
  told("memory", status);
  printf("parent: %d %d %c\n", global, local, heap[99999]);
  free(heap);
}

static void pipes(void) {
  int down[2], up[2];
  pipe(down), pipe2(up, O_CLOEXEC);
  if (fork() == 0) {
    close(down[1]), close(up[0]);
    char buffer[64];
    ssize_t n;
    while ((n = read(down[0], buffer, sizeof buffer)) > 0) {
      for (int i = 0; i < n; i++) buffer[i] ^= 0x20;
      write(up[1], buffer, n);
    }
    _exit(0);
  }
  close(down[0]), close(up[1]);
  char all[8192] = {0};
  size_t have = 0;
  for (int i = 0; i < 50; i++) dprintf(down[1], "Line %d\n", i);
  close(down[1]);
  for (ssize_t n; (n = read(up[0], all + have, sizeof all - have)) > 0;) have += n;
  close(up[0]);
  int status;
  wait(&status);
  printf("%zu bytes, %.6s\n", have, all);
  told("pipes", status);
}

/** One that waits to read before so much is written that it does not fit. */
static void much(void) {
  int ends[2], status;
  pipe(ends);
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    char *bytes = malloc(1 << 20);
    memset(bytes, 'm', 1 << 20);
    usleep(20000);
    _exit(write(ends[1], bytes, 1 << 20) == 1 << 20 ? 0 : 1);
  }
  close(ends[1]);
  static char buffer[1 << 16];
  long have = 0;
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) have += n;
  close(ends[0]);
  waitpid(pid, &status, 0);
  printf("%ld bytes\n", have);
  told("much", status);
}

static void signals(void) {
  struct sigaction action = {.sa_sigaction = onChild, .sa_flags = SA_SIGINFO | SA_RESTART}, before;
  sigaction(SIGCHLD, &action, &before);
  int status;
  pid_t pid = fork();
  if (pid == 0) _exit(42);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  printf("SIGCHLD %d, code and status %d\n", children, gotValue);
  told("exit", status);
  sigaction(SIGCHLD, &before, NULL);

  pid = fork();
  if (pid == 0) for (;;) pause();
  kill(pid, SIGTERM);
  waitpid(pid, &status, 0);
  told("kill", status);

  pid = fork();
  if (pid == 0) for (;;) pause();
  kill(pid, SIGSTOP);
  waitpid(pid, &status, WUNTRACED);
  told("stop", status);
  printf("nothing new: %d\n", waitpid(pid, &status, WNOHANG | WUNTRACED));
  kill(pid, SIGCONT);
  waitpid(pid, &status, WCONTINUED);
  told("continue", status);
  kill(pid, SIGKILL);
  siginfo_t info = {0};
  waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
  printf("waitid: %d %d %d %d\n", info.si_signo, info.si_code, info.si_status, info.si_pid == pid);
  waitid(P_ALL, 0, &info, WEXITED);
  int gone = kill(pid, 0);
  printf("gone: %d %s\n", gone, strerror(errno));
  gone = wait(&status);
  printf("no child: %d %s\n", gone, strerror(errno));

  int ready[2];
  pipe(ready);
  pid = fork();
  if (pid == 0) {
    struct sigaction user = {.sa_sigaction = onUser, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &user, NULL);
    sigset_t set, old;
    sigemptyset(&set), sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    write(ready[1], "!", 1);
    sigsuspend(&old);
    _exit(gotValue);
  }
  char byte;
  read(ready[0], &byte, 1);
  kill(pid, SIGUSR1);
  waitpid(pid, &status, 0);
  told("from the parent", status);

  signal(SIGCHLD, SIG_IGN);
  if (fork() == 0) _exit(9);
  gone = wait(&status);
  printf("ignored: %d %s\n", gone, strerror(errno));
  signal(SIGCHLD, SIG_DFL);
}

static void groups(void) {
  int status;
  pid_t pids[3];
  for (int i = 0; i < 3; i++) {
    pids[i] = fork();
    if (pids[i] == 0) for (;;) pause();
    setpgid(pids[i], pids[0]);
  }
  printf("group: %d %d\n", getpgid(pids[1]) == pids[0], getpgid(0) == getpgrp());
  kill(-pids[0], SIGINT);
  int n = 0;
  while (waitpid(-pids[0], &status, 0) > 0) n += WTERMSIG(status) == SIGINT;
  printf("%d of the group\n", n);
  pid_t pid = fork();
  if (pid == 0) _exit(setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid() ? 0 : 1);
  waitpid(pid, &status, 0);
  told("setsid", status);
}

static void programs(const char *self) {
  int status;
  pid_t pid = vfork();
  if (pid == 0) {
    execl(self, "name", "child", "one", (char *)NULL);
    _exit(127);
  }
  waitpid(pid, &status, 0);
  told("vfork", status);

  char *const args[] = {"spawned", "child", "two", NULL};
  int spawned = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, args, environ);
  waitpid(pid, &status, 0);
  printf("posix_spawn: %d\n", spawned);
  told("spawn", status);
  printf("missing: %s\n", strerror(posix_spawn(&pid, "/tmp/there-is-none", NULL, NULL, args, environ)));

  pid = fork();
  if (pid == 0) {
    execl("/tmp", "x", (char *)NULL);
    _exit(errno == EACCES ? 0 : errno);
  }
  waitpid(pid, &status, 0);
  told("a folder", status);

  int fd = open("/tmp/r14-processes-not-elf", O_CREAT | O_WRONLY | O_TRUNC, 0755);
  write(fd, "no program\n", 11), close(fd);
  pid = fork();
  if (pid == 0) {
    execl("/tmp/r14-processes-not-elf", "x", (char *)NULL);
    _exit(errno == ENOEXEC ? 0 : errno);
  }
  waitpid(pid, &status, 0);
  told("no program", status);
  unlink("/tmp/r14-processes-not-elf");

  // Descriptors: those that stay, and those that are closed.
  int stays = dup(1), goes = fcntl(1, F_DUPFD_CLOEXEC, 100);
  char a[16], b[16];
  sprintf(a, "%d", stays), sprintf(b, "%d", goes);
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    execl(self, "name", "descriptors", a, b, (char *)NULL);
    _exit(127);
  }
  waitpid(pid, &status, 0);
  told("descriptors", status);
  close(stays), close(goes);

  signal(SIGUSR1, SIG_IGN), signal(SIGUSR2, (void (*)(int))(void *)onUser);
  pid = fork();
  if (pid == 0) {
    sigset_t set;
    sigemptyset(&set), sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    execl(self, "name", "handlers", (char *)NULL);
    _exit(127);
  }
  waitpid(pid, &status, 0);
  told("handlers", status);
  signal(SIGUSR1, SIG_DFL), signal(SIGUSR2, SIG_DFL);
}

static void sockets(void) {
  int pair[2], status;
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  pid_t pid = fork();
  if (pid == 0) {
    close(pair[0]);
    char text[32] = {0};
    read(pair[1], text, sizeof text);
    dprintf(pair[1], "%s, said the child", text);
    _exit(0);
  }
  close(pair[1]);
  write(pair[0], "hello", 5);
  char text[64] = {0};
  struct pollfd wait = {.fd = pair[0], .events = POLLIN};
  poll(&wait, 1, -1);
  read(pair[0], text, sizeof text);
  printf("%s\n", text);
  waitpid(pid, &status, 0);
  poll(&wait, 1, -1);
  printf("hung up: %d\n", (wait.revents & POLLHUP) != 0);
  close(pair[0]);
}

static void handles(void) {
  siginfo_t info = {0};
  pid_t pid = fork();
  if (pid == 0) for (;;) pause();
  int fd = syscall(SYS_pidfd_open, pid, 0);
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  printf("pidfd: %d, close-on-exec %d, ended %d\n", fd >= 0, fcntl(fd, F_GETFD), poll(&wait, 1, 0));
  printf("still there: %d\n", waitid(P_PIDFD, fd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0);
  printf("sent: %ld\n", syscall(SYS_pidfd_send_signal, fd, SIGINT, NULL, 0));
  printf("ended: %d\n", poll(&wait, 1, -1));
  int waited = waitid(P_PIDFD, fd, &info, WEXITED);
  printf("waited: %d %d %d %d\n", waited, info.si_code, info.si_status, info.si_pid == pid);
  long sent = syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0);
  printf("gone: %ld %s\n", sent, strerror(errno));
  close(fd);
}

static int tree(int depth) {
  if (depth == 0) return 1;
  int sum = 1, status;
  for (int i = 0; i < 2; i++)
    if (fork() == 0) _exit(tree(depth - 1));
  while (wait(&status) > 0) sum += WEXITSTATUS(status);
  return sum;
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "child") == 0) {
    printf("%s runs %s\n", argv[0], argv[2]);
    return 5;
  }
  if (argc > 1 && strcmp(argv[1], "descriptors") == 0) {
    dprintf(atoi(argv[2]), "%d %d\n", fcntl(atoi(argv[2]), F_GETFD), fcntl(atoi(argv[3]), F_GETFD));
    return 0;
  }
  if (argc > 1 && strcmp(argv[1], "handlers") == 0) {
    struct sigaction one, two;
    sigset_t set;
    sigaction(SIGUSR1, NULL, &one), sigaction(SIGUSR2, NULL, &two), sigprocmask(SIG_BLOCK, NULL, &set);
    printf("ignored %d, default %d, blocked %d\n", one.sa_handler == SIG_IGN, two.sa_handler == SIG_DFL, sigismember(&set, SIGHUP));
    return 0;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  memory();
  pipes();
  much();
  signals();
  groups();
  programs(argv[0]);
  sockets();
  handles();
  printf("%d in the tree\n", tree(3));
  struct rusage usage;
  printf("children took time: %d\n", getrusage(RUSAGE_CHILDREN, &usage) == 0);
  return 0;
}
