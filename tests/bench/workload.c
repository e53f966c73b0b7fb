/* SPDX-License-Identifier: MIT */
/*
 * What the benchmarks trace: workload CPU KIND. Pinned to CPU (-1: not), it reads lines `N [PATH]`, does N iterations,
 * on PATH where files are meant, and answers with the nanoseconds they took; it ends with its input. Linked
 * statically, so that the program that `exec` runs, this one, costs as little as one can.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct work {
	char path[4096];
	int zero, null, listener;
	struct sockaddr_in address;
	unsigned round;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void once_getppid(struct work *w)
{
	(void)w;
	syscall(SYS_getppid);
}

static void once_open(struct work *w)
{
	int fd = open(w->path, O_RDONLY);
	if (fd < 0)
		die(w->path);
	close(fd);
}

static void once_io(struct work *w)
{
	char byte;
	if (read(w->zero, &byte, 1) != 1 || write(w->null, &byte, 1) != 1)
		die("read, write");
}

static void once_tcp(struct work *w)
{
	/* a peer of 127.0.0.0/16 in turn: the ports of one address would be used up by TIME_WAIT */
	w->address.sin_addr.s_addr = htonl(0x7f000001 + (w->round++ & 0xffff) % 0xfff0);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	if (client < 0 || connect(client, (struct sockaddr *)&w->address, sizeof(w->address)))
		die("connect");
	int server = accept(w->listener, NULL, NULL);
	if (server < 0)
		die("accept");
	close(client);
	close(server);
}

static void once_exec(struct work *w)
{
	(void)w;
	pid_t pid = fork();
	if (pid == 0) {
		execl("/proc/self/exe", "workload", (char *)NULL);
		_exit(1);
	}
	int status;
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die("fork, exec");
}

static const struct {
	const char *name;
	void (*once)(struct work *w);
} kinds[] = {
	{"getppid", once_getppid}, {"open", once_open}, {"io", once_io}, {"tcp", once_tcp}, {"exec", once_exec},
};

static void prepare(struct work *w)
{
	socklen_t size = sizeof(w->address);
	w->zero = open("/dev/zero", O_RDONLY);
	w->null = open("/dev/null", O_WRONLY);
	w->listener = socket(AF_INET, SOCK_STREAM, 0);
	w->address = (struct sockaddr_in){.sin_family = AF_INET};
	if (w->zero < 0 || w->null < 0 || bind(w->listener, (struct sockaddr *)&w->address, size) ||
	    listen(w->listener, 16) || getsockname(w->listener, (struct sockaddr *)&w->address, &size))
		die("prepare");
}

static unsigned long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000000 + (unsigned long long)t.tv_nsec;
}

/* An open every 0.2 ms until the input ends: what a starting tracer can see at once, and costs next to nothing. */
static int pulse(struct work *w)
{
	struct pollfd input = {.fd = 0, .events = POLLIN};
	const struct timespec pause = {.tv_nsec = 200000};
	while (ppoll(&input, 1, &pause, NULL) == 0)
		once_open(w);
	return 0;
}

int main(int argc, char **argv)
{
	struct work w = {.path = "/etc/hostname"};
	char line[4200];
	if (argc < 3) /* what `exec` runs */
		return 0;
	int cpu = atoi(argv[1]);
	cpu_set_t set;
	CPU_ZERO(&set);
	if (cpu >= 0) {
		CPU_SET(cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	if (!strcmp(argv[2], "pulse"))
		return pulse(&w);
	prepare(&w);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		if (strcmp(argv[2], kinds[k].name) != 0)
			continue;
		while (fgets(line, sizeof(line), stdin)) {
			unsigned long n = 0;
			sscanf(line, "%lu %4095s", &n, w.path);
			unsigned long long begin = now();
			for (unsigned long i = 0; i < n; i++)
				kinds[k].once(&w);
			printf("%llu\n", now() - begin);
			fflush(stdout);
		}
		return 0;
	}
	fprintf(stderr, "workload: no kind %s\n", argv[2]);
	return 2;
}
