/* SPDX-License-Identifier: MIT */
/* Where acts are done: nothing of it is left when its first process is killed. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftest.h"

#define ACT_SECONDS 5

/* What both sides see. */
struct shared {
	struct act act;
	int err; /* of the set-up */
	const char *what;
};

struct stage {
	pid_t pid;
	int fd; /* a byte with what is to be done, a byte when it is */
	struct shared *shared;
};

/* ---- its own root ---- */

/* A folder of the host's, or what it is a link to. */
static int bring(const char *path)
{
	char link[256], to[64];
	ssize_t n = readlink(path, link, sizeof(link) - 1);
	snprintf(to, sizeof(to), "/tmp%s", path);
	if (n > 0) {
		link[n] = '\0';
		return symlink(link[0] == '/' ? link + 1 : link, to);
	}
	if (access(path, F_OK))
		return 0;
	return mkdir(to, 0755) || mount(path, to, NULL, MS_BIND | MS_REC, NULL) ? -1 : 0;
}

static int make_files(void)
{
	static const char *const folders[] = {
		"/etc", "/etc/cron.d", "/root", "/run",     "/run/serviceaccount",
		"/var", "/var/log",    "/dev",  "/dev/shm", "/mnt",
	};
	static const char *const files[] = {"/etc/shadow", "/var/log/wtmp", "/run/serviceaccount/token"};
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (mkdir(folders[i], 0755))
			return -1;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (act_open(files[i], O_WRONLY | O_CREAT))
			return -1;
	return mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3));
}

/* The first root of all (an initramfs) can't be exchanged: it is covered. */
static int enter_root(void)
{
	if (!syscall(SYS_pivot_root, "/tmp", "/tmp/old"))
		return chdir("/") || umount2("/old", MNT_DETACH);
	return errno != EINVAL || chdir("/tmp") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/");
}

/* The host's programs and nothing else of it. */
static int make_root(void)
{
	static const char *const brought[] = {"/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32"};
	if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) || mount("eunomia", "/tmp", "tmpfs", 0, "mode=755"))
		return -1;
	for (size_t i = 0; i < sizeof(brought) / sizeof(brought[0]); i++)
		if (bring(brought[i]))
			return -1;
	if (mkdir("/tmp/proc", 0755) || mkdir("/tmp/old", 0755) || mkdir("/tmp/sys", 0755) || mkdir("/tmp/tmp", 0755) ||
	    mount("proc", "/tmp/proc", "proc", 0, NULL) || mount("sysfs", "/tmp/sys", "sysfs", 0, NULL))
		return -1;
	return enter_root() || make_files();
}

/* ---- its own network ---- */

static int make_network(void)
{
	struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP}, address = {.ifr_name = "lo:1"};
	struct sockaddr_in in = {.sin_family = AF_INET};
	inet_pton(AF_INET, ACT_METADATA, &in.sin_addr);
	memcpy(&address.ifr_addr, &in, sizeof(in));
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = ioctl(fd, SIOCSIFFLAGS, &up) || ioctl(fd, SIOCSIFADDR, &address);
	close(fd);
	return err;
}

/* ---- its first process ---- */

static void perform(struct shared *shared, const struct act_kind *kind)
{
	pid_t pid = fork(), gone;
	int status;
	if (!pid) {
		alarm(ACT_SECONDS);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(kind->act(&shared->act) != 0);
	}
	do
		gone = waitpid(-1, &status, 0);
	while (gone >= 0 && gone != pid);
	if (pid < 0 || gone < 0)
		act_failed(&shared->act, "fork");
	else if (WIFSIGNALED(status))
		act_impossible(&shared->act, "it was killed, or took too long");
}

/* Until the other side is gone, which takes it along. */
static void serve(int fd, struct shared *shared, bool inside)
{
	const struct act_kind *kind;
	shared->what = "a root in memory";
	shared->err = inside && make_root() ? errno : 0;
	if (!shared->err) {
		shared->what = "a network";
		shared->err = inside && make_network() ? errno : 0;
	}
	while (write(fd, "", 1) == 1 && read(fd, &kind, sizeof(kind)) == (ssize_t)sizeof(kind))
		perform(shared, kind);
}

/* A fork into new namespaces, 0 in the child. */
static pid_t enter(bool inside)
{
	unsigned long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET;
	return inside ? (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL) : fork();
}

static int start(struct stage *s, bool inside, const char **what)
{
	int fds[2];
	char ready;
	*what = "memory";
	s->shared = mmap(NULL, sizeof(*s->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->shared == MAP_FAILED) {
		s->shared = NULL;
		return -errno;
	}
	*what = "its namespaces";
	s->shared->act.host_uts = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	if (s->shared->act.host_uts < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	s->pid = enter(inside);
	if (!s->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		serve(fds[1], s->shared, inside);
		_exit(0);
	}
	s->fd = fds[0];
	close(fds[1]);
	if (s->pid < 0)
		return -errno;
	if (read(s->fd, &ready, 1) != 1)
		return -ECHILD;
	*what = s->shared->what;
	return -s->shared->err;
}

int stage_open(struct stage **out, enum act_place place, const char **what)
{
	struct stage *s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->fd = -1;
	int err = start(s, place == ACT_INSIDE, what);
	if (err)
		stage_close(s);
	else
		*out = s;
	return err;
}

void stage_close(struct stage *s)
{
	if (!s)
		return;
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	if (s->fd >= 0)
		close(s->fd);
	if (s->shared) {
		close(s->shared->act.host_uts);
		munmap(s->shared, sizeof(*s->shared));
	}
	free(s);
}

pid_t stage_pid(const struct stage *s)
{
	return s->pid;
}

int stage_do(struct stage *s, const struct act_kind *kind, char *why)
{
	char done;
	s->shared->act.why[0] = '\0';
	if (write(s->fd, &kind, sizeof(kind)) != (ssize_t)sizeof(kind) || read(s->fd, &done, 1) != 1)
		act_impossible(&s->shared->act, "its process is gone");
	memcpy(why, s->shared->act.why, ACT_WHY_MAX);
	return *why ? -1 : 0;
}
