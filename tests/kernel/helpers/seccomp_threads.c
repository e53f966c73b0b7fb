/* SPDX-License-Identifier: MIT */
/*
 * seccomp_threads THREADS: that many threads, in pairs, wake each other through a pipe, an epoll and a condition, sleep
 * and compute, until stdin ends. Then a line: what went wrong (EINTR, lost wake-ups, wrong sums), rounds, and how many
 * threads getpgid(2) failed for. With "forks" for THREADS: forks, vforks and spawns as fast as it can, each of its
 * children forks again; the line has errors, children, and 0.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 256
#define LOST_MS 10000

extern char **environ;

static atomic_bool done;
static atomic_ulong wrong, rounds, denied;

struct pair {
	int to[2], back[2], epoll;
	pthread_mutex_t mutex;
	pthread_cond_t turned;
	int turn;
};

static void check(int ok)
{
	if (!ok)
		wrong++;
}

static void compute(void)
{
	double x = 1, y = 1;
	for (int i = 0; i < 2000; i++) {
		x = x * 1.0000001 + 0.5;
		y = y * 1.0000001 + 0.5;
	}
	check(x == y);
}

/* The other one's turn, and back. */
static void turn(struct pair *p, int mine)
{
	struct timespec limit;
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += LOST_MS / 1000;
	pthread_mutex_lock(&p->mutex);
	while (p->turn != mine && !done)
		if (pthread_cond_timedwait(&p->turned, &p->mutex, &limit)) {
			check(done);
			break;
		}
	p->turn = !mine;
	pthread_cond_signal(&p->turned);
	pthread_mutex_unlock(&p->mutex);
}

static void finish(void)
{
	errno = 0;
	getpgid(0);
	if (errno)
		denied++;
}

static void *first(void *context)
{
	struct pair *p = context;
	struct epoll_event e;
	char c = 'x';
	while (!done) {
		check(write(p->to[1], &c, 1) == 1);
		check(epoll_wait(p->epoll, &e, 1, LOST_MS) == 1);
		check(read(p->back[0], &c, 1) == 1);
		turn(p, 0);
		compute();
		rounds++;
	}
	c = 'q';
	check(write(p->to[1], &c, 1) == 1);
	finish();
	return NULL;
}

static void *second(void *context)
{
	struct pair *p = context;
	const struct timespec ms = {0, 1000000};
	char c = 0;
	for (;;) {
		struct pollfd f = {p->to[0], POLLIN, 0};
		check(poll(&f, 1, LOST_MS) == 1);
		check(read(p->to[0], &c, 1) == 1);
		if (c == 'q')
			break;
		check(!nanosleep(&ms, NULL));
		check(write(p->back[1], &c, 1) == 1);
		turn(p, 1);
	}
	finish();
	return NULL;
}

static int threads(int n)
{
	static struct pair pairs[THREADS_MAX / 2];
	pthread_t all[THREADS_MAX];
	char c;
	for (int i = 0; i < n / 2; i++) {
		struct pair *p = &pairs[i];
		struct epoll_event e = {.events = EPOLLIN};
		pthread_mutex_init(&p->mutex, NULL);
		pthread_cond_init(&p->turned, NULL);
		if (pipe(p->to) || pipe(p->back))
			return 2;
		p->epoll = epoll_create1(0);
		epoll_ctl(p->epoll, EPOLL_CTL_ADD, p->back[0], &e);
		pthread_create(&all[i * 2], NULL, first, p);
		pthread_create(&all[i * 2 + 1], NULL, second, p);
	}
	printf("ready\n");
	fflush(stdout);
	check(read(STDIN_FILENO, &c, 1) == 0);
	done = true;
	for (int i = 0; i < n; i++)
		pthread_join(all[i], NULL);
	return 0;
}

static void reap(pid_t child)
{
	int status;
	check(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status));
	rounds++;
}

static void fork_once(void)
{
	pid_t child = fork();
	if (!child) {
		pid_t grandchild = fork();
		if (!grandchild)
			_exit(0);
		int status;
		_exit(grandchild > 0 && waitpid(grandchild, &status, 0) == grandchild && !status ? 0 : 1);
	}
	reap(child);
}

static void vfork_once(void)
{
	pid_t child = vfork();
	if (!child) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	reap(child);
}

static void spawn_once(void)
{
	char *argv[] = {"true", NULL};
	pid_t child;
	check(!posix_spawn(&child, "/bin/true", NULL, NULL, argv, environ));
	reap(child);
}

static int forks(void)
{
	struct pollfd f = {STDIN_FILENO, POLLIN, 0};
	printf("ready\n");
	fflush(stdout);
	while (!poll(&f, 1, 0)) {
		fork_once();
		vfork_once();
		spawn_once();
	}
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	int n = argc == 2 ? atoi(argv[1]) : 0;
	int status = n ? threads(n < THREADS_MAX ? n : THREADS_MAX) : forks();
	printf("%lu %lu %lu\n", wrong, rounds, denied);
	return status;
}
