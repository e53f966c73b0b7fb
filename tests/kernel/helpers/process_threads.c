/* SPDX-License-Identifier: MIT */
/* Processes whose threads end in ways that Python can't arrange. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_barrier_t barrier;

/* exit(2): this thread alone */
static void *end_thread(void *code)
{
	syscall(SYS_exit, (int)(intptr_t)code);
	return NULL;
}

static bool is_zombie(pid_t pid)
{
	char path[64], state = 0;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, pid);
	FILE *file = fopen(path, "r");
	if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (file)
		fclose(file);
	return state == 'Z';
}

static void *after_leader(void *arg)
{
	(void)arg;
	while (!is_zombie(getpid()))
		sched_yield();
	return end_thread((void *)5);
}

static void leader_first(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, after_leader, NULL);
	end_thread((void *)3);
}

static void *wait_for_ever(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&barrier);
	while (true)
		pause();
	return NULL;
}

static void *end_process(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&barrier);
	exit(9);
	return NULL;
}

/* n threads, the last of which ends them all */
static void exit_group(int n)
{
	pthread_t thread;
	pthread_barrier_init(&barrier, NULL, (unsigned int)n + 1);
	for (int i = 0; i < n; i++)
		pthread_create(&thread, NULL, i == n - 1 ? end_process : wait_for_ever, NULL);
	wait_for_ever(NULL);
}

/* Two threads end as near to each other as two CPUs allow. */
static volatile int left;

static void meet(void)
{
	__sync_fetch_and_sub(&left, 1);
	while (left)
		;
}

static void *meet_and_end(void *code)
{
	meet();
	return end_thread(code);
}

/* Processes whose two threads end together: each for itself, or the second one for both. */
static int together(int rounds, bool group)
{
	for (int i = 0; i < rounds; i++) {
		int status;
		pid_t pid = fork();
		if (!pid) {
			pthread_t thread;
			left = 2;
			pthread_create(&thread, NULL, meet_and_end, (void *)(intptr_t)(group ? 7 : 0));
			meet();
			if (group)
				_exit(9);
			end_thread(NULL);
		}
		if (waitpid(pid, &status, 0) != pid || status != (group ? 9 << 8 : 0))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 1;
	if (argc > 1 && !strcmp(argv[1], "leader-first"))
		leader_first();
	if (argc > 1 && !strcmp(argv[1], "exit-group"))
		exit_group(n);
	if (argc > 1 && !strcmp(argv[1], "together"))
		return together(n, false);
	if (argc > 1 && !strcmp(argv[1], "group-together"))
		return together(n, true);
	return 2;
}
