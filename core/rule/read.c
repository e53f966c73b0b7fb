/* SPDX-License-Identifier: MIT */
/* Sections of INI files to rules, lists, macros and exceptions. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "rule/action.h"
#include "rule/rules.h"

#define SECTIONS_MAX 8192

/* A section that is being read. */
struct reading {
	struct rules *rules;
	const struct config *config;
	const struct config_section *section;
	const char *file;
	struct config_error *error;
};

static struct filter_source source_of(const struct reading *r, const struct config_key *key)
{
	return (struct filter_source){r->file, key ? key->line : r->section->line, key ? key->column : 1};
}

static int fail_section(const struct reading *r, const char *text)
{
	return config_error_at(r->error, r->section->file, r->section->line, 1, "[%s]: %s", r->section->name, text);
}

static const char *copy(const struct reading *r, const char *text)
{
	return pool_copy(&r->rules->pool, text, strlen(text));
}

/* As a person would have written it in one line. */
static const char *folded(const struct reading *r, const char *text)
{
	char *out = pool_alloc(&r->rules->pool, strlen(text) + 1);
	size_t n = 0;
	for (; out && *text; text++)
		if (*text == '\n')
			out[n++] = ' ', text += strspn(text, "\n\t ") - 1;
		else
			out[n++] = *text;
	return out;
}

static int copy_list(const struct reading *r, char *const *list, const char *const **out, size_t *n)
{
	*n = 0;
	while (list[*n])
		++*n;
	const char **to = pool_alloc(&r->rules->pool, (*n + 1) * sizeof(*to));
	for (size_t i = 0; to && i < *n; i++)
		if (!(to[i] = copy(r, list[i])))
			return -ENOMEM;
	*out = to;
	return to ? 0 : -ENOMEM;
}

/* ---- [rule NAME] ---- */

struct keys {
	char **streams, **tags, **key, **actions;
	const char *where, *severity, *message, *description, *cost;
	uint64_t window, number;
	bool enabled;
};

static const struct config_option rule_keys[] = {
	{"streams", CONFIG_TEXTS, offsetof(struct keys, streams), 0, 0, NULL, "of which streams it judges events"},
	{"where", CONFIG_TEXT, offsetof(struct keys, where), 0, 0, NULL, "which events it means"},
	{"severity", CONFIG_TEXT, offsetof(struct keys, severity), 0, 0, NULL, "emergency to debug"},
	{"tags", CONFIG_TEXTS, offsetof(struct keys, tags), 0, 0, NULL, "for [rules] and for people"},
	{"message", CONFIG_TEXT, offsetof(struct keys, message), 0, 0, NULL, "what is told, with {field}s"},
	{"key", CONFIG_TEXTS, offsetof(struct keys, key), 0, 0, NULL, "fields that events of one kind agree in"},
	{"window", CONFIG_MS, offsetof(struct keys, window), 0, 86400000, NULL, "how long further ones are counted"},
	{"description", CONFIG_TEXT, offsetof(struct keys, description), 0, 0, NULL, "for people"},
	{"cost", CONFIG_TEXT, offsetof(struct keys, cost), 0, 0, NULL, "what it costs others: told when it is on"},
	{"enabled", CONFIG_BOOL, offsetof(struct keys, enabled), 0, 0, NULL, "no: it is not asked"},
	{"number", CONFIG_UINT, offsetof(struct keys, number), 0, 9999, NULL, "of a shipped rule"},
	{"actions", CONFIG_TEXTS, offsetof(struct keys, actions), 0, 0, NULL, "kill, stop, exec:NAME"},
	{0},
};

/* A list and where it stands. */
static int set_list(const struct reading *r, struct rule_item *item, const char *name, enum rule_part part,
		    char *const *list, const char *const **out, size_t *n)
{
	const struct config_key *key = config_key(r->section, name);
	if (!key)
		return 0;
	if (part < RULE_PARTS) {
		item->parts[part] = (struct rule_text){copy(r, key->value), source_of(r, key)};
		if (!item->parts[part].text)
			return -ENOMEM;
	}
	return copy_list(r, list, out, n);
}

static int set_texts(const struct reading *r, struct rule_item *item, const struct keys *keys)
{
	struct rule *rule = &item->rule;
	if (keys->where) {
		rule->where = copy(r, keys->where);
		rule->source = source_of(r, config_key(r->section, "where"));
	}
	if (keys->message) {
		rule->message = copy(r, keys->message);
		item->parts[RULE_MESSAGE] = (struct rule_text){NULL, source_of(r, config_key(r->section, "message"))};
	}
	if (keys->description)
		rule->description = folded(r, keys->description);
	if (keys->cost)
		rule->cost = folded(r, keys->cost);
	return (keys->where && !rule->where) || (keys->message && !rule->message) ||
			       (keys->description && !rule->description) || (keys->cost && !rule->cost)
		       ? -ENOMEM
		       : 0;
}

