/* SPDX-License-Identifier: MIT */
/* `eunomia seccomp -- CMD`: the program, forked before anything is loaded and executed when all is. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seccomp.h"

/* In the child; what we had done to signals is not the program's. */
static void wait_and_run(int gate, int said, char **argv)
{
	char go;
	ssize_t n;
	signal(SIGPIPE, SIG_DFL);
	do
		n = read(gate, &go, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(EXIT_RUN); /* it did not come so far */
	execvp(argv[0], argv);
	int err = errno;
	if (write(said, &err, sizeof(err)) < 0)
		_exit(EXIT_RUN);
	_exit(EXIT_RUN);
}

int seccomp_child_make(struct seccomp_child *c, const struct texts *words)
{
	int gate[2] = {-1, -1}, said[2] = {-1, -1}, err = 0;
	char **argv = calloc(words->n + 1, sizeof(*argv));
	if (argv)
		memcpy(argv, words->items, words->n * sizeof(*argv));
	if (!argv || pipe2(gate, O_CLOEXEC) || pipe2(said, O_CLOEXEC) || (c->pid = fork()) < 0)
		err = argv ? -errno : -ENOMEM;
	if (!err && !c->pid) {
		close(gate[1]);
		close(said[0]);
		wait_and_run(gate[0], said[1], argv);
	}
	free(argv);
	close(gate[0]);
	close(said[1]);
	c->gate = gate[1];
	c->said = said[0];
	return err;
}

int seccomp_child_go(struct seccomp_child *c)
{
	int err = 0;
	ssize_t n;
	if (write(c->gate, "g", 1) != 1)
		return -errno;
	do
		n = read(c->said, &err, sizeof(err)); /* its end is the execution */
	while (n < 0 && errno == EINTR);
	return n == sizeof(err) ? -err : 0;
}

void seccomp_child_free(struct seccomp_child *c)
{
	if (c->pid <= 0)
		return;
	close(c->gate);
	close(c->said);
}
