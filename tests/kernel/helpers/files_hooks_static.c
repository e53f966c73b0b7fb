/* SPDX-License-Identifier: MIT */
/*
 * files_hooks_static DIR: one of each call on a path, the path written so that its text is not where the file is:
 * through the symbolic link DIR/link to DIR/real, `..`, /proc/self/root, a folder that the process went to; and the
 * text changed by another thread once the kernel has read it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "files_hooks: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void make(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY, 0600);
	need(fd >= 0, name);
	close(fd);
}

/* Two texts, each on a page that is not there until the kernel reads it. */
struct trap {
	int uffd;
	char *pages;
	const char *texts[2];
};

/* The kernel reads one text after the other: when it asks for the second, it has the first, which is then replaced. */
static void *serve(void *arg)
{
	struct trap *t = arg;
	for (int n = 0; n < 2; n++) {
		struct uffd_msg msg;
		char page[PAGE] = "";
		need(read(t->uffd, &msg, sizeof(msg)) == sizeof(msg), "userfaultfd: read");
		unsigned long at = msg.arg.pagefault.address & -(unsigned long)PAGE;
		int which = at != (unsigned long)t->pages;
		if (n)
			strcpy(t->pages + (size_t)!which * PAGE, "decoy");
		strcpy(page, t->texts[which]);
		struct uffdio_copy copy = {.dst = at, .src = (unsigned long)page, .len = PAGE};
		need(!ioctl(t->uffd, UFFDIO_COPY, &copy), "UFFDIO_COPY");
	}
	return NULL;
}

static void rename_behind_its_back(const char *from, const char *to)
{
	struct trap t = {.uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC), .texts = {from, to}};
	t.pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register region = {.range = {.start = (unsigned long)t.pages, .len = 2 * PAGE},
					 .mode = UFFDIO_REGISTER_MODE_MISSING};
	pthread_t thread;
	need(t.uffd >= 0 && t.pages != MAP_FAILED && !ioctl(t.uffd, UFFDIO_API, &api) &&
		     !ioctl(t.uffd, UFFDIO_REGISTER, &region) && !pthread_create(&thread, NULL, serve, &t),
	     "userfaultfd");
	need(!rename(t.pages, t.pages + PAGE), "rename");
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	char outside[256];
	need(argc == 2 && !mkdir(argv[1], 0700) && !chdir(argv[1]) && !mkdir("real", 0700), "set-up");
	need(!symlink("real", "link"), "symlink");
	make("real/a");
	make("real/b");
	make("real/secret");
	need(!link("link/b", "link/./c"), "link");
	need(!symlink("text", "link/s"), "symlink");
	need(!chmod("link/b", 0640), "chmod");
	snprintf(outside, sizeof(outside), "/proc/self/root%s/link/b", argv[1]);
	need(!chown(outside, 1, 1), "chown");
	need(!truncate("link/b", 1), "truncate");
	need(!mkdir("link/d", 0700), "mkdir");
	need(!rmdir("link/../link/d"), "rmdir");
	need(!mknod("link/pipe", S_IFIFO | 0600, 0), "mknod");
	rename_behind_its_back("link/secret", "link/moved");
	need(!unlink("link/../real/../link/a"), "unlink");
	need(unlink("link/none") && errno == ENOENT, "unlink of nothing");
	need(!mkdir("real/m", 0700) && !mkdir("real/n", 0700), "mkdir");
	need(!mount("none", "link/m", "tmpfs", 0, NULL), "mount");
	need(!mkdir("link/m/in", 0700), "mkdir in a mount");
	need(!syscall(SYS_move_mount, AT_FDCWD, "link/m", AT_FDCWD, "link/n", 0), "move_mount");
	syscall(SYS_pivot_root, "link/n", "link/n/in"); /* no initial root can be replaced: it fails late */
	need(!umount2("link/n", 0), "umount");
	need(!chdir("link"), "chdir");
	need(!unlink("b") && !unlink("../link/c") && !unlink("../real/./moved"), "unlink");
	need(!unlinkat(AT_FDCWD, "pipe", 0), "unlinkat");
	return 0;
}
