/* Says hello on both outputs and returns the number of its arguments. */
#include <stdio.h>

int main(int argc, char **argv) {
  printf("hello, %s\n", argc > 1 ? argv[1] : "world");
  fprintf(stderr, "%d arguments\n", argc - 1);
  return argc - 1;
}