static int set_severity(const struct reading *r, struct rule *rule, const char *name)
{
	if (!name || !severity_parse(name, &rule->severity))
		return 0;
	const char *near = config_nearest(name, severity_names, SEVERITIES);
	return config_fail(r->section, config_key(r->section, "severity"), 1, 1, r->error,
			   "'%s' is no severity: Emergency, Alert, Critical, Error, Warning, Notice, Informational or "
			   "Debug%s%s%s",
			   name, near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static int set_actions(const struct reading *r, const struct rule_item *item)
{
	char why[160];
	for (size_t i = 0; i < item->rule.n_actions; i++)
		if (action_check(item->rule.actions[i], why, sizeof(why)))
			return rules_fail(item, RULE_ACTIONS, i, r->error, "%s", why);
	return 0;
}

static int set_rule(const struct reading *r, struct rule_item *item, const struct keys *keys)
{
	struct rule *rule = &item->rule;
	int err = set_list(r, item, "streams", RULE_STREAMS, keys->streams, &rule->streams, &rule->n_streams);
	if (!err)
		err = set_list(r, item, "tags", RULE_PARTS, keys->tags, &rule->tags, &rule->n_tags);
	if (!err)
		err = set_list(r, item, "key", RULE_KEY, keys->key, &rule->key, &rule->n_key);
	if (!err)
		err = set_list(r, item, "actions", RULE_ACTIONS, keys->actions, &rule->actions, &rule->n_actions);
	if (!err)
		err = set_texts(r, item, keys);
	if (!err)
		err = set_severity(r, rule, keys->severity);
	if (!err)
		err = set_actions(r, item);
	if (config_key(r->section, "window"))
		rule->window_ms = keys->window;
	if (config_key(r->section, "number"))
		rule->number = (uint32_t)keys->number;
	if (config_key(r->section, "enabled")) {
		item->on = keys->enabled;
		item->said = ++r->rules->said;
	}
	return err;
}

static int read_rule(const struct reading *r, const char *name)
{
	struct keys keys = {0};
	int err = config_apply(r->section, rule_keys, &keys, NULL, NULL, r->error);
	if (err)
		return err;
	struct rule_item *item = rules_item(r->rules, name);
	bool is_new = !item;
	if (is_new && (item = rules_new_item(r->rules, name))) {
		item->rule.file = r->file;
		item->rule.line = r->section->line;
		item->rule.source = source_of(r, NULL);
		for (int i = 0; i < RULE_PARTS; i++)
			item->parts[i].at = source_of(r, NULL);
	}
	err = item ? set_rule(r, item, &keys) : -ENOMEM;
	if (!err && !item->rule.n_streams)
		err = fail_section(r, is_new ? "no streams: 'streams = process.exec' says whose events it judges (or "
					       "is its name misspelt, of a rule of another file?)"
					     : "no streams");
	config_texts_free(keys.streams);
	config_texts_free(keys.tags);
	config_texts_free(keys.key);
	config_texts_free(keys.actions);
	return err;
}

/* ---- [list NAME], [macro NAME] ---- */

struct definition {
	const char *text, *append;
};

static const struct config_option list_keys[] = {
	{"items", CONFIG_TEXT, offsetof(struct definition, text), 0, 0, NULL, "its items"},
	{"append", CONFIG_TEXT, offsetof(struct definition, append), 0, 0, NULL, "more of them"},
	{0},
};
static const struct config_option macro_keys[] = {
	{"condition", CONFIG_TEXT, offsetof(struct definition, text), 0, 0, NULL, "an expression"},
	{"append", CONFIG_TEXT, offsetof(struct definition, append), 0, 0, NULL, "or this one"},
	{0},
};

static int filter_failed(const struct reading *r, int err, const struct filter_error *error)
{
	if (err == -EINVAL || err == -EEXIST)
		return config_error_at(r->error, r->section->file, error->line, error->column, "%s", error->text);
	return err;
}

typedef int define(struct filter_defs *, const char *, const char *, enum filter_define, const struct filter_source *,
		   struct filter_error *);

static int read_definition(const struct reading *r, const char *name, const struct config_option *keys, define *add)
{
	struct definition d = {0};
	struct filter_error error;
	int err = config_apply(r->section, keys, &d, NULL, NULL, r->error);
	if (err)
		return err;
	if (!d.text && !d.append)
		return fail_section(r, "it says nothing: give it a value, or append to it");
	if (d.text) {
		struct filter_source at = source_of(r, config_key(r->section, keys[0].name));
		err = filter_failed(r, add(r->rules->defs, name, d.text, FILTER_REPLACE, &at, &error), &error);
		if (err == -EINVAL && r->rules->mistakes) /* who uses it is not wrong, too */
			add(r->rules->defs, name, add == filter_define_list ? "" : "true", FILTER_REPLACE, NULL, NULL);
	}
	if (d.append && !err) {
		struct filter_source at = source_of(r, config_key(r->section, "append"));
		err = filter_failed(r, add(r->rules->defs, name, d.append, FILTER_APPEND, &at, &error), &error);
	}
	return err;
}

static int read_list(const struct reading *r, const char *name)
{
	return read_definition(r, name, list_keys, filter_define_list);
}

static int read_macro(const struct reading *r, const char *name)
{
	return read_definition(r, name, macro_keys, filter_define_macro);
}

/* ---- [exception NAME], [rules] ---- */

static const struct config_option exception_keys[] = {
	{"where", CONFIG_TEXT, offsetof(struct keys, where), 0, 0, NULL, "what the rule doesn't mean"},
	{0},
};

static int read_exception(const struct reading *r, const char *name)
{
	struct keys keys = {0};
	int err = config_apply(r->section, exception_keys, &keys, NULL, NULL, r->error);
	if (err)
		return err;
	if (!keys.where)
		return fail_section(r, "no where: which events does the rule not mean?");
	struct filter_source at = source_of(r, NULL);
	struct rule_mention *mention = rules_mention(r->rules, name, &at);
	struct rule_exception *exception = pool_alloc(&r->rules->pool, sizeof(*exception));
	if (!mention || !exception || !(exception->where = copy(r, keys.where)))
		return -ENOMEM;
	exception->at = source_of(r, config_key(r->section, "where"));
	mention->exception = exception;
	return 0;
}

struct switches {
	char **enable, **disable;
};

static const struct config_option switch_keys[] = {
	{"enable", CONFIG_TEXTS, offsetof(struct switches, enable), 0, 0, NULL, "rules: names, globs, tag:NAME"},
	{"disable", CONFIG_TEXTS, offsetof(struct switches, disable), 0, 0, NULL, "rules: names, globs, tag:NAME"},
	{0},
};

static int mention_all(const struct reading *r, char *const *names, const struct config_key *key, bool enable)
{
	for (size_t i = 0; names && names[i]; i++) {
		struct filter_source at = source_of(r, key);
		uint32_t line, column;
		config_texts_place(key->value, i, &line, &column);
		at.line += line - 1;
		at.column = line > 1 ? column : at.column + column - 1;
		struct rule_mention *mention = rules_mention(r->rules, names[i], &at);
		if (!mention)
			return -ENOMEM;
		mention->enable = enable;
	}
	return 0;
}

/* In the order of the keys: the last word counts. */
static int read_switches(const struct reading *r, const char *name)
{
	struct switches s = {0};
	int err = config_apply(r->section, switch_keys, &s, NULL, NULL, r->error);
	(void)name;
	for (size_t i = 0; i < r->section->n_keys && !err; i++) {
		bool enable = !strcmp(r->section->keys[i].name, "enable");
		err = mention_all(r, enable ? s.enable : s.disable, &r->section->keys[i], enable);
	}
	config_texts_free(s.enable);
	config_texts_free(s.disable);
	return err;
}

/* ---- all of them ---- */

static const struct kind {
	const char *word;
	bool named, once; /* once: a name stands once in a file, but for what is appended */
	int (*read)(const struct reading *r, const char *name);
} kinds[] = {
	{"rule", true, true, read_rule},        {"list", true, true, read_list},
	{"macro", true, true, read_macro},      {"exception", true, false, read_exception},
	{"rules", false, false, read_switches},
};

static const char *name_of(const struct kind *kind, const struct config_section *section)
{
	return kind->named                              ? config_named(section, kind->word)
	       : strcmp(section->name, kind->word) == 0 ? section->name
							: NULL;
}

/* It sets something, rather than only adding to it. */
static bool sets(const struct config_section *section)
{
	for (size_t i = 0; i < section->n_keys; i++)
		if (strcmp(section->keys[i].name, "append") != 0)
			return true;
	return false;
}

static int check_once(const struct reading *r, const struct kind *kind, const char *name)
{
	for (const struct config_section *s = r->config->sections; s < r->section && kind->once; s++) {
		const char *other = name_of(kind, s);
		if (other && !strcmp(other, name) && sets(s) && sets(r->section))
			return config_error_at(r->error, r->section->file, r->section->line, 1,
					       "%s '%s' is there twice: first in line %u", kind->word, name, s->line);
	}
	return 0;
}

static int read_section(const struct reading *r)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *name = name_of(&kinds[i], r->section);
		if (kinds[i].named && !strcmp(r->section->name, kinds[i].word))
			return fail_section(r, "it has no name");
		if (!name)
			continue;
		int err = check_once(r, &kinds[i], name);
		return err ? err : kinds[i].read(r, name);
	}
	return 0;
}

