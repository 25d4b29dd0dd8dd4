/* Files of its own: in /tmp, /dev/shm and where it starts, all that programs do with files, and what comes back. Its argument is a folder to work in. */
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
static void tell(int value) { printf("%d ", value); }
static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path) {
  DIR *dir = opendir(path);
  char *names[64];
  int count = 0;
  if (!dir) { printf("list %s: %d\n", path, errno); return; }
  for (struct dirent *entry; (entry = readdir(dir)) && count < 64;) {
    names[count] = malloc(300);
    snprintf(names[count++], 300, "%s:%d", entry->d_name, entry->d_type);
  }
  closedir(dir);
  qsort(names, count, sizeof *names, compare);
  printf("list:");
  for (int i = 0; i < count; i++) printf(" %s", names[i]);
  printf("\n");
}

static void shown(const char *path) {
  struct stat s;
  if (lstat(path, &s)) printf("%s: %d\n", path, errno);
  else printf("%s: mode %o size %ld\n", path, s.st_mode, S_ISDIR(s.st_mode) ? 0 : (long)s.st_size);
}

static void put(const char *path, const char *text, int flags) {
  int fd = open(path, flags | O_WRONLY, 0640);
  if (fd == -1) { printf("open %s: %d\n", path, errno); return; }
  printf("wrote %ld\n", (long)write(fd, text, strlen(text)));
  close(fd);
}

static void get(const char *path) {
  char text[200] = "";
  int fd = open(path, O_RDONLY);
  if (fd == -1) { printf("open %s: %d\n", path, errno); return; }
  long length = read(fd, text, sizeof text - 1);
  printf("read %ld: %s\n", length, text);
  close(fd);
}

static void links(void) {
  struct stat a, b;
  put("one", "first", O_CREAT);
  tell(error_of(link("one", "two")));
  stat("one", &a), stat("two", &b);
  printf("links %ld %ld, same %d\n", (long)a.st_nlink, (long)b.st_nlink, a.st_ino == b.st_ino);
  put("two", " second", O_APPEND);
  get("one");
  tell(error_of(link("one", "two"))), tell(error_of(link("none", "three"))), tell(error_of(link(".", "three")));
  tell(error_of(rename("one", "two")));
  tell(error_of(unlink("one")));
  stat("two", &b);
  printf("links %ld\n", (long)b.st_nlink);
  get("two");
  tell(error_of(symlink("two", "soft")));
  tell(error_of(linkat(AT_FDCWD, "soft", AT_FDCWD, "followed", AT_SYMLINK_FOLLOW)));
  tell(error_of(link("soft", "softer")));
  shown("followed"), shown("softer");
  unlink("followed"), unlink("softer"), unlink("soft"), unlink("two");
}

