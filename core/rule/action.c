/* SPDX-License-Identifier: MIT */
/* Which actions are allowed, and what becomes of those that rules ask for. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/loop.h"
#include "rule/action_impl.h"
#include "rule/rules.h"

#define TIMEOUT_MS 10000
#define TIMEOUT_MOST_MS 3600000
#define RUNNING 4
#define RUNNING_MOST 64

enum kind { KILL, STOP, EXEC, KINDS };

static const struct {
	const char *name, *done;
	int signal;
} kinds[KINDS] = {{"kill", "killed", SIGKILL}, {"stop", "stopped", SIGSTOP}, {"exec", "started", 0}};

struct actions {
	bool allowed[KINDS], dry;
	struct program_config *programs;
	struct running *running;
	struct action_counts counts;
	void (*say)(void *context, const char *text);
	void *context;
};

/* "kill", "exec:NAME": its kind, KINDS: none; *name what follows the colon, or NULL. */
static enum kind kind_of(const char *text, const char **name)
{
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	*name = colon && colon[1] ? colon + 1 : NULL;
	for (int i = 0; i < KINDS; i++)
		if (strlen(kinds[i].name) == n && !memcmp(kinds[i].name, text, n))
			return !!colon == (i == EXEC) && (!colon || *name) ? (enum kind)i : KINDS;
	return KINDS;
}

int action_check(const char *text, char *why, size_t why_size)
{
	const char *name;
	if (kind_of(text, &name) != KINDS)
		return 0;
	snprintf(why, why_size, "unknown action '%.64s': there are kill, stop and exec:NAME", text);
	return -EINVAL;
}

struct actions *actions_new(void (*say)(void *context, const char *text), void *context)
{
	struct actions *a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->say = say;
	a->context = context;
	return a;
}

static void program_free(struct program_config *program)
{
	config_texts_free(program->argv);
	free(program->name);
	free(program);
}

void actions_free(struct actions *a)
{
	if (!a)
		return;
	programs_end(&a->running);
	for (struct program_config *program; (program = a->programs);) {
		a->programs = program->next;
		program_free(program);
	}
	free(a);
}

/* ---- configuration ---- */

struct switches {
	char **allow;
	bool dry_run;
};

static const struct config_option action_keys[] = {
	{"allow", CONFIG_TEXTS, offsetof(struct switches, allow), 0, 0, NULL, "kill, stop, exec"},
	{"dry_run", CONFIG_BOOL, offsetof(struct switches, dry_run), 0, 0, NULL, "only tell what would be done"},
	{0},
};

static const struct config_option exec_keys[] = {
	{"argv", CONFIG_TEXTS, offsetof(struct program_config, argv), 0, 0, NULL, "the program and its arguments"},
	{"timeout", CONFIG_MS, offsetof(struct program_config, timeout_ms), 1, TIMEOUT_MOST_MS, NULL, "then killed"},
	{"most", CONFIG_UINT, offsetof(struct program_config, most), 1, RUNNING_MOST, NULL, "so many at once"},
	{0},
};

static int allow(struct actions *a, const struct config_section *section, char *const *names,
		 struct config_error *error)
{
	memset(a->allowed, 0, sizeof(a->allowed));
	for (size_t i = 0; names && names[i]; i++) {
		const struct config_key *key = config_key(section, "allow");
		uint32_t line, column;
		int k = 0;
		while (k < KINDS && strcmp(kinds[k].name, names[i]) != 0)
			k++;
		config_texts_place(key->value, i, &line, &column);
		if (k == KINDS)
			return config_fail(section, key, line, column, error,
					   "unknown action '%s': there are kill, stop and exec", names[i]);
		a->allowed[k] = true;
	}
	return 0;
}

static int read_actions(struct actions *a, const struct config_section *section, struct config_error *error)
{
	struct switches s = {.dry_run = a->dry};
	int err = config_apply(section, action_keys, &s, NULL, NULL, error);
	if (!err && config_key(section, "allow"))
		err = allow(a, section, s.allow, error);
	if (!err)
		a->dry = s.dry_run;
	config_texts_free(s.allow);
	return err;
}

static struct program_config *find(const struct actions *a, const char *name)
{
	struct program_config *program = a->programs;
	while (program && strcmp(program->name, name) != 0)
		program = program->next;
	return program;
}

static int read_exec(struct actions *a, const struct config_section *section, const char *name,
		     struct config_error *error)
{
	struct program_config *program = calloc(1, sizeof(*program));
	if (!program)
		return -ENOMEM;
	program->timeout_ms = TIMEOUT_MS;
	program->most = RUNNING;
	int err = config_apply(section, exec_keys, program, NULL, NULL, error);
	if (!err && (!program->argv || !program->argv[0] || program->argv[0][0] != '/'))
		err = config_error_at(error, section->file, section->line, 1,
				      "[%s]: argv must begin with the absolute path of a program", section->name);
	if (!err && find(a, name))
		err = config_error_at(error, section->file, section->line, 1, "[%s] is there twice", section->name);
	if (!err && !(program->name = strdup(name)))
		err = -ENOMEM;
	if (err) {
		program_free(program);
		return err;
	}
	program->next = a->programs;
	a->programs = program;
	return 0;
}

