/* SPDX-License-Identifier: MIT */
/* Processes as /proc shows them, on processes that the test itself makes. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "target/descend.h"

#define FOUND_MAX 64

struct found {
	uint32_t pids[FOUND_MAX];
	size_t n;
	int fail;       /* returned by the callback of that number and later ones, when not 0 */
	uint32_t *late; /* a child that the callback makes when it is first called */
};

static pid_t child(void (*act)(void *context), void *context)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		act(context);
		_exit(0);
	}
	return pid;
}

static void forever(void *context)
{
	(void)context;
	for (;;)
		pause();
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Says its own and its child's pid, then waits. Its name looks like fields of /proc/PID/stat. */
static void parent(void *context)
{
	int say = *(int *)context;
	prctl(PR_SET_NAME, "x) Z 1 (y");
	uint32_t pids[2] = {(uint32_t)getpid(), (uint32_t)child(forever, NULL)};
	if (write(say, pids, sizeof(pids)) == (ssize_t)sizeof(pids))
		forever(NULL);
}

static int add(void *context, uint32_t pid)
{
	struct found *f = context;
	if (f->late && !*f->late)
		*f->late = (uint32_t)child(forever, NULL);
	if (f->n < FOUND_MAX)
		f->pids[f->n++] = pid;
	return f->fail;
}

static size_t times(const struct found *f, uint32_t pid)
{
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++)
		n += f->pids[i] == pid;
	return n;
}

static void leader(void **state)
{
	(void)state;
	assert_int_equal(pid_leader((uint32_t)getpid()), getpid());
	assert_int_equal(pid_leader(0), 0);
	assert_int_equal(pid_leader(UINT32_MAX), 0);
}

static void *tell_tid(void *context)
{
	*(uint32_t *)context = (uint32_t)gettid();
	assert_int_equal(pid_leader((uint32_t)gettid()), getpid());
	return NULL;
}

static void leader_of_a_thread(void **state)
{
	pthread_t thread;
	uint32_t tid = 0;
	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, tell_tid, &tid), 0);
	pthread_join(thread, NULL);
	assert_int_not_equal(tid, getpid());
}

static void nothing(void *context)
{
	(void)context;
}

static void alive(void **state)
{
	siginfo_t info;
	(void)state;
	assert_true(pid_alive((uint32_t)getpid()));
	assert_false(pid_alive(UINT32_MAX));
	pid_t pid = child(nothing, NULL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_false(pid_alive((uint32_t)pid)); /* a zombie */
	waitpid(pid, NULL, 0);
	assert_false(pid_alive((uint32_t)pid));
}

static void descendants(void **state)
{
	int ends[2];
	uint32_t pids[2];
	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid_t first = child(parent, &ends[1]), sibling = child(forever, NULL);
	assert_int_equal(read(ends[0], pids, sizeof(pids)), sizeof(pids));
	assert_int_equal(pids[0], first);
	assert_true(pid_alive(pids[0])); /* whatever its name */

	struct found f = {0};
	const uint32_t root = pids[0];
	assert_int_equal(pid_descendants(&root, 1, add, &f), 0);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.pids[0], pids[1]);

	/* of the test itself: both and the grandchild, each once, and not the roots */
	f = (struct found){0};
	const uint32_t roots[] = {(uint32_t)getpid(), pids[0]};
	assert_int_equal(pid_descendants(roots, 2, add, &f), 0);
	assert_int_equal(times(&f, (uint32_t)sibling), 1);
	assert_int_equal(times(&f, pids[1]), 1);
	assert_int_equal(times(&f, pids[0]) + times(&f, roots[0]), 0);

	kill((pid_t)pids[1], SIGKILL);
	end(first);
	end(sibling);
	close(ends[0]);
	close(ends[1]);
}

/* A child that is made while the first ones are being added is found by the next pass. */
static void late(void **state)
{
	uint32_t pid = 0;
	struct found f = {.late = &pid};
	const uint32_t root = (uint32_t)getpid();
	(void)state;
	pid_t first = child(forever, NULL);
	assert_int_equal(pid_descendants(&root, 1, add, &f), 0);
	assert_int_not_equal(pid, 0);
	assert_int_equal(times(&f, pid), 1);
	end((pid_t)pid);
	end(first);
}

static void error(void **state)
{
	struct found f = {.fail = -ENOSPC};
	const uint32_t root = (uint32_t)getpid();
	(void)state;
	pid_t first = child(forever, NULL);
	assert_int_equal(pid_descendants(&root, 1, add, &f), -ENOSPC);
	assert_int_equal(f.n, 1);
	end(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leader), cmocka_unit_test(leader_of_a_thread),
		cmocka_unit_test(alive),  cmocka_unit_test(descendants),
		cmocka_unit_test(late),   cmocka_unit_test(error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
