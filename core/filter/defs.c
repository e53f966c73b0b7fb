/* SPDX-License-Identifier: MIT */
#include "defs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct filter_defs *filter_defs_new(void)
{
	return calloc(1, sizeof(struct filter_defs));
}

static void bodies_free(struct body *body)
{
	while (body) {
		struct body *next = body->next;
		pool_free(&body->pool);
		free(body->source);
		free(body);
		body = next;
	}
}

static void def_free(struct def *def)
{
	bodies_free(def->bodies);
	free(def->name);
	free(def);
}

static void defs_free(struct def *def)
{
	while (def) {
		struct def *next = def->next;
		def_free(def);
		def = next;
	}
}

void filter_defs_destroy(struct filter_defs *defs)
{
	if (!defs)
		return;
	defs_free(defs->lists);
	defs_free(defs->macros);
	free(defs);
}

static struct def *find(struct def *def, const char *name)
{
	while (def && strcmp(def->name, name))
		def = def->next;
	return def;
}

const struct def *defs_list(const struct filter_defs *defs, const char *name)
{
	return defs ? find(defs->lists, name) : NULL;
}

const struct def *defs_macro(const struct filter_defs *defs, const char *name)
{
	return defs ? find(defs->macros, name) : NULL;
}

const char *defs_nearest(const struct def *defs, const char *name)
{
	size_t n = 0;
	for (const struct def *def = defs; def; def = def->next)
		n++;
	const char **names = calloc(n + 1, sizeof(*names)), *nearest = NULL;
	if (names) {
		for (size_t i = 0; i < n; i++, defs = defs->next)
			names[i] = defs->name;
		nearest = nearest_name(name, names, n);
	}
	free(names);
	return nearest;
}

static struct body *body_new(const struct filter_source *source)
{
	struct body *body = calloc(1, sizeof(*body));
	if (body && !(body->source = strdup(source ? source->name : "filter"))) {
		free(body);
		body = NULL;
	}
	return body;
}

/* Puts a parsed body where it belongs and owns it from then on; nothing changes when it fails. */
static int define(struct def **defs, const char *name, enum filter_define how, struct body *body)
{
	struct def *def = find(*defs, name);
	if (!def) {
		def = calloc(1, sizeof(*def));
		if (!def || !(def->name = strdup(name))) {
			free(def);
			return -ENOMEM;
		}
		def->next = *defs;
		*defs = def;
	}
	if (how == FILTER_REPLACE) {
		bodies_free(def->bodies);
		def->bodies = NULL;
	}
	struct body **last = &def->bodies;
	while (*last)
		last = &(*last)->next;
	*last = body;
	return 0;
}

/* What can be said against a definition before its text is read. */
static int check_name(struct def *defs, const char *what, const char *name, enum filter_define how,
		      const struct filter_source *source, struct filter_error *error)
{
	struct report report = {.error = error};
	struct place at = source ? (struct place){source->line, source->column} : (struct place){1, 1};
	if (!lexer_is_name(name))
		return report_fail(&report, at,
				   "'%s' can't name a %s ([A-Za-z_][A-Za-z0-9_.-]*, no word of the language)",
				   report_str(name).s, what);
	if (how != FILTER_NEW || !find(defs, name))
		return 0;
	report_fail(&report, at, "%s '%s' is already defined in %s", what, report_str(name).s,
		    find(defs, name)->bodies->source);
	return -EEXIST;
}

int filter_define_list(struct filter_defs *defs, const char *name, const char *items, enum filter_define how,
		       const struct filter_source *source, struct filter_error *error)
{
	struct filter_error ignored;
	error = error ? error : &ignored;
	int err = check_name(defs->lists, "list", name, how, source, error);
	if (err)
		return err;
	struct body *body = body_new(source);
	err = body ? parse_items(&body->pool, items, source, &body->items, error) : -ENOMEM;
	if (!err)
		err = define(&defs->lists, name, how, body);
	if (err)
		bodies_free(body);
	return err;
}

int filter_define_macro(struct filter_defs *defs, const char *name, const char *expression, enum filter_define how,
			const struct filter_source *source, struct filter_error *error)
{
	struct filter_error ignored;
	error = error ? error : &ignored;
	int err = check_name(defs->macros, "macro", name, how, source, error);
	if (err)
		return err;
	struct body *body = body_new(source);
	err = body ? parse_expression(&body->pool, expression, source, &body->expression, error) : -ENOMEM;
	if (!err)
		err = define(&defs->macros, name, how, body);
	if (err)
		bodies_free(body);
	return err;
}