int actions_add(struct actions *a, const struct config *config, struct config_error *error)
{
	int err = 0;
	for (size_t i = 0; i < config->n_sections && !err; i++) {
		const struct config_section *section = &config->sections[i];
		const char *name = config_named(section, "exec");
		if (!strcmp(section->name, "actions"))
			err = read_actions(a, section, error);
		else if (name)
			err = read_exec(a, section, name, error);
	}
	return err;
}

static int check_rule(const struct actions *a, const struct rule_item *item, struct config_error *error)
{
	for (size_t i = 0; i < item->rule.n_actions; i++) {
		const char *name;
		if (kind_of(item->rule.actions[i], &name) == EXEC && !find(a, name))
			return rules_fail(item, RULE_ACTIONS, i, error, "there is no [exec %s]", name);
	}
	return 0;
}

int actions_check(const struct actions *a, const struct rules *rules, struct config_error *error)
{
	int err = 0;
	for (size_t i = 0; i < rules->n && !err; i++)
		err = rules_go_on(rules, check_rule(a, rules->items[i], error), error);
	return err;
}

/* ---- doing ---- */

/* A rule that wants something done. */
struct wish {
	struct actions *actions;
	const struct rule *rule;
	const struct alert *alert;
	const char *text;
	enum kind kind;
};

static void tell(const struct wish *w, const char *what, const char *why)
{
	char text[512];
	const struct eun_event *rec = w->alert->view->rec;
	snprintf(text, sizeof(text), "rule '%s': %s %s pid %u (%.*s)%s%s", w->rule->name, w->text, what, rec->pid,
		 EUN_COMM_LEN, rec->comm, *why ? ": " : "", why);
	w->actions->say(w->actions->context, text);
}

static void count(const struct wish *w, int err, const char *why)
{
	struct action_counts *counts = &w->actions->counts;
	uint64_t *counter = err == -EPERM ? &counts->refused : &counts->failed;
	++*counter;
	tell(w, err == -EPERM ? "refused for" : "failed for", why);
}

static void send_signal(const struct wish *w)
{
	char why[160] = "";
	bool dry = w->actions->dry;
	int err = action_signal(w->alert->view, kinds[w->kind].signal, dry, why, sizeof(why));
	if (err) {
		count(w, err, why);
		return;
	}
	++*(dry ? &w->actions->counts.dry : &w->actions->counts.done);
	tell(w, dry ? "would be done to" : "done to", "");
}

static void start_program(const struct wish *w, const char *name, const struct alert_style *style)
{
	struct actions *a = w->actions;
	const struct program_config *program = find(a, name);
	char why[160] = "";
	if (!program) {
		count(w, -EINVAL, "there is no such program");
	} else if (a->dry) {
		a->counts.dry++;
		tell(w, "would be started for", "");
	} else if (programs_running(a->running, program) >= program->most) {
		a->counts.dropped++; /* not told: it is a flood already */
	} else {
		int err = program_start(&a->running, program, w->alert, style, why, sizeof(why));
		if (err)
			count(w, err == -EPERM ? -EACCES : err, why);
		else
			tell(w, "started for", "");
	}
}

void actions_run(struct actions *a, const struct rule *rule, const struct alert *alert, const struct alert_style *style)
{
	for (size_t i = 0; i < rule->n_actions && alert->view && alert->count == 1; i++) {
		const char *name;
		struct wish w = {a, rule, alert, rule->actions[i], kind_of(rule->actions[i], &name)};
		if (w.kind == KINDS || !a->allowed[w.kind])
			a->counts.refused++; /* whoever reads the configuration knows */
		else if (w.kind == EXEC)
			start_program(&w, name, style);
		else
			send_signal(&w);
	}
}

static void on_ended(void *context, const struct running *program, int code, int status)
{
	struct actions *a = context;
	char text[256], how[64];
	if (code == CLD_EXITED && !status) {
		a->counts.done++;
		return;
	}
	a->counts.failed++;
	snprintf(how, sizeof(how), code == CLD_EXITED ? "exit status %d" : "signal %d", status);
	snprintf(text, sizeof(text), "action exec:%s: %s", program->config->name,
		 program->late ? "took too long, killed" : how);
	a->say(a->context, text);
}

size_t actions_tick(struct actions *a)
{
	return a->running ? programs_tick(&a->running, clock_boot_ns(), on_ended, a) : 0;
}

bool actions_own(const struct actions *a, const struct view *view)
{
	uint32_t pid = view->rec->pid;
	if (!a->running || !pid)
		return false;
	int session = getsid((pid_t)pid);
	for (const struct running *program = a->running; program; program = program->next) {
		uint32_t own = (uint32_t)program->pid;
		if (own == pid || own == view->rec->ppid || program->pid == session)
			return true;
	}
	return false;
}

bool actions_allowed(const struct actions *a)
{
	return a->allowed[KILL] || a->allowed[STOP] || a->allowed[EXEC];
}

void actions_counts(const struct actions *a, struct action_counts *out)
{
	*out = a->counts;
}
