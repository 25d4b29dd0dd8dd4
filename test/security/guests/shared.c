/* Uses a folder that others use too. `share`: writes files beside and renames them, as another does with the same names, and finds each whole.
   `long`: paths at all the lengths that matter. `gone`: goes on in a folder that somebody takes away. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int error_of(long result) { return result == -1 ? errno : 0; }

/* A file is of one letter, as long as the letter says. */
static int whole(const char *name) {
  char text[300];
  int fd = open(name, O_RDONLY);
  if (fd == -1) return errno == ENOENT;
  long length = read(fd, text, sizeof text);
  close(fd);
  if (length < 1) return 0;
  for (long i = 0; i < length; i++) if (text[i] != text[0]) return 0;
  return length == text[0];
}

static void share(const char *who, int rounds) {
  char text[300], own[64];
  int kept = 1;
  snprintf(own, sizeof own, "own-%s", who);
  for (int i = 0; i < rounds; i++) {
    int letter = 'A' + (i + who[0]) % 26;
    memset(text, letter, letter);
    int fd = open(own, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    kept &= write(fd, text, letter) == letter && close(fd) == 0;
    kept &= rename(own, i % 2 ? "one" : "two") == 0;
    kept &= whole("one") && whole("two");
    int log = open("log", O_CREAT | O_APPEND | O_WRONLY, 0644);
    kept &= write(log, who, 1) == 1 && close(log) == 0;
    int made = mkdir("folder", 0755), removed = rmdir("folder");
    kept &= made == 0 || errno == EEXIST || errno == ENOENT;
    kept &= removed == 0 || errno == ENOENT;
  }
  printf("%s\n", kept ? "kept" : "BROKEN");
}

static void longest(void) {
  static char name[5000], path[5000];
  struct stat s;
  for (int length = 254; length <= 257; length++) {
    memset(name, 'n', length), name[length] = 0;
    int made = error_of(mkdir(name, 0755)), opened = error_of(open(name, O_RDONLY)), looked = error_of(stat(name, &s));
    int linked = error_of(symlink(name, "link")), moved = error_of(rename(name, "moved")), removed = error_of(rmdir("moved"));
    printf("a name of %d: %d %d %d %d %d %d\n", length, made, opened, looked, linked, moved, removed);
    printf("behind a link: %d\n", error_of(open("link", O_RDONLY)));
    unlink("link");
  }
  for (int length = 4090; length <= 4100; length++) {
    path[0] = 0;
    while (strlen(path) + 2 <= (size_t)length) strcat(path, "./");
    if (strlen(path) < (size_t)length) strcat(path, ".");
    printf("a path of %d: %d %d %d %d %d\n", length, error_of(open(path, O_RDONLY)), error_of(stat(path, &s)), error_of(access(path, F_OK)),
           error_of(chdir(path)), error_of(symlink(path, "link")));
    unlink("link");
  }
  int depth = 0;
  while (depth < 300 && mkdir("d", 0755) == 0 && chdir("d") == 0) depth++;
  printf("deep: %d %d\n", depth, error_of(close(open("file", O_CREAT | O_WRONLY, 0644))));
  strcpy(path, "..");
  for (int i = 1; i < depth; i++) strcat(path, "/..");
  printf("up: %d\n", error_of(chdir(path)));
  path[0] = 0;
  for (int i = 0; i < depth; i++) strcat(path, "d/");
  strcat(path, "file");
  printf("down: %d %d\n", error_of(stat(path, &s)), error_of(unlink(path)));
  for (int i = depth; i > 0; i--) path[2 * i - 1] = 0, rmdir(path);
  printf("gone: %d\n", error_of(stat("d", &s)));
}

/* Until `ready` is there; somebody outside then has taken the folder away, and another file has the name of the open one. */
static void gone(void) {
  char text[64] = "";
  struct stat s;
  int folder = open("deep", O_RDONLY | O_DIRECTORY), file = open("deep/file", O_RDWR);
  char *map = mmap(0, 4096, PROT_READ, MAP_PRIVATE, file, 0);
  printf("begins with %.5s\n", map);
  while (access("ready", F_OK)) {}
  printf("read %ld: %s\n", pread(file, text, 5, 0), text);
  int looked = fstat(file, &s);
  printf("size %d %ld\n", looked, (long)s.st_size);
  printf("wrote %ld, cut %d\n", pwrite(file, "still", 5, 0), ftruncate(file, 5));
  printf("by name %d\n", error_of(open("deep/file", O_RDONLY)) != 0);
  printf("folder %d\n", fstat(folder, &s));
  printf("secret %d\n", openat(folder, "secret", O_RDONLY) != -1);
  printf("made %d\n", openat(folder, "made", O_CREAT | O_WRONLY, 0600) != -1);
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IONBF, 0);
  if (!strcmp(argv[1], "share")) share(argv[2], atoi(argv[3]));
  else if (!strcmp(argv[1], "long")) longest();
  else gone();
  return 0;
}
