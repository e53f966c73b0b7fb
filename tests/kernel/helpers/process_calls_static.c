/* SPDX-License-Identifier: MIT */
/* The rare calls of process, one each: most with arguments that they refuse. Ends with 0 when all were made. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A connected TCP socket becomes standard input. */
static int shell_like(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(47003), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&to, sizeof(to)) || listen(listener, 1) ||
	    connect(client, (struct sockaddr *)&to, sizeof(to)))
		return 1;
	return dup2(client, 0) != 0;
}

/* Whether a call was refused for its arguments: it is there. */
static int refused(long result, const char *what)
{
	if (result == -1 && errno != ENOSYS)
		return 0;
	perror(what);
	return 1;
}

int main(void)
{
	int bad = shell_like();
	bad |= prctl(PR_SET_NAME, "known-name", 0, 0, 0);
	bad |= personality(ADDR_NO_RANDOMIZE) == -1;
	bad |= refused(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL), "seccomp");
	bad |= refused(syscall(SYS_keyctl, 99, 4711, 0, 0, 0), "keyctl");
	bad |= refused(syscall(SYS_io_uring_setup, 4711, NULL), "io_uring_setup");
	bad |= refused(syscall(SYS_userfaultfd, 0x10), "userfaultfd");
	bad |= refused(syscall(SYS_perf_event_open, NULL, 4711, -1, -1, 0), "perf_event_open");
	bad |= refused(syscall(SYS_bpf, 5, NULL, 0), "bpf");
	bad |= refused(ptrace(PTRACE_SEIZE, 0x3ffffff0, 0, 0), "ptrace");
	return bad | setuid(4711);
}