int rules_add(struct rules *rules, const struct config *config, struct config_error *error)
{
	struct reading r = {.rules = rules, .config = config, .error = error};
	int err = 0;
	if (config->n_sections > SECTIONS_MAX)
		return config_error_at(error, config->file, 0, 0, "has %zu sections, at most %d", config->n_sections,
				       SECTIONS_MAX);
	r.file = copy(&r, config->file);
	if (!r.file)
		return -ENOMEM;
	for (size_t i = 0; i < config->n_sections && !err; i++) {
		r.section = &config->sections[i];
		err = rules_go_on(rules, read_section(&r), error);
	}
	rules_settle(rules);
	return err;
}

int rules_add_rule(struct rules *rules, const struct rule *rule, struct config_error *error)
{
	struct reading r = {.rules = rules, .error = error};
	struct rule_item *item = rules_item(rules, rule->name);
	if (item) {
		config_error_at(error, rule->file, rule->line, 0, "rule '%s' is there already: %s:%u", rule->name,
				item->rule.file, item->rule.line);
		return -EEXIST;
	}
	item = rules_new_item(rules, rule->name);
	if (!item)
		return -ENOMEM;
	const char *name = item->rule.name;
	item->rule = *rule;
	item->rule.name = name;
	item->on = rule->enabled;
	item->rule.file = copy(&r, rule->file);
	const struct {
		const char *from, **to;
	} texts[] = {
		{rule->description, &item->rule.description},
		{rule->cost, &item->rule.cost},
		{rule->where, &item->rule.where},
		{rule->message, &item->rule.message},
		{rule->source.name ? rule->source.name : rule->file, &item->rule.source.name},
	};
	bool failed = !item->rule.file;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].from)
			failed |= !(*texts[i].to = copy(&r, texts[i].from));
	const struct {
		const char *const *from;
		size_t n;
		const char *const **to;
	} lists[] = {
		{rule->streams, rule->n_streams, &item->rule.streams},
		{rule->tags, rule->n_tags, &item->rule.tags},
		{rule->key, rule->n_key, &item->rule.key},
		{rule->actions, rule->n_actions, &item->rule.actions},
	};
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char **to = pool_alloc(&rules->pool, (lists[i].n + 1) * sizeof(*to));
		for (size_t k = 0; to && k < lists[i].n; k++)
			failed |= !(to[k] = copy(&r, lists[i].from[k]));
		failed |= !to;
		*lists[i].to = to;
	}
	for (int i = 0; i < RULE_PARTS; i++)
		item->parts[i].at = (struct filter_source){item->rule.file, rule->line, 1};
	rules_settle(rules);
	return failed ? -ENOMEM : 0;
}

