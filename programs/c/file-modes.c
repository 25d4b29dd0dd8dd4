/* Modes, owners and links of files of one's own, as nobody with privileges: printed, so that two kernels can be compared. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void said(const char *what, long result) {
  printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done");
  if (result > 2) close(result);
}

static void mode(const char *path) {
  struct stat s;
  if (lstat(path, &s) < 0) said(path, -1);
  else printf("%s: %o%s\n", path, s.st_mode & 07777, S_ISLNK(s.st_mode) ? " link" : S_ISDIR(s.st_mode) ? " folder" : "");
}

static void modified(const char *path) {
  struct stat s;
  lstat(path, &s);
  printf("%s: %s\n", path, s.st_mtime == 12345 ? "of then" : "of now");
}

int main(void) {
  if (getuid() == 0 && (setgroups(0, 0) || setgid(1000) || setuid(1000))) return 1;
  char home[] = "/tmp/file-modes-XXXXXX";
  if (mkdtemp(home) == 0 || chdir(home)) return 1;
  umask(022);

  close(open("file", O_CREAT | O_WRONLY, 0644));
  said("link", symlink("file", "link"));
  said("chmod through a link", chmod("link", 0600));
  mode("file"), mode("link");
  struct timespec then[2] = {{12345}, {12345}};
  said("times through a link", utimensat(AT_FDCWD, "link", then, 0));
  modified("file"), modified("link");
  symlink("nowhere", "dangling");
  said("chmod of what is not there", chmod("dangling", 0600));
  said("times of what is not there", utimensat(AT_FDCWD, "dangling", then, 0));

  said("to whom it is already", chown("file", getuid(), getgid()));
  said("to nobody else", chown("file", -1, -1));
  said("to root", chown("file", 0, 0));
  said("a link", lchown("dangling", getuid(), -1));
  said("through a link to nowhere", chown("dangling", -1, -1));
  int fd = open("file", O_RDONLY);
  said("by its descriptor", fchown(fd, -1, getgid()));
  said("by its descriptor to root", fchown(fd, 0, -1));
  close(fd);
  said("who one is", setuid(getuid()) | setgid(getgid()) | setreuid(-1, getuid()) | setresgid(getgid(), -1, getgid()));
  said("root", setuid(0));
  said("root's group", setregid(0, -1));

  said("shut for writing", chmod("file", 0444));
  said("open for reading", open("file", O_RDONLY));
  said("open for writing", open("file", O_WRONLY));
  said("open for both", open("file", O_RDWR));
  said("cut", open("file", O_RDONLY | O_TRUNC));
  said("truncate", truncate("file", 0));
  said("may write", access("file", W_OK));
  said("may read", access("file", R_OK));
  chmod("file", 0222);
  said("open for reading", open("file", O_RDONLY));
  said("open for writing", open("file", O_WRONLY));
  said("open as a path", open("file", O_PATH));
  said("may read", access("file", R_OK));
  chmod("file", 0644);

  said("folder", mkdir("folder", 0755));
  close(open("folder/in", O_CREAT | O_WRONLY, 0644));
  chmod("folder", 0555);
  said("make in a shut folder", open("folder/new", O_CREAT | O_WRONLY, 0644));
  said("open what is there", open("folder/in", O_CREAT | O_WRONLY, 0644));
  said("mkdir there", mkdir("folder/new", 0755));
  said("mkdir of what is there", mkdir("folder/in", 0755));
  said("unlink there", unlink("folder/in"));
  said("unlink of nothing there", unlink("folder/none"));
  said("rename out of it", rename("folder/in", "out"));
  said("rename into it", rename("file", "folder/file"));
  said("symlink there", symlink("x", "folder/link"));
  said("link there", link("file", "folder/link"));
  chmod("folder", 0666);
  said("stat in what cannot be searched", access("folder/in", F_OK));
  said("list it", open("folder", O_RDONLY | O_DIRECTORY));
  said("go there", chdir("folder"));
  chmod("folder", 0333);
  said("list what cannot be read", open("folder", O_RDONLY | O_DIRECTORY));
  said("make there", open("folder/new", O_CREAT | O_WRONLY, 0644));
  chmod("folder", 0755);
  said("sticky", mkdir("sticky", 01777));
  mode("sticky");
  said("made sticky", chmod("folder", 01755));
  mode("folder");

  symlink("file/", "slash"), symlink("folder/", "folder-slash"), symlink("none/", "none-slash");
  said("a file by a link with a slash", open("slash", O_RDONLY));
  said("stat of that", access("slash", F_OK));
  said("a folder by a link with a slash", open("folder-slash", O_RDONLY));
  said("made by a link with a slash", open("none-slash", O_CREAT | O_WRONLY, 0644));
  said("made with a slash", open("other/", O_CREAT | O_WRONLY, 0644));
  said("linked with a slash", link("file", "other/"));
  said("symlinked with a slash", symlink("file", "other/"));
  said("a file renamed with a slash", rename("file", "other/"));
  said("a folder renamed with a slash", rename("folder", "other/"));
  said("mkdir with a slash", mkdir("third/", 0755));
  said("a file by mknod", mknod("node", S_IFREG | 0640, 0));
  said("again", mknod("node", S_IFREG | 0640, 0));
  said("a device", mknod("device", S_IFCHR | 0600, 0x103));
  mode("node");

  struct group *group = getgrgid(0);
  printf("root is %s, %s\n", getpwuid(0) == 0 ? "nobody" : getpwuid(0)->pw_name, group == 0 ? "nobody" : group->gr_name);
}
