/* Reads its own executable in several ways, and what it may not read; the environment; getcwd is not printed. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
  (void)argc;
  FILE *f = fopen(argv[0], "rb");
  if (!f) {
    perror("fopen");
    return 1;
  }
  Elf64_Ehdr header;
  size_t got = fread(&header, sizeof header, 1, f);
  printf("%zu %.3s %d\n", got, header.e_ident + 1, header.e_machine);
  fseek(f, 0, SEEK_END);
  long size = ftell(f);
  rewind(f);
  int first = fgetc(f);
  printf("%d %ld\n", first, ftell(f));
  fclose(f);
  int fd = open("/proc/self/exe", O_RDONLY);
  struct stat s;
  int stated = fstat(fd, &s);
  printf("%d %d %d\n", fd >= 0, stated, s.st_size == size);
  unsigned char *map = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
  printf("%d\n", map != MAP_FAILED && memcmp(map, &header, sizeof header) == 0);
  munmap(map, (size_t)size);
  char byte;
  ssize_t read_one = pread(fd, &byte, 1, 1);
  printf("%zd %x\n", read_one, byte);
  int absent = open("/proc/self/nonexistent", O_RDONLY);
  printf("%d %d\n", absent, errno == ENOENT);
  printf("%d\n", open("/no such directory/x", O_WRONLY | O_CREAT, 0600));
  const char *v = getenv("R14_TEST");
  printf("R14_TEST=%s %d\n", v ? v : "(unset)", getenv("R14_ABSENT") == NULL);
  setenv("R14_SET", "inside", 1);
  printf("%s %ld\n", getenv("R14_SET"), sysconf(_SC_PAGESIZE));
  return 0;
}
