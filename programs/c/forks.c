// One child, which then is its own program again: for a debugger to follow.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int shared = 1;
int work(int n) { shared += n; return shared * 2; }
int main(int argc, char **argv) {
  if (argc > 1) { printf("exec'd %d\n", work(100)); return 4; }
  pid_t pid = fork();
  if (pid == 0) {
    int r = work(10);
    printf("child %d\n", r);
    fflush(stdout);
    execl("/proc/self/exe", argv[0], "again", (char *)0);
  }
  int status;
  wait(&status);
  printf("parent %d %d\n", work(1), WEXITSTATUS(status));
  return 0;
}
