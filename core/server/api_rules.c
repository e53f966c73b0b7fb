/* SPDX-License-Identifier: MIT */
/* Rules: listed, switched, uploaded, checked, tried on what happened lately. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/json.h"
#include "server/server_impl.h"

#define SWITCHES "zz-switched.ini" /* in the folder: read last, so that its word counts */
#define TEST_EVENTS 5000
#define TEST_ALERTS 100

/* ---- what there is ---- */

static void names_json(struct buf *b, const char *key, const char *const *names, size_t n)
{
	put_key(b, key);
	put_open(b, '[');
	for (size_t i = 0; i < n; i++)
		put_str(b, names[i]);
	put_close(b, ']');
}

static void rule_json(struct server *s, struct buf *b, size_t i)
{
	const struct ruleset *set = s->daemon->now->rules;
	const struct rule *r = rules_at(ruleset_all(set), i);
	struct rule_counts counts;
	engine_counts(ruleset_engine(set), i, &counts);
	put_open(b, '{');
	put_member(b, "name", r->name);
	put_number(b, "number", r->number);
	put_member(b, "description", r->description);
	put_member(b, "severity", severity_names[r->severity]);
	put_flag(b, "enabled", r->enabled);
	names_json(b, "streams", r->streams, r->n_streams);
	put_member(b, "where", r->where);
	put_member(b, "message", r->message);
	names_json(b, "tags", r->tags, r->n_tags);
	names_json(b, "actions", r->actions, r->n_actions);
	put_number(b, "window_ms", r->window_ms);
	put_member(b, "file", r->file);
	put_number(b, "line", r->line);
	put_number(b, "events", counts.events);
	put_number(b, "matched", counts.matched);
	put_number(b, "excepted", counts.excepted);
	put_number(b, "alerts", counts.alerts);
	put_number(b, "suppressed", counts.suppressed);
	put_close(b, '}');
}

void api_rules(struct server *s, struct call *c)
{
	const struct ruleset *set = s->daemon->now->rules;
	put_open(&c->out, '{');
	put_key(&c->out, "rules");
	put_open(&c->out, '[');
	for (size_t i = 0; i < rules_count(ruleset_all(set)); i++)
		rule_json(s, &c->out, i);
	put_close(&c->out, ']');
	put_number(&c->out, "scripts", ruleset_scripts(set));
	put_close(&c->out, '}');
	call_answer(c, 200);
}

/* False: it is answered. */
static bool find(struct server *s, struct call *c, size_t *out)
{
	const struct rules *all = ruleset_all(s->daemon->now->rules);
	for (*out = 0; *out < rules_count(all); ++*out)
		if (!strcmp(rules_at(all, *out)->name, c->args.text[0]))
			return true;
	call_fail(c, 404, "not_found", "name", "there is no rule '%s'", c->args.text[0]);
	return false;
}

void api_rule(struct server *s, struct call *c)
{
	size_t i;
	if (!find(s, c, &i))
		return;
	rule_json(s, &c->out, i);
	call_answer(c, 200);
}

/* ---- files ---- */

/* The path in the folder of rules. False: it is answered. */
static bool path_of(const struct server *s, struct call *c, const char *name, char *path, size_t size)
{
	const char *dot = strrchr(name, '.');
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
	if (!s->settings.rule_folder) {
		call_fail(c, 403, "off", NULL, "rules are not changed here: set 'rule_folder' in [server]");
		return false;
	}
	if (*name == '.' || !*name || name[n] || n > 64 || !dot ||
	    (strcmp(dot, ".ini") != 0 && strcmp(dot, ".lua") != 0)) {
		call_fail(c, 400, "invalid", "name",
			  "a name is letters, digits, '-', '_' and '.', and ends in .ini or .lua");
		return false;
	}
	snprintf(path, size, "%s/%s", s->settings.rule_folder, name);
	return true;
}

static int write_file(const char *path, const char *bytes, size_t n)
{
	char temporary[4352];
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	int err = 0, fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	for (size_t at = 0; at < n && !err;) {
		ssize_t put = write(fd, bytes + at, n - at);
		if (put < 0)
			err = -errno;
		else
			at += (size_t)put;
	}
	if (!err && fsync(fd))
		err = -errno;
	close(fd);
	if (!err && rename(temporary, path))
		err = -errno;
	if (err)
		unlink(temporary);
	return err;
}

/*
 * Puts the file in place and reloads: what was there comes back when the new one is refused. It is answered with what
 * is wrong; true: all is well.
 */
