/* SPDX-License-Identifier: MIT */
/* Programs that rules start: no shell, the alert on standard input, a session of their own that ends with them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "event/writer.h"
#include "pipeline/loop.h"
#include "rule/action_impl.h"

#define ARGUMENT_MAX 8192
#define REMEMBERED_NS 2000000000u /* the events of one that ended may still come */

/* ---- its arguments ---- */

/* A text's bytes up to a NUL, which ends an argument. */
static void add_text(struct buf *out, const char *text, size_t len)
{
	buf_add(out, text, strnlen(text, len));
}

static void add_field(struct buf *out, const struct alert *alert, const char *name, int64_t clock_offset)
{
	const struct field *field = alert->view ? stream_field(alert->view->stream, name) : NULL;
	struct value v;
	if (!field || !view_read(alert->view, field, &v))
		buf_char(out, '-');
	else if (type_is_text(field->type) && field->type != EUN_STRINGS)
		add_text(out, v.ptr, v.len);
	else
		value_text(alert->view, field, clock_offset, out);
}

static void add_value(struct buf *out, const struct alert *alert, const char *name, int64_t clock_offset)
{
	if (!strcmp(name, "rule"))
		buf_str(out, alert->rule);
	else if (!strcmp(name, "severity"))
		buf_str(out, severity_names[alert->severity]);
	else if (!strcmp(name, "message"))
		add_text(out, alert->message, alert->message_len);
	else
		add_field(out, alert, name, clock_offset);
}

/* {name} replaced. NULL: no memory, or too long. */
static char *fill(const char *template, const struct alert *alert, int64_t clock_offset)
{
	struct buf out = {.limit = ARGUMENT_MAX};
	for (const char *at = template; *at;) {
		size_t n = *at == '{' ? strcspn(at, "}") : 0;
		char name[64];
		if (n < 2 || !at[n] || n > sizeof(name)) {
			buf_char(&out, *at++);
			continue;
		}
		memcpy(name, at + 1, n - 1);
		name[n - 1] = '\0';
		add_value(&out, alert, name, clock_offset);
		at += n + 1;
	}
	buf_char(&out, '\0');
	if (out.failed)
		buf_free(&out);
	return out.data;
}

static void free_all(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

static char **fill_all(char *const *templates, const struct alert *alert, int64_t clock_offset)
{
	size_t n = 0;
	while (templates[n])
		n++;
	char **argv = calloc(n + 1, sizeof(*argv));
	for (size_t i = 0; argv && i < n; i++)
		if (!(argv[i] = fill(templates[i], alert, clock_offset))) {
			free_all(argv);
			return NULL;
		}
	return argv;
}

/* ---- starting ---- */

/* A file in memory that holds the alert as JSON, to be read from its begin. -errno. */
static int alert_file(const struct alert *alert, const struct alert_style *style)
{
	struct buf line = {0};
	int fd = memfd_create("alert", MFD_CLOEXEC);
	int err = fd < 0 ? -errno : alert_json(alert, style, &line);
	if (!err && (write(fd, line.data, line.len) != (ssize_t)line.len || lseek(fd, 0, SEEK_SET)))
		err = -EIO;
	buf_free(&line);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

static int spawn(pid_t *pid, char *const *argv, int input)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = {path, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	int err = posix_spawn_file_actions_init(&files);
	if (err)
		return -err;
	err = posix_spawnattr_init(&attributes);
	if (!err) {
		posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
		posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
		posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
		posix_spawn_file_actions_addchdir_np(&files, "/");
		posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
		posix_spawnattr_setflags(&attributes,
					 POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
		posix_spawnattr_setsigmask(&attributes, &none);
		posix_spawnattr_setsigdefault(&attributes, &all);
		err = posix_spawn(pid, argv[0], &files, &attributes, argv, environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&files);
	return -err;
}

int program_start(struct running **list, const struct program_config *config, const struct alert *alert,
		  const struct alert_style *style, char *why, size_t why_size)
{
	struct running *program = calloc(1, sizeof(*program));
	char **argv = fill_all(config->argv, alert, style->clock_offset);
	int input = program && argv ? alert_file(alert, style) : -ENOMEM;
	int err = input < 0 ? input : spawn(&program->pid, argv, input);
	if (err) {
		snprintf(why, why_size, "%s: %s", config->argv[0], strerror(-err));
		free(program);
	} else {
		program->config = config;
		program->until = clock_boot_ns() + config->timeout_ms * 1000000;
		program->next = *list;
		*list = program;
	}
	if (input >= 0)
		close(input);
	free_all(argv);
	return err;
}

/* ---- looking after them ---- */

size_t programs_running(const struct running *list, const struct program_config *config)
{
	size_t n = 0;
	for (; list; list = list->next)
		n += !list->ended && (!config || list->config == config);
	return n;
}

/* Before it is reaped its number is nobody else's: what it left in its session ends with it. */
static bool reap(struct running *program, siginfo_t *info)
{
	info->si_pid = 0;
	if (waitid(P_PID, (id_t)program->pid, info, WEXITED | WNOHANG | WNOWAIT) || !info->si_pid)
		return false;
	kill(-program->pid, SIGKILL);
	waitid(P_PID, (id_t)program->pid, info, WEXITED | WNOHANG);
	program->ended = true;
	return true;
}

size_t programs_tick(struct running **list, uint64_t now,
		     void (*ended)(void *context, const struct running *program, int code, int status), void *context)
{
	for (struct running **at = list, *program; (program = *at);) {
		siginfo_t info;
		if (program->ended && now >= program->until) {
			*at = program->next;
			free(program);
			continue;
		}
		if (!program->ended && reap(program, &info)) {
			ended(context, program, info.si_code, info.si_status);
			program->until = now + REMEMBERED_NS;
		} else if (!program->ended && now >= program->until) {
			program->late = true;
			kill(-program->pid, SIGKILL);
		}
		at = &program->next;
	}
	return programs_running(*list, NULL);
}

void programs_end(struct running **list)
{
	for (struct running *program; (program = *list);) {
		if (!program->ended) {
			kill(-program->pid, SIGKILL);
			waitpid(program->pid, NULL, 0);
		}
		*list = program->next;
		free(program);
	}
}
