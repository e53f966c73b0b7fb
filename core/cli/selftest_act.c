/* SPDX-License-Identifier: MIT */
/* What acts have in common. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftest.h"

int act_failed(struct act *act, const char *what)
{
	snprintf(act->why, sizeof(act->why), "%s: %s", what, strerror(errno));
	return -1;
}

int act_impossible(struct act *act, const char *why)
{
	snprintf(act->why, sizeof(act->why), "%s", why);
	return -1;
}

int act_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

int act_copy(const char *from, const char *to)
{
	struct stat st;
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t n = in < 0 || out < 0 || fstat(in, &st) ? -1 : sendfile(out, in, NULL, (size_t)st.st_size);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return n > 0 ? 0 : -1;
}

/* Why the program did not begin, if it did not: said through a pipe that an execution closes. */
int act_run_on(int fd, const char *path, char *const *argv, char *const *env)
{
	static char *const none[] = {NULL};
	int why = 0, said[2];
	if (pipe2(said, O_CLOEXEC))
		return -1;
	pid_t pid = fork();
	if (!pid) {
		int null = fd < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : fd;
		for (int to = 0; to < 3; to++)
			dup2(null, to);
		execve(path, argv, env ? env : none);
		why = errno;
		_exit(write(said[1], &why, sizeof(why)) < 0);
	}
	close(said[1]);
	if (pid < 0 || read(said[0], &why, sizeof(why)) < 0 || waitpid(pid, NULL, 0) < 0)
		why = errno;
	close(said[0]);
	errno = why;
	return why ? -1 : 0;
}

int act_run(const char *path, char *const *argv, char *const *env)
{
	return act_run_on(-1, path, argv, env);
}

pid_t act_child(void)
{
	pid_t pid = fork();
	if (!pid)
		for (;;)
			pause();
	return pid;
}

void act_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int act_connect(const char *address)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	socklen_t len = sizeof(to);
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, address, &to.sin_addr);
	if (server < 0 || fd < 0 || bind(server, (struct sockaddr *)&to, len) || listen(server, 1) ||
	    getsockname(server, (struct sockaddr *)&to, &len) || connect(fd, (struct sockaddr *)&to, len))
		return -1;
	return fd;
}
