/* SPDX-License-Identifier: MIT */
#include "ruleset.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "event/clock.h"

struct item {
	struct ruleset *set;
	struct script *script; /* NULL: it is being loaded */
	char *path;
	size_t n_rules;
};

struct ruleset {
	struct ruleset_host host;
	struct alert_style style;
	char *lib;
	struct rules *rules;
	struct actions *actions;
	struct item **items; /* one a script; they stay where they are, rules point to them */
	size_t n;
	struct engine *engine; /* NULL: not bound */
	uint64_t alerts;
	bool idle;
	bool collects; /* mistakes are told, and not the end */
};

static void say(void *context, const char *text)
{
	const struct ruleset *set = context;
	set->host.say(set->host.context, text);
}

struct ruleset *ruleset_new(const struct ruleset_host *host, const struct alert_style *style, const char *lib)
{
	struct ruleset *set = calloc(1, sizeof(*set));
	if (!set)
		return NULL;
	set->host = *host;
	set->style = *style;
	set->lib = lib ? strdup(lib) : NULL;
	set->rules = rules_new();
	set->actions = actions_new(say, set);
	if (set->rules && set->actions && !lib == !set->lib)
		return set;
	ruleset_free(set);
	errno = ENOMEM;
	return NULL;
}

void ruleset_free(struct ruleset *set)
{
	if (!set)
		return;
	engine_destroy(set->engine);
	for (size_t i = 0; i < set->n; i++) {
		script_close(set->items[i]->script);
		free(set->items[i]->path);
		free(set->items[i]);
	}
	free(set->items);
	actions_free(set->actions);
	rules_free(set->rules);
	free(set->lib);
	free(set);
}

void ruleset_collect(struct ruleset *set, struct rules_mistakes *mistakes)
{
	rules_collect(set->rules, mistakes);
	set->collects = true;
}

void ruleset_idle(struct ruleset *set)
{
	set->idle = true;
}

/* ---- what scripts say ---- */

static bool ask(void *context, size_t index, const struct view *view)
{
	const struct item *it = context;
	return !script_has_when(it->script, index) || script_when(it->script, index, view);
}

static int on_rule(void *context, const struct rule *rule, struct config_error *error)
{
	struct item *it = context;
	struct rule own = *rule;
	own.when = ask;
	own.when_context = it;
	own.when_index = it->n_rules++;
	return rules_add_rule(it->set->rules, &own, error);
}

static void on_script_alert(void *context, const struct alert *alert)
{
	struct ruleset *set = ((struct item *)context)->set;
	set->alerts++;
	set->host.alert(set->host.context, NULL, alert);
}

static void on_log(void *context, const char *script, const char *text, size_t len)
{
	char line[1024];
	snprintf(line, sizeof(line), "script %s: %.*s", script, (int)len, text);
	say(((struct item *)context)->set, line);
}

static void on_emit(void *context, const char *stream, const char *json, size_t len)
{
	const struct ruleset *set = ((struct item *)context)->set;
	if (set->host.emit)
		set->host.emit(set->host.context, stream, json, len);
}

static void on_stopped(void *context, const char *script, const char *limit, const char *detail)
{
	char line[1024];
	snprintf(line, sizeof(line), "script %s: stopped: %s%s%s", script, limit, detail ? ": " : "",
		 detail ? detail : "");
	say(((struct item *)context)->set, line);
}

static uint64_t now(void *context)
{
	(void)context;
	return clock_ns(CLOCK_BOOTTIME);
}

/* ---- reading ---- */

static int read_script(struct ruleset *set, const char *path, struct config_error *error)
{
	const struct script_limits usual = {0};
	struct item **grown = realloc(set->items, (set->n + 1) * sizeof(struct item *));
	if (!grown)
		return -ENOMEM;
	set->items = grown;
	struct item *it = grown[set->n] = calloc(1, sizeof(*it));
	if (!it)
		return -ENOMEM;
	set->n++;
	it->set = set;
	it->path = strdup(path);
	if (!it->path)
		return -ENOMEM;
	const struct script_host host = {
		.context = it,
		.rule = on_rule,
		.alert = on_script_alert,
		.log = on_log,
		.emit = on_emit,
		.stopped = on_stopped,
		.defs = rules_defs(set->rules),
		.now = now,
		.lib = set->lib,
	};
	int err = script_open(&it->script, it->path, &usual, &host, error);
	if (!err || rules_go_on(set->rules, err, error))
		return err;
	set->n--; /* the mistake is told: the others without this one */
	free(it->path);
	free(it);
	return 0;
}

static bool is_lua(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot && dot != name && !strcmp(dot, ".lua");
}

static int only_lua(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && is_lua(entry->d_name);
}

