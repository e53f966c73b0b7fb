/* SPDX-License-Identifier: MIT */
#include "apply.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apply_helper.h"
#include "apply_plan.h"

#define TRIES 5 /* the helper ends itself rather than to wait for what waits for it: tracer.c */

/* Nothing but SIGKILL is to end it, whatever becomes of who started it. SIGALRM is its own. */
static void stand_alone(void)
{
	static const int kept[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS,  SIGILL,
				   SIGFPE,  SIGABRT, SIGTRAP, SIGCHLD, SIGALRM};
	sigset_t none;
	setsid();
	for (int sig = 1; sig < SIGRTMIN; sig++) {
		bool ignored = true;
		for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
			ignored = ignored && kept[i] != sig;
		signal(sig, ignored ? SIG_IGN : SIG_DFL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A process that was done by a helper before has the filter now: what is known of it stays. */
static int take(struct apply_report *out, const struct apply_process *p)
{
	for (size_t i = 0; i < out->n; i++)
		if (out->items[i].pid == p->pid && p->state == APPLY_HAD)
			return 0;
	return apply_report_add(out, p) ? 0 : -ENOMEM;
}

/* The helper's status, as waitpid() has it; -errno. */
static int run_helper(const struct apply_targets *targets, const struct apply_filter *filter, struct apply_report *out)
{
	int said[2], status, err = 0;
	struct apply_process p;
	ssize_t n;
	if (pipe(said))
		return -errno;
	pid_t helper = fork();
	if (!helper) {
		close(said[0]);
		stand_alone();
		_exit(apply_helper(targets, filter, said[1]));
	}
	close(said[1]);
	while (helper > 0 && ((n = read(said[0], &p, sizeof(p))) > 0 || (n < 0 && errno == EINTR)))
		if (n == sizeof(p) && !err)
			err = take(out, &p);
	close(said[0]);
	while (helper > 0 && waitpid(helper, &status, 0) < 0 && errno == EINTR) {
	}
	return helper < 0 ? -EAGAIN : err ? err : status;
}

int apply_run(const struct apply_targets *targets, const struct apply_filter *filter, struct apply_report *out,
	      char *why, size_t why_size)
{
	int status = SIGALRM;
	for (int i = 0; i < TRIES && status >= 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM; i++)
		status = run_helper(targets, filter, out);
	if (status < 0) {
		snprintf(why, why_size, "helper process: %s", strerror(-status));
		return status;
	}
	if (WIFSIGNALED(status)) {
		snprintf(why, why_size,
			 "the helper process was ended by signal %d before it was done; who has the filter is in "
			 "/proc/PID/status (Seccomp_filters); run it again",
			 WTERMSIG(status));
		return -EINTR;
	}
	if (WEXITSTATUS(status)) {
		snprintf(why, why_size, "helper process: %s%s", strerror(WEXITSTATUS(status)),
			 WEXITSTATUS(status) == EAGAIN ? ": processes without the filter keep coming" : "");
		return -WEXITSTATUS(status);
	}
	return 0;
}
