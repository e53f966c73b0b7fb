/* SPDX-License-Identifier: MIT */
/*
 * seccomp_probe_static NUMBER...: makes each call with arguments of -1 in a child of its own, and prints a line each:
 * the number and the errno, 0 for success, or "-" for a child that did not come back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* As printf() in few calls. */
static void put(long number, const char *what)
{
	char line[64], digits[20];
	int n = 0, at = 0;
	do
		digits[n++] = (char)('0' + number % 10);
	while (number /= 10);
	while (n)
		line[at++] = digits[--n];
	line[at++] = ' ';
	size_t len = strlen(what);
	memcpy(line + at, what, len);
	line[at + len] = '\n';
	if (write(1, line, at + len + 1) < 0)
		_exit(2);
}

static int probe(long number)
{
	int status;
	pid_t child = fork();
	if (!child) {
		long ret = syscall(number, -1l, -1l, -1l, -1l, -1l, -1l);
		_exit(ret == -1 ? errno : 0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	probe(SYS_getppid); /* all that it needs, also where there is nothing to be tried */
	put(0, "start");
	for (int i = 1; i < argc; i++) {
		char text[4] = "-";
		int e = probe(atol(argv[i]));
		for (int at = 0, unit = 100; e >= 0 && unit; unit /= 10)
			text[at++] = (char)('0' + e / unit % 10);
		put(atol(argv[i]), text);
	}
	return 0;
}