static int read_scripts(struct ruleset *set, const char *folder, struct config_error *error)
{
	struct dirent **names;
	int n = scandir(folder, &names, only_lua, alphasort), err = 0;
	if (n < 0) {
		err = -errno;
		config_error_at(error, folder, 0, 0, "%s", strerror(-err));
		return err;
	}
	for (int i = 0; i < n; i++) {
		char *path = NULL;
		if (!err)
			err = asprintf(&path, "%s/%s", folder, names[i]->d_name) < 0 ? -ENOMEM
										     : read_script(set, path, error);
		free(path);
		free(names[i]);
	}
	free(names);
	return err;
}

/* A file of rules has nothing else: what looks so is a mistake. */
static int check_sections(const struct config *config, struct config_error *error)
{
	static const char *const words[] = {"rule", "list", "macro", "exception", "rules", "actions", "exec"};
	const size_t n_words = sizeof(words) / sizeof(words[0]);
	for (size_t i = 0; i < config->n_sections; i++) {
		const struct config_section *section = &config->sections[i];
		char word[64];
		size_t known = 0;
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(section->name, " "), section->name);
		while (known < n_words && strcmp(words[known], word) != 0)
			known++;
		if (known < n_words)
			continue;
		const char *near = nearest_name(word, words, n_words);
		return config_error_at(error, section->file, section->line, 1, "unknown section [%s]%s%s%s",
				       section->name, near ? ", did you mean [" : "", near ? near : "",
				       near ? "]?" : "");
	}
	return 0;
}

static int add_file(void *set, const struct config *config, struct config_error *error)
{
	int err = check_sections(config, error);
	return err ? err : ruleset_add(set, config, error);
}

int ruleset_read(struct ruleset *set, const char *path, struct config_error *error)
{
	struct stat st;
	if (stat(path, &st)) {
		int err = -errno;
		config_error_at(error, path, 0, 0, "%s", strerror(-err));
		return err;
	}
	if (!S_ISDIR(st.st_mode))
		return is_lua(path) ? read_script(set, path, error)
				    : rules_files(set->rules, path, add_file, set, error);
	int err = rules_files(set->rules, path, add_file, set, error);
	return err ? err : read_scripts(set, path, error);
}

int ruleset_add(struct ruleset *set, const struct config *config, struct config_error *error)
{
	int err = rules_add(set->rules, config, error);
	return err ? err : actions_add(set->actions, config, error);
}

static bool in_schema(const struct schema *schema, const char *pattern)
{
	for (uint32_t i = 0; i < schema->n_streams; i++)
		if (schema->streams[i] && !fnmatch(pattern, schema->streams[i]->name, 0))
			return true;
	return false;
}

static int check_script(const struct item *it, const struct schema *all, struct config_error *error)
{
	const char *const *names;
	size_t n = script_streams(it->script, &names);
	for (size_t i = 0; i < n; i++)
		if (!in_schema(all, names[i]))
			return config_error_at(error, it->path, 0, 0, "unknown stream '%s' (see eunomia list streams)",
					       names[i]);
	return 0;
}

int ruleset_check(const struct ruleset *set, const struct schema *all, struct config_error *error)
{
	int err = rules_check(set->rules, error);
	if (!err)
		err = rules_check_streams(set->rules, all, error);
	if (!err)
		err = actions_check(set->actions, set->rules, error);
	for (size_t i = 0; i < set->n && !err && !set->collects; i++) /* else script_bind() tells it, with its line */
		err = check_script(set->items[i], all, error);
	return err;
}

static bool matches(const char *const *patterns, size_t n, const char *stream)
{
	for (size_t i = 0; i < n; i++)
		if (!fnmatch(patterns[i], stream, 0))
			return true;
	return false;
}

bool ruleset_names(const struct ruleset *set, const char *stream)
{
	const char **patterns = NULL;
	size_t n = rules_streams(set->rules, &patterns);
	bool named = matches(patterns, n, stream);
	free(patterns);
	for (size_t i = 0; i < set->n && !named; i++) {
		const char *const *own;
		n = script_streams(set->items[i]->script, &own);
		named = matches(own, n, stream);
	}
	return named;
}

/* ---- at work ---- */

static void on_alert(void *context, const struct rule *rule, const struct alert *alert)
{
	struct ruleset *set = context;
	set->alerts++;
	if (rule->n_actions && !set->idle)
		actions_run(set->actions, rule, alert, &set->style);
	set->host.alert(set->host.context, rule, alert);
}

