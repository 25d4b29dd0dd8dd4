/* Tries to get out of the folder that it was given, by every call that takes a path or a descriptor. `kept` is what it must say of each. */
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

static char in[4096], out[4096];
static const char *at(const char *top, const char *name) {
  static char buffers[8][4096];
  static int next;
  char *path = buffers[next++ % 8];
  snprintf(path, 4096, "%s/%s", top, name);
  return path;
}
static int error_of(long result) { return result == -1 ? errno : 0; }
static void say(const char *what, int kept) { printf("%s %s\n", kept ? "kept" : "BROKEN", what); }

static int secret(const char *bytes, long length) { return length > 0 && memmem(bytes, length, "SECRET", 6) != NULL; }

/* Everything that a path allows, at one that leads out. */
static void refused(const char *what, const char *path) {
  struct stat s;
  char text[64];
  int open_read = error_of(open(path, O_RDONLY)), open_write = error_of(open(path, O_RDWR)), create = error_of(open(path, O_CREAT | O_WRONLY, 0600));
  int looked = error_of(stat(path, &s)), cut = error_of(truncate(path, 0)), mode = error_of(chmod(path, 0777)), times = error_of(utimensat(AT_FDCWD, path, 0, 0));
  int list = opendir(path) != NULL, there = error_of(access(path, F_OK)), go = error_of(chdir(path));
  say(what, open_read && open_write && create && looked && cut && mode && times && !list && there && go && readlink(path, text, 64) == -1);
}

static void links(void) {
  symlink(at(out, "secret"), at(in, "link"));
  symlink(out, at(in, "way"));
  symlink("way", at(in, "way-to-way"));
  symlink("../out/secret", at(in, "relative"));
  for (int i = 0; i < 2; i++) {
    const char *path = at(in, i ? "relative" : "link");
    struct stat s;
    int kept = open(path, O_RDONLY) == -1 && open(path, O_WRONLY) == -1 && truncate(path, 0) == -1 && chmod(path, 0777) == -1;
    say(i ? "a link with .. that leads out" : "a link that leads out", kept && stat(path, &s) == -1 && access(path, F_OK) == -1);
  }
  refused("a file behind a link that leads out", at(in, "way/secret"));
  refused("behind two links", at(in, "way-to-way/secret"));
  say("renaming out", rename(at(in, "link"), at(out, "gone")) == -1 && rename(at(in, "file"), at(in, "way/gone")) == -1);
  say("removing outside", unlink(at(in, "way/secret")) == -1 && rmdir(at(in, "way/folder")) == -1 && mkdir(at(in, "way/new"), 0777) == -1);
  say("hard links", link(at(out, "secret"), at(in, "hard")) == -1 && linkat(AT_FDCWD, at(in, "link"), AT_FDCWD, at(in, "hard"), AT_SYMLINK_FOLLOW) == -1);
}

/* What is told of what is not the guest's does not depend on what is there. */
static void existence(void) {
  struct stat s;
  const char *pairs[][2] = {{"secret", "none"}, {"folder", "none"}, {"folder/inner", "none/none"}, {"secret/x", "none/x"}};
  int kept = 1;
  for (int i = 0; i < 4; i++) {
    const char *there = strdup(at(out, pairs[i][0])), *not = strdup(at(out, pairs[i][1]));
    kept &= error_of(stat(there, &s)) == error_of(stat(not, &s)) && error_of(open(there, O_RDONLY)) == error_of(open(not, O_RDONLY));
    kept &= error_of(open(there, O_WRONLY | O_CREAT, 0600)) == error_of(open(not, O_WRONLY | O_CREAT, 0600));
    kept &= error_of(access(there, F_OK)) == error_of(access(not, F_OK)) && error_of(unlink(there)) == error_of(unlink(not));
    kept &= error_of(mkdir(there, 0700)) == error_of(mkdir(not, 0700)) && error_of(lstat(there, &s)) == error_of(lstat(not, &s));
    symlink(there, at(in, "to-there"));
    symlink(not, at(in, "to-not"));
    kept &= error_of(stat(at(in, "to-there"), &s)) == error_of(stat(at(in, "to-not"), &s));
    kept &= error_of(open(at(in, "to-there"), O_RDONLY)) == error_of(open(at(in, "to-not"), O_RDONLY));
    unlink(at(in, "to-there"));
    unlink(at(in, "to-not"));
  }
  say("which files there are outside", kept);
}

