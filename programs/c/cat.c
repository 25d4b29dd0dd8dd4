/* Copies the files that its arguments name, or standard input, to standard output; 1 when one cannot be read. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int copy(int from) {
  char block[4096];
  ssize_t n;
  while ((n = read(from, block, sizeof block)) > 0)
    if (write(1, block, (size_t)n) != n) return 1;
  return n < 0;
}

int main(int argc, char **argv) {
  int status = argc == 1 ? copy(0) : 0;
  for (int i = 1; i < argc; i++) {
    int from = open(argv[i], O_RDONLY);
    if (from < 0) {
      perror(argv[i]);
      status = 1;
      continue;
    }
    status |= copy(from);
    close(from);
  }
  return status;
}
