/* What Linux answers to mmap, munmap, mprotect, mremap, madvise, brk and their like, right and wrong arguments. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void show(const char *what, long result) {
  if (result == -1) printf("%s: errno %d\n", what, errno);
  else printf("%s: %ld\n", what, result);
}
#define TRY(e) (errno = 0, show(#e, (long)(e)))
/* An address, as its distance from the place it should be at. */
#define AT(e, base) (errno = 0, show(#e, (long)((char *)(e) - (char *)(base))))
#define PAGE 4096L
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

int main(void) {
  char *a = mmap(NULL, 16 * PAGE, RW, ANON, -1, 0);
  char *b = mmap(NULL, 16 * PAGE, RW, ANON, -1, 0);
  printf("top down: %ld\n", (long)(a - b) / PAGE);
  TRY(mmap(NULL, 0, RW, ANON, -1, 0));
  TRY(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0));
  TRY(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0));
  TRY(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 0, 1));
  TRY(mmap(NULL, 1UL << 62, RW, ANON, -1, 0));
  TRY(mmap(a + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0));
  TRY(mmap((void *)(1UL << 50), PAGE, RW, ANON | MAP_FIXED, -1, 0));
  TRY(mmap(a, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
  AT(mmap((void *)0x10000000000, PAGE, RW, ANON, -1, 0), 0x10000000000);
  AT(mmap((void *)0x10000000000, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), 0x10000000000);
  printf("a hint is rounded down: %d\n", mmap((void *)0x10000001fff, PAGE, RW, ANON, -1, 0) == (void *)0x10000001000);
  AT(mmap((void *)0x20000000000, 1UL << 40, PROT_NONE, ANON | MAP_NORESERVE, -1, 0), 0x20000000000);

  memset(a, 'a', 16 * PAGE);
  TRY(munmap(a + 4 * PAGE, PAGE));
  TRY(munmap(a + 4 * PAGE, PAGE));
  TRY(munmap(a + 1, PAGE));
  TRY(munmap(a, 0));
  TRY(mprotect(a, 4 * PAGE, PROT_READ));
  TRY(mprotect(a, 8 * PAGE, RW));
  TRY(mprotect(a + 1, PAGE, RW));
  TRY(mprotect(a, 0, RW));
  TRY(mprotect(a, PAGE, 0x1000));
  a[0] = 'b';
  TRY(madvise(a, 2 * PAGE, MADV_DONTNEED));
  printf("after MADV_DONTNEED: %d %c\n", a[0], a[2 * PAGE]);
  TRY(madvise(a, 8 * PAGE, MADV_WILLNEED));
  TRY(madvise(a + 1, PAGE, MADV_DONTNEED));
  TRY(madvise(a, PAGE, 12345));
  TRY(madvise(a, PAGE, MADV_NOHUGEPAGE));
  TRY(madvise(a, 0, MADV_DONTNEED));
  unsigned char in[16];
  TRY(mincore(a, 4 * PAGE, in));
  TRY(mincore(a, 8 * PAGE, in));
  TRY(mincore(a + 1, PAGE, in));
  TRY(msync(a, PAGE, MS_SYNC));
  TRY(mlock(a, PAGE));

  char *m = mmap(NULL, 5 * PAGE, RW, ANON, -1, 0);
  strcpy(m + 3 * PAGE, "the last page");
  munmap(m + 4 * PAGE, PAGE);
  AT(mremap(m, 4 * PAGE, 2 * PAGE, 0), m);
  AT(mremap(m, 2 * PAGE, 4 * PAGE, 0), m);
  printf("grown page is empty: %d\n", m[3 * PAGE]);
  strcpy(m, "moves along");
  char *blocker = mmap(m + 4 * PAGE, PAGE, RW, ANON, -1, 0);
  (void)blocker;
  TRY(mremap(m, 4 * PAGE, 64 * PAGE, 0));
  char *moved = mremap(m, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
  printf("moved: %d %s %d\n", moved != m, moved, moved[40 * PAGE]);
  TRY(mremap(m, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE));
  TRY(mremap(moved + 1, PAGE, PAGE, 0));
  TRY(mremap(moved, 0, 0, 0));
  char *target = mmap(NULL, 64 * PAGE, PROT_NONE, ANON, -1, 0);
  AT(mremap(moved, 64 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target), target);
  printf("fixed: %s\n", target);

  char *before = sbrk(0);
  AT(sbrk(3 * PAGE), before);
  before[2 * PAGE] = 1;
  AT(sbrk(-PAGE), before + 3 * PAGE);
  AT((char *)syscall(SYS_brk, 0), before + 2 * PAGE);
  AT((char *)syscall(SYS_brk, 1), before + 2 * PAGE);

  int fd = memfd_create("scratch", MFD_CLOEXEC);
  TRY(ftruncate(fd, 2 * PAGE));
  TRY(pwrite(fd, "in the file", 11, PAGE));
  char *file = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
  printf("mapped: %s\n", file + PAGE);
  file[PAGE] = 'I';
  char text[12] = {0};
  TRY(pread(fd, text, 11, PAGE));
  printf("a private write stays private: %s\n", text);
  TRY(madvise(file + PAGE, PAGE, MADV_DONTNEED));
  printf("and is dropped: %s\n", file + PAGE);
  TRY(lseek(fd, 0, SEEK_END));
  TRY(lseek(fd, -1, SEEK_SET));
  TRY(lseek(1, 0, SEEK_SET));
  TRY(syscall(SYS_membarrier, 999999, 0, 0));
  return 0;
}