static void modes(void) {
  struct stat s;
  int fd = open(at(in, "made"), O_CREAT | O_RDWR, 06777);
  int kept = fstat(fd, &s) == 0 && (s.st_mode & 07000) == 0;
  chmod(at(in, "made"), 06755);
  mkdir(at(in, "made-folder"), 03777);
  kept &= stat(at(in, "made"), &s) == 0 && s.st_mode == (S_IFREG | 0755);
  kept &= stat(at(in, "made-folder"), &s) == 0 && (s.st_mode & 07000) == 0;
  say("set-uid and set-gid", kept);
}

/* A folder that is exchanged for a link that leads out, again and again, by somebody outside. */
static void race(int rounds) {
  const char *folder = strdup(at(in, "swap")), *file = strdup(at(in, "swap/secret"));
  struct stat s;
  char text[64];
  int kept = 1, reached = 0;
  for (int i = 0; i < rounds; i++) {
    int fd = open(file, O_RDWR);
    if (fd != -1) {
      reached++;
      kept &= !secret(text, read(fd, text, sizeof text));
      char *map = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
      if (map != MAP_FAILED) kept &= !secret(map, 6), munmap(map, 4096);
      kept &= fstat(fd, &s) == 0 && s.st_size != 4242;
      ftruncate(fd, 6);
      close(fd);
    }
    fd = open(file, O_RDONLY);
    if (fd != -1) kept &= !secret(text, pread(fd, text, sizeof text, 0)), close(fd);
    if (stat(file, &s) == 0) kept &= s.st_size != 4242;
    truncate(file, 5);
    chmod(file, 0600);
    close(open(at(in, "swap/new"), O_CREAT | O_WRONLY, 0600));
    unlink(at(in, "swap/new"));
    rename(file, at(in, "swap/other"));
    rename(at(in, "swap/other"), file);
    close(open(file, O_CREAT | O_RDWR, 0600));
    DIR *dir = opendir(folder);
    if (dir) {
      for (struct dirent *entry; (entry = readdir(dir));) kept &= strcmp(entry->d_name, "only-outside") != 0;
      closedir(dir);
    }
  }
  say("a folder that is exchanged meanwhile", kept);
  printf("%s the folder between\n", reached > 0 ? "reached" : "never reached");
}

/* All that is told of the files that were given. */
static void view(const char *path) {
  struct stat s;
  if (lstat(path, &s)) return;
  printf("%s dev %lu ino %lu nlink %lu mode %o uid %d gid %d size %ld blocks %ld times %ld %ld %ld\n", path + strlen(in), s.st_dev, s.st_ino, s.st_nlink,
         s.st_mode, s.st_uid, s.st_gid, s.st_size, s.st_blocks, s.st_atime, s.st_mtime, s.st_ctime);
  DIR *dir = S_ISDIR(s.st_mode) ? opendir(path) : NULL;
  if (!dir) return;
  for (struct dirent *entry; (entry = readdir(dir));) {
    printf("  %s %lu %d\n", entry->d_name, entry->d_ino, entry->d_type);
    if (entry->d_name[0] != '.') view(strcpy(malloc(4096), at(path, entry->d_name)));
  }
  closedir(dir);
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IONBF, 0);
  strcpy(in, argv[2]);
  strcpy(out, argv[3]);
  if (!strcmp(argv[1], "view")) view(in);
  else if (!strcmp(argv[1], "race")) race(atoi(argv[4]));
  else {
    refused("a file outside", at(out, "secret"));
    refused("a folder outside", at(out, "folder"));
    refused("with ..", at(in, "../out/secret"));
    refused("with .. that go far", at(in, "../../../../../../../../../../etc/ld.so.conf"));
    links();
    existence();
    modes();
  }
  return 0;
}
