/* Leaves by a call that does not return, at the end of a block and of its function: the return address lies behind both. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noreturn)) static void leave(int status) {
  printf("leaving with %d\n", status);
  exit(status);
}

static void outer(int given) {
  {
    int inner = given + 1;
    leave(inner);
  }
}

int main(int argc, char **argv) {
  outer(argc);
  return 0;
}