static bool replace(struct server *s, struct call *c, const char *path, const char *bytes, size_t n)
{
	char before[4352];
	struct config_error error = {0};
	snprintf(before, sizeof(before), "%s.old", path);
	mkdir(s->settings.rule_folder, 0700);
	bool had = !rename(path, before);
	int err = write_file(path, bytes, n);
	if (err)
		config_error_at(&error, path, 0, 0, "%s", strerror(-err));
	else
		err = daemon_reload(s->daemon, &error);
	if (!err) {
		unlink(before);
		return true;
	}
	unlink(path);
	if (had && rename(before, path))
		daemon_say(s->daemon, EUN_LOG_ERROR, "%s: %s", before, strerror(errno));
	call_wrong(c, err == -EINVAL ? 400 : 500, &error);
	return false;
}

/* ---- switches ---- */

struct switches {
	char **names[2]; /* enabled, disabled; end at NULL */
};

static const char *const switch_keys[] = {"enable", "disable"};

static void read_switches(const char *path, struct switches *out)
{
	struct config_error error;
	struct config *config = NULL;
	const char *why;
	*out = (struct switches){0};
	if (config_read(&config, path, &error))
		return;
	for (size_t i = 0; i < config->n_sections; i++)
		for (int k = 0; k < 2; k++) {
			const struct config_key *key = config_key(&config->sections[i], switch_keys[k]);
			if (key && !out->names[k])
				out->names[k] = config_texts(key->value, &why);
		}
	config_free(config);
}

/* A list of a key, an item a line: lines are short. The rule goes into one of the lists and out of the other. */
static void write_switches(struct buf *b, const struct switches *s, const char *name, int list)
{
	buf_str(b, "; written by the server\n[rules]\n");
	for (int k = 0; k < 2; k++) {
		bool first = true;
		for (char **at = s->names[k]; at && *at; at++)
			if (strcmp(*at, name) != 0) {
				buf_printf(b, first ? "%s = \"%s\"" : ",\n\t\"%s\"", first ? switch_keys[k] : *at, *at);
				first = false;
			}
		if (k == list)
			buf_printf(b, first ? "%s = \"%s\"" : ",\n\t\"%s\"", first ? switch_keys[k] : name, name);
		if (!first || k == list)
			buf_char(b, '\n');
	}
}

static void set_enabled(struct server *s, struct call *c, int list)
{
	char path[4352];
	struct switches now;
	struct buf text = {0};
	size_t i;
	if (!find(s, c, &i) || !path_of(s, c, SWITCHES, path, sizeof(path)))
		return;
	if (strpbrk(c->args.text[0], "\"\\\n")) {
		call_fail(c, 400, "invalid", "name", "a name with quotes can't be switched here");
		return;
	}
	read_switches(path, &now);
	write_switches(&text, &now, c->args.text[0], list);
	if (text.failed)
		call_fail(c, 503, "no_memory", NULL, "no memory");
	else if (replace(s, c, path, text.data, text.len) && find(s, c, &i)) {
		rule_json(s, &c->out, i);
		call_answer(c, 200);
	}
	buf_free(&text);
	config_texts_free(now.names[0]);
	config_texts_free(now.names[1]);
}

void api_rule_enable(struct server *s, struct call *c)
{
	set_enabled(s, c, 0);
}

void api_rule_disable(struct server *s, struct call *c)
{
	set_enabled(s, c, 1);
}

void api_rules_upload(struct server *s, struct call *c)
{
	char path[4352];
	const char *name = call_query(c, "name");
	if (!path_of(s, c, name ? name : "", path, sizeof(path)) || !replace(s, c, path, c->body.data, c->body.len))
		return;
	put_open(&c->out, '{');
	put_member(&c->out, "file", path);
	put_number(&c->out, "rules", rules_count(ruleset_all(s->daemon->now->rules)));
	put_close(&c->out, '}');
	call_answer(c, 201);
}

void api_reload(struct server *s, struct call *c)
{
	struct config_error error = {0};
	int err = daemon_reload(s->daemon, &error);
	if (err) {
		call_wrong(c, err == -EINVAL ? 400 : 500, &error);
		return;
	}
	put_open(&c->out, '{');
	put_number(&c->out, "rules", rules_count(ruleset_all(s->daemon->now->rules)));
	put_number(&c->out, "reloads", s->daemon->reloads);
	put_close(&c->out, '}');
	call_answer(c, 200);
}

/* ---- tried aside ---- */

/* Rules that are looked at and never at work. */
struct trial {
	struct server *server;
	struct ruleset *set;
	char path[64]; /* of the text */
	struct buf alerts;
	uint64_t n_alerts;
};

static void on_alert(void *context, const struct rule *rule, const struct alert *alert)
{
	struct trial *t = context;
	if (rule && (!rule->file || strcmp(rule->file, t->path) != 0))
		return; /* of the others, that are at work anyway */
	if (t->n_alerts++ >= TEST_ALERTS)
		return;
	struct buf line = {0};
	if (!alert_json(alert, &t->server->daemon->style, &line))
		put_raw(&t->alerts, line.data, line.len);
	buf_free(&line);
}

static void on_say(void *context, const char *text)
{
	(void)context, (void)text;
}

