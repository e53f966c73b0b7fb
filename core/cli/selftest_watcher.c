/* SPDX-License-Identifier: MIT */
/* The eunomia that is tested: a process of its own, as users run it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "event/escape.h"
#include "selftest.h"

#define START_MS 30000
#define STARTED "eunomia: started\n"
#define TIME "{\"time\":\"" /* what an alert begins with */

struct watcher {
	pid_t pid;
	int fds[2];          /* its stdout and stderr */
	struct buf texts[2]; /* all of it so far */
	size_t seen;         /* alerts that were looked at */
};

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What comes until then, at least once. False: nothing more will. */
static bool take(struct watcher *w, int64_t until)
{
	struct pollfd polled[2] = {{w->fds[0], POLLIN, 0}, {w->fds[1], POLLIN, 0}};
	char part[4096];
	int64_t left = until - now_ms();
	bool open = false;
	if (poll(polled, 2, left > 0 ? (int)left : 0) < 0 && errno != EINTR)
		return false;
	for (int i = 0; i < 2; i++) {
		ssize_t n = polled[i].revents ? read(w->fds[i], part, sizeof(part)) : 0;
		if (n > 0)
			buf_add(&w->texts[i], part, (size_t)n);
		open |= n > 0 || !polled[i].revents;
	}
	return open && left > 0;
}

static bool contains(const struct buf *text, const char *what)
{
	return text->len && memmem(text->data, text->len, what, strlen(what));
}

static int fork_it(struct watcher *w, char *const *argv)
{
	int pipes[2][2] = {{-1, -1}, {-1, -1}};
	if (pipe2(pipes[0], O_CLOEXEC) || pipe2(pipes[1], O_CLOEXEC))
		return -errno;
	w->pid = fork();
	if (!w->pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(pipes[0][1], STDOUT_FILENO);
		dup2(pipes[1][1], STDERR_FILENO);
		execv("/proc/self/exe", argv);
		_exit(1);
	}
	for (int i = 0; i < 2; i++) {
		w->fds[i] = pipes[i][0];
		close(pipes[i][1]);
	}
	return w->pid < 0 ? -errno : 0;
}

struct watcher *watcher_open(char *const *argv, int *status)
{
	struct watcher *w = calloc(1, sizeof(*w));
	int64_t until = now_ms() + START_MS;
	*status = 1;
	if (!w)
		return NULL;
	w->fds[0] = w->fds[1] = -1;
	bool started = false, more = !fork_it(w, argv);
	while (!started && more) {
		more = take(w, until);
		started = contains(&w->texts[1], STARTED);
	}
	if (started)
		return w;
	if (w->texts[1].len && write(STDERR_FILENO, w->texts[1].data, w->texts[1].len) < 0)
		*status = 1;
	int ended = 0;
	if (w->pid > 0 && !more && waitpid(w->pid, &ended, WNOHANG) == w->pid) {
		w->pid = 0;
		*status = WIFEXITED(ended) && WEXITSTATUS(ended) ? WEXITSTATUS(ended) : 1;
	}
	watcher_close(w);
	return NULL;
}

/* The next complete line that was not looked at; NULL: there is none. */
static const char *next_line(struct watcher *w, size_t *len)
{
	const char *line = w->texts[0].data + w->seen;
	const char *end = w->texts[0].len > w->seen ? memchr(line, '\n', w->texts[0].len - w->seen) : NULL;
	if (!end)
		return NULL;
	*len = (size_t)(end - line);
	w->seen += *len + 1;
	return line;
}

bool watcher_told(struct watcher *w, const char *rule, const char *since, int ms)
{
	int64_t until = now_ms() + ms;
	struct buf needle = {0};
	bool told = false, more = true;
	buf_str(&needle, "\"rule\":");
	escape_json(&needle, rule, strlen(rule));
	while (!told && more && !needle.failed) {
		const char *line;
		size_t len, head = sizeof(TIME) - 1, at = head + strlen(since);
		while (!told && (line = next_line(w, &len)))
			told = len > at && !memcmp(line, TIME, head) &&
			       memcmp(line + head, since, strlen(since)) >= 0 &&
			       memmem(line, len, needle.data, needle.len);
		if (!told)
			more = take(w, until);
	}
	free(needle.data);
	return told;
}

void watcher_close(struct watcher *w)
{
	if (!w)
		return;
	if (w->pid > 0) {
		kill(w->pid, SIGTERM);
		while (take(w, now_ms() + START_MS)) /* a full pipe would hold it */
			;
		waitpid(w->pid, NULL, 0);
	}
	for (int i = 0; i < 2; i++) {
		if (w->fds[i] >= 0)
			close(w->fds[i]);
		free(w->texts[i].data);
	}
	free(w);
}
