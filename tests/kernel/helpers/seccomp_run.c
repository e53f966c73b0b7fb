/* SPDX-License-Identifier: MIT */
/* seccomp_run FILTER COMMAND...: loads a compiled filter, then executes the command under it. */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static struct sock_filter program[BPF_MAXINSNS];
	int fd = argc > 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd < 0 ? -1 : read(fd, program, sizeof(program));
	struct sock_fprog load = {(unsigned short)(n > 0 ? n / (ssize_t)sizeof(program[0]) : 0), program};
	if (n <= 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &load)) {
		perror("seccomp_run");
		return 99;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 98;
}
