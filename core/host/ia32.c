/* SPDX-License-Identifier: MIT */
#include "ia32.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__

enum { EXIT_CALL = 1, THERE = 42, NONE = 43 }; /* exit's number there; the child's status */

/* Without the entry its interrupt is a fault. */
static void on_fault(int signal)
{
	(void)signal;
	_exit(NONE);
}

static _Noreturn void call(void)
{
	struct sigaction fault = {.sa_handler = on_fault};
	sigaction(SIGSEGV, &fault, NULL); /* handled ones are not in the kernel's log */
	__asm__ volatile("int $0x80" : : "a"(EXIT_CALL), "b"(THERE) : "memory");
	_exit(0);
}

enum ia32_entry ia32_entry(void)
{
	int status = 0;
	pid_t child = fork(), ended;
	if (!child)
		call();
	if (child < 0)
		return IA32_ENTRY_UNKNOWN;
	do
		ended = waitpid(child, &status, 0);
	while (ended < 0 && errno == EINTR);
	if (ended < 0 || !WIFEXITED(status))
		return IA32_ENTRY_UNKNOWN;
	return WEXITSTATUS(status) == THERE  ? IA32_ENTRY_THERE
	       : WEXITSTATUS(status) == NONE ? IA32_ENTRY_NONE
					     : IA32_ENTRY_UNKNOWN;
}

#else

enum ia32_entry ia32_entry(void)
{
	return IA32_ENTRY_NONE;
}

#endif

bool ia32_auto(bool rules)
{
	return rules && ia32_entry() != IA32_ENTRY_NONE;
}