static void work(void) {
  char buffer[256];
  struct stat s;
  put("file", "hello", O_CREAT);
  put("file", "HE", 0);
  put("file", " there", O_APPEND);
  get("file");
  put("file", "x", O_CREAT | O_EXCL);
  put("none", "x", 0);
  shown("file");
  tell(error_of(mkdir("folder", 0755))); tell(error_of(mkdir("folder", 0755))); tell(error_of(mkdir("none/folder", 0755))); printf("\n");
  put("folder/inner", "inner", O_CREAT);
  put("file/inner", "inner", O_CREAT);
  tell(error_of(rmdir("folder"))); tell(error_of(unlink("folder"))); tell(error_of(rmdir("file"))); printf("\n");
  tell(error_of(symlink("folder/inner", "link"))); tell(error_of(symlink("x", "link"))); printf("\n");
  get("link");
  long length = readlink("link", buffer, 200);
  printf("%ld %.*s\n", length, (int)length, buffer);
  tell(error_of(readlink("file", buffer, 200))); tell(error_of(open("link", O_RDONLY | O_NOFOLLOW))); printf("\n");
  symlink("loop", "loop");
  get("loop");
  list(".");
  tell(error_of(rename("file", "folder"))); tell(error_of(rename("folder", "file"))); tell(error_of(rename("folder", "folder/deeper"))); printf("\n");
  tell(error_of(rename("file", "moved"))); tell(error_of(rename("none", "moved"))); printf("\n");
  mkdir("empty", 0700);
  tell(error_of(rename("empty", "folder"))); tell(error_of(rename("folder", "empty"))); printf("\n");
  get("empty/inner");
  list("empty");
  tell(error_of(truncate("moved", 3))); tell(error_of(truncate("moved", 10))); tell(error_of(truncate("empty", 3))); printf("\n");
  get("moved");
  shown("moved");
  chmod("moved", 0604);
  shown("moved");
  tell(error_of(access("moved", R_OK | W_OK))); tell(error_of(access("none", F_OK))); printf("\n");

  symlink("nowhere", "dangling");
  tell(error_of(open("dangling", O_CREAT | O_EXCL | O_WRONLY, 0600))); tell(error_of(open("moved", O_CREAT | O_EXCL | O_WRONLY, 0600)));
  tell(error_of(access("nowhere", F_OK))); tell(error_of(unlink("dangling"))); printf("\n");
  int changed = open("moved", O_RDONLY), folder_changed = open(".", O_RDONLY);
  tell(error_of(fchmod(changed, 0640))); tell(error_of(fchmod(folder_changed, 0700))); tell(error_of(fchmod(99, 0700))); printf("\n");
  close(changed), close(folder_changed);
  shown("moved");

  mkdir("dots", 0755);
  tell(error_of(rmdir("."))); tell(error_of(rmdir("dots/."))); tell(error_of(rmdir("dots/.."))); tell(error_of(unlink("."))); tell(error_of(unlink("dots/..")));
  tell(error_of(rename(".", "other"))); tell(error_of(rename("dots", "."))); tell(error_of(rename("dots/..", "other"))); tell(error_of(mkdir(".", 0755)));
  tell(error_of(mkdir("dots/..", 0755))); tell(error_of(symlink("x", "."))); tell(error_of(rmdir("dots/"))); printf("\n");

  /* What nobody can name any more is there as long as it is open. */
  int fd = open("gone", O_CREAT | O_RDWR | O_TRUNC, 0600);
  write(fd, "still here", 10);
  char *map = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  unlink("gone");
  printf("%d %.10s\n", error_of(open("gone", O_RDONLY)), map);
  tell(pread(fd, buffer, 10, 0)); tell(fstat(fd, &s)); printf("%.10s %ld\n", buffer, (long)s.st_size);
  pwrite(fd, "end", 3, 20000);
  tell(lseek(fd, 0, SEEK_END)); printf("%d\n", pread(fd, buffer, 5, 19990) == 5 && !memcmp(buffer, "\0\0\0\0\0", 5));
  close(fd);

  /* A folder that is listed while it changes. */
  int folder = open("empty", O_RDONLY | O_DIRECTORY);
  int inside = openat(folder, "beside", O_CREAT | O_WRONLY, 0600);
  tell(inside != -1); tell(error_of(fstatat(folder, "beside", &s, 0))); printf("\n");
  unlinkat(folder, "beside", 0);
  unlinkat(folder, "inner", 0);
  close(inside);
  close(folder);
  printf("%d\n", error_of(rmdir("empty")));

  /* A folder that is open, and gets another name. */
  mkdir("before", 0755);
  put("before/inside", "inside", O_CREAT);
  folder = open("before", O_RDONLY | O_DIRECTORY);
  inside = open("before/inside", O_RDONLY);
  tell(error_of(rename("before", "behind"))); tell(error_of(fstatat(folder, "inside", &s, 0))); tell(read(inside, buffer, 6));
  tell(error_of(symlinkat("x", folder, "made"))); tell(error_of(access("behind/made", F_OK))); tell(error_of(readlink("behind/made", buffer, 9)));
  tell(error_of(fchdir(folder))); tell(error_of(access("inside", F_OK))); tell(error_of(chdir(".."))); tell(error_of(access("behind", F_OK))); printf("\n");
  unlinkat(folder, "made", 0);
  unlinkat(folder, "inside", 0);
  tell(error_of(rmdir("behind"))); printf("\n");
  close(folder), close(inside);
  char name[300];
  memset(name, 'n', 299), name[299] = 0;
  tell(error_of(mkdir(name, 0755))); tell((name[255] = 0, error_of(mkdir(name, 0755)))); tell(error_of(rmdir(name))); printf("\n");
  list(".");
}

int main(int argc, char **argv) {
  char where[200];
  setvbuf(stdout, NULL, _IONBF, 0);
  umask(022);
  const char *tops[] = {"/tmp", "/dev/shm"};
  for (int i = 0; i < 2; i++) {
    snprintf(where, sizeof where, "%s/r14-own-files-%d", tops[i], (int)getpid());
    if (mkdir(where, 0755) || chdir(where)) return 1;
    links();
    work();
    chdir("/");
    const char *left[] = {"link", "loop", "moved"};
    for (int j = 0; j < 3; j++) {
      char path[300];
      snprintf(path, sizeof path, "%s/%s", where, left[j]);
      printf("%d ", error_of(unlink(path)));
    }
    printf("%d\n", error_of(rmdir(where)));
  }
  return 0;
}
