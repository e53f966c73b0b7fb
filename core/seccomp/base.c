/* SPDX-License-Identifier: MIT */
#include "base.h"

#include <string.h>

#include "names.h"

/* Where a program can't go on, or not end, without: also the kernel's own, after a signal. */
static const char *const always[] = {"restart_syscall", "rt_sigreturn", "sigreturn", "exit", "exit_group", NULL};

/* A filter that stands before the program is executed must let that happen. */
static const char *const command[] = {"execve", NULL};

/* From execve to main() in a dynamically linked program: glibc 2.31 to 2.41. */
static const char *const glibc_start[] = {"access",
					  "arch_prctl",
					  "brk",
					  "close",
					  "fstat",
					  "fstat64",
					  "futex",
					  "getrandom",
					  "getuid",
					  "geteuid",
					  "getgid",
					  "getegid",
					  "mmap",
					  "mmap2",
					  "mprotect",
					  "munmap",
					  "newfstatat",
					  "openat",
					  "pread64",
					  "prlimit64",
					  "read",
					  "readlink",
					  "readlinkat",
					  "rseq",
					  "set_robust_list",
					  "set_thread_area",
					  "set_tid_address",
					  "statx",
					  "ugetrlimit",
					  NULL};

/* The same of musl 1.2. */
static const char *const musl_start[] = {"arch_prctl", "brk",   "close",    "fcntl",           "fstat",
					 "mmap",       "mmap2", "mprotect", "munmap",          "open",
					 "openat",     "read",  "readv",    "set_thread_area", "set_tid_address",
					 "statx",      NULL};

/*
 * What runc 1.1 calls between loading the filter and the program's execve: as strace shows it with and without
 * noNewPrivileges and with another user, and what else Go's run time may do meanwhile in its threads, which are under
 * the filter too. docs/seccomp.md tells how it was found.
 */
static const char *const runc[] = {
	"capget",         "capset",       "chdir",       "clone",   "close",     "epoll_ctl", "epoll_pwait",
	"execve",         "faccessat2",   "fchown",      "fcntl",   "fstat",     "fstatfs",   "futex",
	"getcwd",         "getdents64",   "getpid",      "getppid", "gettid",    "madvise",   "mmap",
	"munmap",         "nanosleep",    "newfstatat",  "openat",  "prctl",     "read",      "rt_sigaction",
	"rt_sigprocmask", "rt_sigreturn", "sched_yield", "setgid",  "setgroups", "setuid",    "sigaltstack",
	"tgkill",         "write",        NULL};

/*
 * The same of crun 1.8, likewise: run, create and start, exec; with noNewPrivileges it only closes a descriptor after
 * it.
 */
static const char *const crun[] = {
	"capset",       "close",          "execve",    "fchown",    "ioctl",     "openat", "prctl", "pselect6", "read",
	"rt_sigaction", "rt_sigprocmask", "setgroups", "setresgid", "setresuid", "statx",  "write", NULL};

const struct base bases[] = {
	{"always", "what every profile has", always},
	{"command", "what a profile of a command or container has", command},
	{"glibc-start", "from the execution of a glibc program to its main()", glibc_start},
	{"musl-start", "the same of musl", musl_start},
	{"runc", "what runc still calls after it has loaded the filter", runc},
	{"crun", "what crun still calls after it has loaded the filter", crun},
	{NULL, NULL, NULL},
};

const struct base *base_find(const char *name)
{
	for (const struct base *b = bases; b->name; b++)
		if (!strcmp(b->name, name))
			return b;
	return NULL;
}

int base_add(struct profile *p, const struct base *base)
{
	uint32_t arches = p->arches ? p->arches : 1u << profile_native();
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++)
		for (const char *const *call = base->calls; *call && arches & 1u << a; call++) {
			int64_t nr = call_number(a, *call);
			int err = nr < 0 ? 0 : profile_allow(p, a, (uint32_t)nr);
			if (err)
				return err;
		}
	return 0;
}
