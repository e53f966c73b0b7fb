/* SPDX-License-Identifier: MIT */
/* System calls with arguments of many kinds, all behind close(-77). Run under two tracers it makes the same calls. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONG_NAME "/nowhere/0123456789012345678901234567890123456789"

static void files(void)
{
	int fd = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	int copy = dup3(fd, 200, O_CLOEXEC);
	openat(AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	openat(fd, "nothing", O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0644);
	open("", O_RDONLY | O_NONBLOCK | O_DIRECTORY);
	access("/etc/passwd", R_OK | W_OK);
	faccessat(AT_FDCWD, LONG_NAME, F_OK, 0);
	write(fd, "some data", 9);
	lseek(fd, 0, SEEK_SET);
	lseek(fd, -1000, SEEK_END);
	ftruncate(copy, 5);
	fallocate(fd, 0, 0, 4096);
	flock(fd, LOCK_EX | LOCK_NB);
	fcntl(fd, F_GETFD);
	fchmod(fd, 0640);
	mkdirat(fd, "no directory", 0755);
	renameat2(AT_FDCWD, "/nowhere/a", AT_FDCWD, "/nowhere/b", RENAME_NOREPLACE);
	rename("/nowhere/\"quoted\"", "/nowhere/b");
	unlinkat(AT_FDCWD, "/nowhere/a", AT_REMOVEDIR);
	linkat(AT_FDCWD, "/nowhere/a", fd, "b", AT_SYMLINK_FOLLOW);
	symlink("to anything", "/nowhere/link");
	chdir("/nowhere");
	fchownat(AT_FDCWD, "/nowhere/a", 1, 2, AT_SYMLINK_NOFOLLOW);
	memfd_create("named", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	close(copy);
}

static void others(void)
{
	mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, 200, 0);
	mmap(NULL, 0, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	madvise(NULL, 4096, MADV_DONTNEED);
	mprotect(NULL, 4096, PROT_READ | PROT_EXEC);
	socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	shutdown(200, SHUT_WR);
	kill(0, 0);
	tgkill(getpid(), getpid(), SIGCONT);
	kill(-1000000, SIGUSR1);
	setpgid(-5, 0);
	sched_getscheduler(0);
	getpriority(PRIO_PROCESS, 0);
	unshare(CLONE_NEWNET | CLONE_SYSVSEM | 0x800);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	umask(022);
}

int main(void)
{
	close(-77);
	files();
	others();
	return 0;
}