/* Of those that were not left out. */
static void say_costs(struct ruleset *set)
{
	for (size_t i = 0; i < rules_count(set->rules); i++) {
		const struct rule *rule = rules_at(set->rules, i);
		if (!rule->enabled || !rule->cost || !engine_filter(set->engine, i))
			continue;
		char line[256];
		snprintf(line, sizeof(line), "rule '%s' is on: %s", rule->name, rule->cost);
		say(set, line);
	}
}

int ruleset_bind(struct ruleset *set, const struct schema *schema, struct config_error *error)
{
	int err = engine_new(&set->engine, set->rules, schema, on_alert, set, error);
	for (size_t i = 0; i < set->n && !err; i++)
		err = rules_go_on(set->rules, script_bind(set->items[i]->script, schema, error), error);
	if (!err && !set->idle)
		say_costs(set);
	return err;
}

bool ruleset_reads(const struct ruleset *set, const struct schema *schema, bool (*is)(const struct field *field))
{
	if (engine_reads(set->engine, is))
		return true;
	for (uint32_t f = 0; f < schema->n_computed; f++)
		for (size_t i = 0; i < set->n && is(&schema->computed[f]); i++)
			if (script_names(set->items[i]->script, schema->computed[f].name))
				return true;
	return false;
}

bool ruleset_wants(const struct ruleset *set, uint16_t stream)
{
	if (engine_wants(set->engine, stream))
		return true;
	for (size_t i = 0; i < set->n; i++)
		if (script_wants(set->items[i]->script, stream))
			return true;
	return false;
}

size_t ruleset_filters(const struct ruleset *set, uint16_t stream, const struct filter **out, size_t most)
{
	size_t n = engine_filters(set->engine, stream, out, most);
	for (size_t i = 0; i < set->n; i++) {
		size_t used = n < most ? n : most;
		n += script_filters(set->items[i]->script, stream, out + used, most - used);
	}
	if (n <= most)
		return n;
	out[0] = NULL;
	return 1;
}

void ruleset_event(struct ruleset *set, const struct view *view)
{
	if (actions_own(set->actions, view))
		return;
	engine_event(set->engine, view);
	for (size_t i = 0; i < set->n; i++)
		if (script_wants(set->items[i]->script, view->stream->id))
			script_event(set->items[i]->script, view);
}

void ruleset_tick(struct ruleset *set, uint64_t time)
{
	engine_tick(set->engine, time);
	for (size_t i = 0; i < set->n; i++)
		script_tick(set->items[i]->script, time);
	actions_tick(set->actions);
}

void ruleset_flush(struct ruleset *set)
{
	engine_flush(set->engine);
}

void ruleset_inherit(struct ruleset *set, struct ruleset *before)
{
	engine_inherit(set->engine, before->engine);
	for (size_t i = 0; i < set->n; i++)
		for (size_t k = 0; k < before->n; k++)
			if (!strcmp(set->items[i]->path, before->items[k]->path))
				script_inherit(set->items[i]->script, before->items[k]->script);
	set->alerts = before->alerts;
}

size_t ruleset_rules(const struct ruleset *set, size_t *enabled, size_t *skipped)
{
	size_t n = rules_count(set->rules);
	*enabled = 0;
	for (size_t i = 0; i < n; i++)
		*enabled += rules_at(set->rules, i)->enabled;
	*skipped = set->engine ? engine_skipped(set->engine) : 0;
	return n;
}

const struct rules *ruleset_all(const struct ruleset *set)
{
	return set->rules;
}

struct engine *ruleset_engine(const struct ruleset *set)
{
	return set->engine;
}

size_t ruleset_scripts(const struct ruleset *set)
{
	return set->n;
}

uint64_t ruleset_alerts(const struct ruleset *set)
{
	return set->alerts;
}

const struct script *ruleset_script(const struct ruleset *set, size_t i)
{
	return set->items[i]->script;
}

static void inherit_metrics(const struct item *item, const struct ruleset *before)
{
	for (size_t k = 0; before && k < before->n; k++) {
		const struct metrics *old = script_metrics(before->items[k]->script);
		if (old && !strcmp(item->path, before->items[k]->path))
			metrics_inherit(script_metrics(item->script), old);
	}
}

void ruleset_join(struct ruleset *set, struct metrics *metrics, const struct ruleset *before)
{
	for (size_t i = 0; before && i < before->n; i++)
		metrics_leave(metrics, script_metrics(before->items[i]->script));
	for (size_t i = 0; i < set->n; i++) {
		struct metrics *own = script_metrics(set->items[i]->script);
		if (!own)
			continue;
		inherit_metrics(set->items[i], before);
		if (metrics_join(metrics, own) == -EEXIST) {
			char line[256];
			snprintf(line, sizeof(line), "script %s: its metrics are another's of this name, and not told",
				 script_name(set->items[i]->script));
			say(set, line);
		}
	}
}
