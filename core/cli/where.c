/* SPDX-License-Identifier: MIT */
#include "where.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/buf.h"

struct parts {
	struct buf all; /* "(a) and (b)" */
	const struct stream *const *streams;
	size_t n;
	char *why;
	size_t why_size;
};

/* Checks one part alone, so that a mistake is reported in the terms of the option that brought it; then adds it. */
static int add(struct parts *p, const char *source, const char *text)
{
	struct filter *filter = NULL;
	struct filter_error error;
	const struct filter_source from = {source, 1, 1};
	int err = filter_compile(&filter, text, &from, p->streams, (uint32_t)p->n, NULL, &error);
	filter_destroy(filter);
	if (err == -EINVAL)
		snprintf(p->why, p->why_size, "%s:%u:%u: %s", source, error.line, error.column, error.text);
	else if (err)
		snprintf(p->why, p->why_size, "%s: %s", source, strerror(-err));
	if (err)
		return err;
	buf_printf(&p->all, "%s(%s)", p->all.len ? " and " : "", text);
	return 0;
}

static bool given(const struct request *r, const char *name)
{
	for (size_t i = 0; name && i < r->n_given_names; i++)
		if (!strcmp(r->given_names[i], name))
			return true;
	return false;
}

/* -x: the fields that say so, of whichever stream has them. A stream that has none never fails. */
static int add_failed(struct parts *p)
{
	struct buf text = {0};
	for (size_t s = 0; s < p->n; s++)
		for (uint32_t i = 0; i < p->streams[s]->n_fields; i++) {
			const struct field *f = &p->streams[s]->fields[i];
			bool is_signed = f->type == EUN_ERRNO || (f->type >= EUN_S8 && f->type <= EUN_S64);
			if (f->flags & EUN_FIELD_ERROR)
				buf_printf(&text, "%s%s.%s %s 0", text.len ? " or " : "", p->streams[s]->name, f->name,
					   is_signed ? "<" : "!=");
		}
	if (!text.len) {
		snprintf(p->why, p->why_size, "option -x: none of these streams can fail");
		return -EINVAL;
	}
	buf_char(&text, '\0');
	int err = text.failed ? -ENOMEM : add(p, "-x", text.data);
	buf_free(&text);
	return err;
}

static int add_all(struct parts *p, const struct request *r, const struct eun_tool *tool)
{
	int err = 0;
	if (tool && tool->where && !given(r, tool->unless))
		err = add(p, tool->name, tool->where);
	for (size_t i = 0; i < r->n_given && !err; i++) {
		const struct given *g = &r->given[i];
		char source[64];
		if (!g->option.where)
			continue;
		char *text = template_fill(g->option.where, g->value);
		snprintf(source, sizeof(source), "--%s", g->option.name);
		err = text ? add(p, source, text) : -ENOMEM;
		free(text);
	}
	if (!err && r->failed)
		err = add_failed(p);
	if (!err && r->filter)
		err = add(p, "--filter", r->filter);
	return err;
}

int where_compile(struct filter **out, const struct request *r, const struct eun_tool *tool,
		  const struct stream *const *streams, size_t n, char *why, size_t why_size)
{
	struct parts p = {.streams = streams, .n = n, .why = why, .why_size = why_size};
	*out = NULL;
	int err = add_all(&p, r, tool);
	if (!err && p.all.len) {
		struct filter_error error;
		const struct filter_source from = {"filter", 1, 1};
		buf_char(&p.all, '\0');
		err = p.all.failed ? -ENOMEM
				   : filter_compile(out, p.all.data, &from, streams, (uint32_t)n, NULL, &error);
		if (err == -EINVAL)
			snprintf(why, why_size, "filter:%u:%u: %s", error.line, error.column, error.text);
	}
	buf_free(&p.all);
	return err;
}
