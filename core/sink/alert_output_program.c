/* SPDX-License-Identifier: MIT */
/* JSON lines to the stdin of a program, which is started when there is one to tell, and again after it ended. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alert_output_impl.h"

extern char **environ;

struct program {
	pid_t pid;
	int pidfd; /* -1: not running */
	int fd;    /* its stdin */
	size_t at; /* of the first item, so much is written */
};

static int program_open(struct alert_output *o, char *why, size_t why_size)
{
	struct program *p = o->state;
	const char *const *argv = o->config.argv;
	p->pidfd = p->fd = -1;
	if (!argv || !argv[0] || argv[0][0] != '/') {
		snprintf(why, why_size, "program: '%s' is no absolute path", argv && argv[0] ? argv[0] : "");
		return -EINVAL;
	}
	if (access(argv[0], X_OK)) {
		int err = -errno;
		snprintf(why, why_size, "program %s: %s", argv[0], strerror(-err));
		return err;
	}
	return 0;
}

/* With no signal blocked or ignored, no file but the standard ones, in a group of its own; stdout is not for it. */
static int spawn(const struct alert_output *o, int in, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	int err = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	err = err ? err : posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	err = err ? err : posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	err = err ? err : posix_spawn(pid, o->config.argv[0], &files, &attr, (char *const *)o->config.argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -err;
}

/* Its end is awaited; it is ended first if it didn't by itself. */
static void reap(struct program *p, bool end)
{
	if (end)
		kill(-p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int start(struct alert_output *o, struct program *p)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	int err = spawn(o, ends[0], &p->pid);
	close(ends[0]);
	if (!err && (fcntl(ends[1], F_SETFL, O_NONBLOCK) || (p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0)) < 0)) {
		err = -errno;
		reap(p, true);
	}
	if (err) {
		close(ends[1]);
		return err;
	}
	p->fd = ends[1];
	p->at = 0;
	o->watch = p->pidfd;
	return 0;
}

static void forget(struct alert_output *o, struct program *p)
{
	close(p->pidfd);
	if (p->fd >= 0)
		close(p->fd);
	p->pidfd = p->fd = o->watch = -1;
	p->at = 0;
}

static void program_ended(struct alert_output *o)
{
	struct program *p = o->state;
	siginfo_t info = {0};
	waitid(P_PIDFD, (id_t)p->pidfd, &info, WEXITED);
	alert_output_fail(o, "program %s ended with %s %d", o->config.argv[0],
			  info.si_code == CLD_EXITED ? "status" : "signal", info.si_status);
	forget(o, p);
}

/* It closed its stdin and goes on. */
static void program_deaf(struct alert_output *o)
{
	struct program *p = o->state;
	alert_output_fail(o, "program %s: closed its stdin, and is ended", o->config.argv[0]);
	reap(p, true);
	forget(o, p);
}

static int program_deliver(struct alert_output *o, const struct alert_item *first, struct alert_delivery *done)
{
	struct program *p = o->state;
	int err = p->pidfd < 0 ? start(o, p) : 0;
	if (!err)
		err = alert_output_write(o, p->fd, first, &p->at);
	if (!err) {
		p->at = 0;
		done->written = 1;
		return 0;
	}
	if (err != -EPIPE)
		alert_output_fail(o, "program %s: %s", o->config.argv[0], strerror(-err));
	else if (!alert_output_wait(o, p->pidfd, POLLIN, alert_output_until(o)))
		program_ended(o);
	else
		program_deaf(o);
	return err;
}

static void program_close(struct alert_output *o)
{
	struct program *p = o->state;
	if (p->pidfd < 0)
		return;
	close(p->fd);
	p->fd = -1;
	reap(p, alert_output_wait(o, p->pidfd, POLLIN, UINT64_MAX) != 0);
	forget(o, p);
}

const struct alert_output_ops alert_program_ops = {
	.render = alert_json,
	.state_size = sizeof(struct program),
	.open = program_open,
	.deliver = program_deliver,
	.watched = program_ended,
	.close = program_close,
};
