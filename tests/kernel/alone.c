/* SPDX-License-Identifier: MIT */
/*
 * A process in which another makes calls (core/seccomp/scratch.h) goes back alone when that one is killed between two
 * of them: what it waited for comes, and its registers, blocked signals, signal stack are what they were.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "seccomp/scratch.h"
#include "seccomp/task.h"

#define SKIPPED 77
#define ROUNDS 5

struct shared {
	volatile int go;
};

static int wait_read(int fd, struct shared *s)
{
	char c;
	(void)s;
	return read(fd, &c, 1) == 1 ? 0 : 1;
}

static int wait_epoll(int fd, struct shared *s)
{
	struct epoll_event e = {.events = EPOLLIN};
	int epoll = epoll_create1(0);
	(void)s;
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
	return epoll_wait(epoll, &e, 1, 60000) == 1 ? 0 : 1;
}

static int wait_poll(int fd, struct shared *s)
{
	struct pollfd p = {fd, POLLIN, 0};
	(void)s;
	return poll(&p, 1, 60000) == 1 ? 0 : 1;
}

static int wait_sleep(int fd, struct shared *s)
{
	const struct timespec t = {0, 300000000};
	(void)fd, (void)s;
	return nanosleep(&t, NULL) ? 1 : 0;
}

static int wait_running(int fd, struct shared *s)
{
	double x[64] = {0};
	(void)fd;
	while (!s->go)
		for (int i = 0; i < 64; i++)
			x[i] += 1;
	for (int i = 1; i < 64; i++)
		if (x[i] != x[0])
			return 1;
	return 0;
}

static const struct {
	const char *name;
	int (*wait)(int fd, struct shared *s);
} waits[] = {{"read", wait_read},
	     {"epoll", wait_epoll},
	     {"poll", wait_poll},
	     {"nanosleep", wait_sleep},
	     {"running", wait_running}};

/* The result as an exit code. */
static void target(int which, int fd, struct shared *s)
{
	sigset_t mask, now;
	stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536}, seen;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaltstack(&stack, NULL);
	int wrong = waits[which].wait(fd, s);
	sigprocmask(SIG_SETMASK, NULL, &now);
	sigaltstack(NULL, &seen);
	_exit(wrong                                                                         ? 1
	      : memcmp(&now, &mask, 8) != 0                                                 ? 2
	      : seen.ss_sp != stack.ss_sp || seen.ss_size != stack.ss_size || seen.ss_flags ? 3
											    : 0);
}

/* Ends by SIGKILL after so many calls. */
static void helper(pid_t pid, int calls)
{
	static const uint64_t args[6] = {PR_GET_DUMPABLE};
	struct tracer tracer;
	struct scratch s;
	int64_t result;
	size_t stopped;
	tracer_init(&tracer, false);
	if (tracer_seize(&tracer, pid) != 1)
		_exit(10);
	while (tracer_count(&tracer, pid, &stopped) > stopped)
		tracer_wait(&tracer, 1000);
	if (scratch_begin(&s, &tracer, pid, 100))
		_exit(11);
	if (!s.sp)
		_exit(12);
	for (int i = 0; i < calls; i++)
		if (scratch_call(&s, INJECT_PRCTL, args, &result) || result != 1)
			_exit(13);
	kill(getpid(), SIGKILL);
}

static int failed(int which, int calls, const char *what, int status)
{
	fprintf(stderr, "%s, %d calls: %s: %d\n", waits[which].name, calls, what, status);
	return 1;
}

static int one(int which, int calls, struct shared *s)
{
	int ends[2], status;
	struct task_status st;
	s->go = 0;
	if (pipe(ends))
		return 1;
	pid_t child = fork();
	if (!child)
		target(which, ends[0], s);
	do
		usleep(1000);
	while (waits[which].wait != wait_running && !task_read((uint32_t)child, (uint32_t)child, &st) &&
	       st.state != 'S');
	pid_t other = fork();
	if (!other)
		helper(child, calls);
	waitpid(other, &status, 0);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		return failed(which, calls, "the helper", status);
	}
	if (write(ends[1], "x", 1) != 1)
		return 1;
	s->go = 1;
	alarm(30);
	waitpid(child, &status, 0);
	alarm(0);
	close(ends[0]);
	close(ends[1]);
	return status ? failed(which, calls, "the target", status) : 0;
}

int main(void)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int wrong = 0;
	if (geteuid())
		return SKIPPED;
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
			for (int calls = 0; calls < 3; calls++)
				wrong += one((int)i, calls, s);
	return wrong ? 1 : 0;
}
