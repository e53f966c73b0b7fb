/* SPDX-License-Identifier: MIT */
/* Rules by name, whoever made them: which are enabled, which exceptions they have, which streams they mean. */
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/rules.h"

struct rules *rules_new(void)
{
	struct rules *rules = calloc(1, sizeof(*rules));
	if (!rules)
		return NULL;
	rules->last = &rules->mentions;
	rules->defs = filter_defs_new();
	if (!rules->defs) {
		free(rules);
		return NULL;
	}
	return rules;
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	filter_defs_destroy(rules->defs);
	pool_free(&rules->pool);
	free(rules->items);
	free(rules);
}

size_t rules_count(const struct rules *rules)
{
	return rules->n;
}

const struct rule *rules_at(const struct rules *rules, size_t i)
{
	return &rules->items[i]->rule;
}

const struct filter_defs *rules_defs(const struct rules *rules)
{
	return rules->defs;
}

struct rule_item *rules_item(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->n; i++)
		if (!strcmp(rules->items[i]->rule.name, name))
			return rules->items[i];
	return NULL;
}

const struct rule *rules_find(const struct rules *rules, const char *name)
{
	const struct rule_item *item = rules_item(rules, name);
	return item ? &item->rule : NULL;
}

struct rule_item *rules_new_item(struct rules *rules, const char *name)
{
	struct rule_item *item = pool_alloc(&rules->pool, sizeof(*item));
	struct rule_item **grown = reallocarray(rules->items, rules->n + 1, sizeof(struct rule_item *));
	if (grown)
		rules->items = grown;
	if (!item || !grown)
		return NULL;
	item->rule.name = pool_copy(&rules->pool, name, strlen(name));
	item->rule.severity = SEVERITY_WARNING;
	item->rule.enabled = item->on = true;
	if (!item->rule.name)
		return NULL;
	grown[rules->n++] = item;
	return item;
}

struct rule_mention *rules_mention(struct rules *rules, const char *name, const struct filter_source *at)
{
	struct rule_mention *mention = pool_alloc(&rules->pool, sizeof(*mention));
	if (!mention || !(mention->name = pool_copy(&rules->pool, name, strlen(name))))
		return NULL;
	mention->at = *at;
	mention->said = ++rules->said;
	*rules->last = mention;
	rules->last = &mention->next;
	return mention;
}

static bool has_tag(const struct rule *rule, const char *pattern)
{
	for (size_t i = 0; i < rule->n_tags; i++)
		if (!fnmatch(pattern, rule->tags[i], 0))
			return true;
	return false;
}

static bool is_meant(const struct rule *rule, const char *name)
{
	return !strncmp(name, "tag:", 4) ? has_tag(rule, name + 4)
					 : !strcmp(name, rule->name) || !fnmatch(name, rule->name, 0);
}

void rules_settle(struct rules *rules)
{
	for (size_t i = 0; i < rules->n; i++) {
		struct rule_item *item = rules->items[i];
		struct rule_exception **last = &item->exceptions;
		item->rule.enabled = item->on;
		for (const struct rule_mention *m = rules->mentions; m; m = m->next) {
			if (m->exception && !strcmp(m->name, item->rule.name)) {
				*last = m->exception;
				last = &m->exception->next;
			} else if (!m->exception && m->said > item->said && is_meant(&item->rule, m->name)) {
				item->rule.enabled = m->enable;
			}
		}
		*last = NULL;
	}
}

static int unknown_rule(const struct rules *rules, const struct rule_mention *m, struct config_error *error)
{
	const char **names = calloc(rules->n + 1, sizeof(*names));
	for (size_t i = 0; names && i < rules->n; i++)
		names[i] = rules->items[i]->rule.name;
	const char *near = names ? config_nearest(m->name, names, rules->n) : NULL;
	free(names);
	return config_error_at(error, m->at.name, m->at.line, m->at.column, "unknown %s '%s'%s%s%s",
			       strncmp(m->name, "tag:", 4) ? "rule" : "tag", m->name, near ? " (did you mean '" : "",
			       near ? near : "", near ? "'?)" : "");
}

/* A glob may stand for rules that are not there today. */
void rules_collect(struct rules *rules, struct rules_mistakes *mistakes)
{
	rules->mistakes = mistakes;
}

int rules_go_on(const struct rules *rules, int err, const struct config_error *error)
{
	if (err != -EINVAL || !rules->mistakes)
		return err;
	rules->mistakes->n++;
	rules->mistakes->tell(rules->mistakes->context, error);
	return 0;
}

int rules_check(const struct rules *rules, struct config_error *error)
{
	int err = 0;
	for (const struct rule_mention *m = rules->mentions; m && !err; m = m->next) {
		bool found = !m->exception && strpbrk(m->name, "*?[");
		for (size_t i = 0; i < rules->n && !found; i++)
			found = m->exception ? !strcmp(rules->items[i]->rule.name, m->name)
					     : is_meant(&rules->items[i]->rule, m->name);
		if (!found)
			err = rules_go_on(rules, unknown_rule(rules, m, error), error);
	}
	return err;
}

bool rule_means(const struct rule *rule, const struct stream *stream)
{
	for (size_t i = 0; i < rule->n_streams; i++)
		if (!fnmatch(rule->streams[i], stream->name, 0))
			return true;
	return false;
}

size_t rules_streams(const struct rules *rules, const char ***names)
{
	size_t n = 0, most = 0;
	for (size_t i = 0; i < rules->n; i++)
		most += rules->items[i]->rule.n_streams;
	*names = calloc(most + 1, sizeof(**names));
	for (size_t i = 0; *names && i < rules->n; i++) {
		const struct rule *rule = &rules->items[i]->rule;
		for (size_t k = 0; rule->enabled && k < rule->n_streams; k++) {
			size_t known = 0;
			while (known < n && strcmp((*names)[known], rule->streams[k]) != 0)
				known++;
			if (known == n)
				(*names)[n++] = rule->streams[k];
		}
	}
	return n;
}

static int check_stream(const struct rule_item *item, size_t i, const struct schema *schema, struct config_error *error)
{
	const char **names = calloc(schema->n_streams + 1, sizeof(*names)), *name = item->rule.streams[i];
	size_t n = 0;
	bool found = false;
	for (uint32_t k = 0; names && k < schema->n_streams && !found; k++) {
		if (!schema->streams[k])
			continue;
		names[n++] = schema->streams[k]->name;
		found = !fnmatch(name, schema->streams[k]->name, 0);
	}
	const char *near = names && !found ? config_nearest(name, names, n) : NULL;
	free(names);
	if (!names)
		return -ENOMEM;
	return found ? 0
		     : rules_fail(item, RULE_STREAMS, i, error, "unknown stream '%s'%s%s%s (see eunomia list streams)",
				  name, near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int rules_check_streams(const struct rules *rules, const struct schema *schema, struct config_error *error)
{
	int err = 0;
	for (size_t i = 0; i < rules->n && !err; i++)
		for (size_t k = 0; k < rules->items[i]->rule.n_streams && !err; k++)
			err = rules_go_on(rules, check_stream(rules->items[i], k, schema, error), error);
	return err;
}

int rules_fail(const struct rule_item *item, enum rule_part part, size_t i, struct config_error *error, const char *fmt,
	       ...)
{
	const struct rule_text *text = &item->parts[part];
	uint32_t line = 1, column = 1;
	char message[sizeof(error->text)];
	va_list args;
	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	if (text->text)
		config_texts_place(text->text, i, &line, &column);
	return config_error_at(error, text->at.name, text->at.line + line - 1,
			       line > 1 ? column : text->at.column + column - 1, "%s", message);
}