/* The rules that are at work, for their lists and macros, and then the text. */
static int read_all(struct trial *t, struct config_error *error)
{
	const struct daemon *d = t->server->daemon;
	const struct settings *settings = d->now->settings;
	int err = settings->builtin && d->rules && !access(d->rules, F_OK) ? ruleset_read(t->set, d->rules, error) : 0;
	for (size_t i = 0; i < settings->n_rules && !err; i++)
		err = ruleset_read(t->set, settings->rules[i].path, error);
	if (!err)
		err = ruleset_read(t->set, t->path, error);
	if (!err)
		err = ruleset_check(t->set, &t->server->shelf.schema, error);
	return err ? err : ruleset_bind(t->set, &t->server->shelf.schema, error);
}

static int trial_begin(struct trial *t, struct server *s, const char *name, const struct buf *text,
		       struct config_error *error)
{
	const struct ruleset_host host = {.context = t, .alert = on_alert, .say = on_say};
	const char *dot = strrchr(name, '.');
	*t = (struct trial){.server = s};
	snprintf(t->path, sizeof(t->path), "/tmp/eunomia-rules-XXXXXX%s",
		 dot && !strcmp(dot, ".lua") ? ".lua" : ".ini");
	int fd = mkostemps(t->path, 4, O_CLOEXEC);
	int err = fd < 0 ? -errno : 0;
	if (!err && text->len && write(fd, text->data, text->len) != (ssize_t)text->len)
		err = -EIO;
	if (fd >= 0)
		close(fd);
	if (err)
		return config_error_at(error, t->path, 0, 0, "%s", strerror(-err)), err;
	t->set = ruleset_new(&host, &s->daemon->style, s->daemon->lib);
	if (!t->set)
		return -ENOMEM;
	ruleset_idle(t->set);
	err = read_all(t, error);
	if (!strcmp(error->file, t->path))
		snprintf(error->file, sizeof(error->file), "%s", name);
	return err;
}

static void trial_end(struct trial *t)
{
	ruleset_free(t->set);
	unlink(t->path);
	buf_free(&t->alerts);
}

static const char *name_of(const struct call *c)
{
	const char *name = call_query(c, "name");
	return name && *name ? name : "rules.ini";
}

void api_rules_validate(struct server *s, struct call *c)
{
	struct config_error error = {0};
	struct trial t;
	size_t own = 0;
	int err = trial_begin(&t, s, name_of(c), &c->body, &error);
	for (size_t i = 0; !err && i < rules_count(ruleset_all(t.set)); i++) {
		const struct rule *r = rules_at(ruleset_all(t.set), i);
		own += r->file && !strcmp(r->file, t.path);
	}
	if (err == -ENOMEM) {
		call_fail(c, 503, "no_memory", NULL, "no memory");
	} else if (err) {
		call_wrong(c, err == -EINVAL ? 400 : 500, &error);
	} else {
		put_open(&c->out, '{');
		put_flag(&c->out, "valid", true);
		put_number(&c->out, "rules", own);
		put_close(&c->out, '}');
		call_answer(c, 200);
	}
	trial_end(&t);
}

/* Recent events, the newest first. */
struct history {
	struct view *views;
	size_t n;
};

static bool collect(void *context, const struct view *view, uint64_t number)
{
	struct history *h = context;
	(void)number;
	h->views[h->n++] = *view;
	return h->n < TEST_EVENTS;
}

static uint64_t feed(struct trial *t)
{
	struct history h = {calloc(TEST_EVENTS, sizeof(struct view)), 0};
	bool *wants = malloc(t->server->shelf.schema.n_streams + 1);
	if (h.views && wants) {
		memset(wants, true, t->server->shelf.schema.n_streams + 1);
		hub_recent(t->server->hub, wants, UINT64_MAX, TEST_EVENTS, collect, &h);
	}
	for (size_t i = h.n; i--;)
		ruleset_event(t->set, &h.views[i]);
	ruleset_flush(t->set);
	free(wants);
	free(h.views);
	return h.n;
}

void api_rules_test(struct server *s, struct call *c)
{
	struct config_error error = {0};
	struct trial t;
	int err = trial_begin(&t, s, name_of(c), &c->body, &error);
	if (err == -ENOMEM) {
		call_fail(c, 503, "no_memory", NULL, "no memory");
	} else if (err) {
		call_wrong(c, err == -EINVAL ? 400 : 500, &error);
	} else {
		uint64_t events = feed(&t);
		put_open(&c->out, '{');
		put_number(&c->out, "events", events);
		put_number(&c->out, "total", t.n_alerts);
		put_key(&c->out, "alerts");
		put_open(&c->out, '[');
		put_raw(&c->out, t.alerts.data, t.alerts.len);
		put_close(&c->out, ']');
		put_close(&c->out, '}');
		call_answer(c, 200);
	}
	trial_end(&t);
}