static int is_ini(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);
	return entry->d_name[0] != '.' && n > 4 && !strcmp(entry->d_name + n - 4, ".ini");
}

static int read_file(const char *path,
		     int (*each)(void *context, const struct config *config, struct config_error *error), void *context,
		     struct config_error *error)
{
	struct config *config;
	int err = config_read(&config, path, error);
	if (err)
		return err;
	err = each(context, config, error);
	config_free(config);
	return err;
}

int rules_files(const struct rules *rules, const char *path,
		int (*each)(void *context, const struct config *config, struct config_error *error), void *context,
		struct config_error *error)
{
	struct dirent **names;
	struct stat st;
	int err = 0;
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return rules_go_on(rules, read_file(path, each, context, error), error);
	int n = scandir(path, &names, is_ini, alphasort);
	if (n < 0) {
		err = -errno;
		config_error_at(error, path, 0, 0, "%s", strerror(-err));
		return err;
	}
	for (int i = 0; i < n; i++) {
		char file[4096];
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (!err)
			err = rules_go_on(rules, read_file(file, each, context, error), error);
		free(names[i]);
	}
	free(names);
	return err;
}

static int add_file(void *rules, const struct config *config, struct config_error *error)
{
	return rules_add(rules, config, error);
}

int rules_read(struct rules *rules, const char *path, struct config_error *error)
{
	return rules_files(rules, path, add_file, rules, error);
}
