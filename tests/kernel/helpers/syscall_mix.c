/* SPDX-License-Identifier: MIT */
/*
 * System calls whose counts are easily got wrong: of children made in each way, interrupted and begun again, replaced
 * by exec, never ending, failing. Run under two tracers it makes the same calls. With an argument: that program is run.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int ends[2];

static void on_alarm(int number)
{
	(void)number;
	if (write(ends[1], "x", 1) != 1)
		_exit(2);
}

/* Interrupted: a call that is begun again, one that fails, one that goes on with its rest. */
static void interrupted(void)
{
	struct itimerval soon = {.it_value.tv_usec = 20000};
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	char byte;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	if (read(ends[0], &byte, 1) != 1)
		_exit(3);
	setitimer(ITIMER_REAL, &soon, NULL);
	pause();
	if (read(ends[0], &byte, 1) != 1)
		_exit(4);
}

static void *thread(void *arg)
{
	for (int i = 0; i < 50; i++)
		syscall(SYS_getppid);
	return arg;
}

static int clone_entry(void *arg)
{
	(void)arg;
	syscall(SYS_getuid);
	return 0;
}

static void children(char *const program[])
{
	char *stack = malloc(65536);
	pthread_t one;
	pid_t pid;
	int status;
	pthread_create(&one, NULL, thread, NULL);
	pthread_join(one, NULL);
	if (!fork()) {
		for (int i = 0; i < 7; i++)
			syscall(SYS_getegid);
		_exit(0);
	}
	wait(&status);
#ifdef SYS_fork
	if (!syscall(SYS_fork))
		_exit(0);
	wait(&status);
#endif
	clone(clone_entry, stack + 65536, SIGCHLD, NULL);
	wait(&status);
	if (!vfork())
		_exit(0);
	wait(&status);
	if (program[0] && !posix_spawn(&pid, program[0], NULL, NULL, program, NULL))
		waitpid(pid, &status, 0);
	posix_spawn(&pid, "/nowhere", NULL, NULL, program, NULL);
	free(stack);
}

static void failing(void)
{
	for (int i = 0; i < 3; i++)
		close(-1);
	for (int i = 0; i < 5; i++)
		open("/nowhere", O_RDONLY);
	clone(NULL, NULL, 0, NULL);
	lseek(ends[0], 0, SEEK_SET);
	munmap(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
}

int main(int argc, char **argv)
{
	(void)argc;
	if (pipe(ends))
		return 1;
	interrupted();
	children(argv + 1);
	failing();
	syscall(SYS_getpid);
	/* no calls of these numbers: not in strace's counts */
	syscall(-1);
	syscall(511);
	syscall(100000);
	return 0;
}
