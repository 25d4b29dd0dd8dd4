// In a folder with file systems of others in it: what of them is reached, what is not, and where one ends.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static void say(const char *what, long result) { printf("%s: %s\n", what, result < 0 ? strerrorname_np(errno) : "ok"); }

int main(int argc, char **argv) {
	chdir(argv[1]);
	static const char *const files[] = {"tmp/file", "tmp/../file", "tmp/../../out/secret", "bind/secret", "bind/../file", "bind/../../out/secret"};
	for (int i = 0; i < 6; i++) say(files[i], open(files[i], O_RDONLY));
	int folder = open("tmp", O_RDONLY | O_DIRECTORY);
	say("up from tmp", openat(folder, "../file", O_RDONLY));
	say("out of tmp", openat(folder, "../../out/secret", O_RDONLY));
	say("made in tmp", open("tmp/made", O_CREAT | O_WRONLY, 0644));
	say("moved out of tmp", rename("tmp/made", "made"));
	say("moved in tmp", rename("tmp/made", "tmp/moved"));
	say("removed in tmp", unlink("tmp/moved"));
	say("tmp itself moved", rename("tmp", "other"));
	say("tmp itself removed", rmdir("tmp"));
	say("unmount", umount("tmp"));
	say("mount", mount("none", "deep", "tmpfs", 0, ""));
	return 0;
}
