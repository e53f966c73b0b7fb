/* SPDX-License-Identifier: MIT */
#include "falco/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MAX 16
#define NODES_MAX 200000

struct reading {
	struct pool *pool;
	struct yaml *open[DEPTH_MAX + 1]; /* collections that have begun, the root first */
	uint32_t depth;                   /* of the innermost */
	uint32_t nodes;
	struct yaml_error *error;
};

static int fail(const struct reading *r, yaml_mark_t at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int fail(const struct reading *r, yaml_mark_t at, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(r->error->text, sizeof(r->error->text), fmt, args);
	va_end(args);
	r->error->line = (uint32_t)at.line + 1;
	r->error->column = (uint32_t)at.column + 1;
	return -EINVAL;
}

static struct yaml *add(struct reading *r, enum yaml_kind kind, yaml_mark_t at)
{
	struct yaml *node = pool_alloc(r->pool, sizeof(*node)), *in = r->open[r->depth];
	if (!node)
		return NULL;
	*node = (struct yaml){.kind = kind, .line = (uint32_t)at.line + 1, .column = (uint32_t)at.column + 1};
	node->last = &node->first;
	if (in) {
		*in->last = node;
		in->last = &node->next;
	}
	r->nodes++;
	return node;
}

static int add_scalar(struct reading *r, const yaml_event_t *event)
{
	const char *bytes = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	if (memchr(bytes, 0, len))
		return fail(r, event->start_mark, "a NUL byte in a text");
	struct yaml *node = add(r, YAML_SCALAR, event->start_mark);
	if (!node || !(node->text = pool_copy(r->pool, bytes, len)))
		return -ENOMEM;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return 0;
}

static int open_collection(struct reading *r, enum yaml_kind kind, yaml_mark_t at)
{
	if (r->depth == DEPTH_MAX)
		return fail(r, at, "more than %d levels", DEPTH_MAX);
	struct yaml *node = add(r, kind, at);
	if (!node)
		return -ENOMEM;
	r->open[++r->depth] = node;
	return 0;
}

static int take(struct reading *r, const yaml_event_t *event)
{
	if (r->nodes >= NODES_MAX)
		return fail(r, event->start_mark, "more than %d values", NODES_MAX);
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return add_scalar(r, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(r, YAML_SEQUENCE, event->start_mark);
	case YAML_MAPPING_START_EVENT:
		return open_collection(r, YAML_MAPPING, event->start_mark);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		r->depth--;
		return 0;
	case YAML_ALIAS_EVENT:
		return fail(r, event->start_mark, "an alias (*%.40s): write out what it stands for",
			    (const char *)event->data.alias.anchor);
	default:
		return 0;
	}
}

static int parser_failed(const struct reading *r, const yaml_parser_t *parser)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->error == YAML_READER_ERROR) { /* which knows an offset, and no mark */
		yaml_mark_t at = parser->mark;
		return fail(r, at, "not UTF-8, or a control character, at byte %zu", parser->problem_offset + 1);
	}
	return fail(r, parser->problem_mark, "no YAML: %s", parser->problem ? parser->problem : "it can't be read");
}

static int read_all(struct reading *r, yaml_parser_t *parser)
{
	int err = 0;
	for (bool end = false; !end && !err;) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event))
			return parser_failed(r, parser);
		end = event.type == YAML_STREAM_END_EVENT;
		err = take(r, &event);
		yaml_event_delete(&event);
	}
	return err;
}

int yaml_parse(struct yaml **out, struct pool *pool, const char *text, size_t len, struct yaml_error *error)
{
	struct reading r = {.pool = pool, .error = error};
	yaml_parser_t parser;
	*error = (struct yaml_error){0};
	const char *nul = memchr(text, 0, len);
	if (nul) {
		yaml_mark_t at = {.index = 0};
		for (const char *p = text; p < nul; p++)
			at = *p == '\n' ? (yaml_mark_t){.line = at.line + 1}
					: (yaml_mark_t){.line = at.line, .column = at.column + 1};
		return fail(&r, at, "a NUL byte");
	}
	struct yaml *root = add(&r, YAML_SEQUENCE, (yaml_mark_t){0});
	if (!root || !yaml_parser_initialize(&parser))
		return -ENOMEM;
	r.open[0] = root;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	int err = read_all(&r, &parser);
	yaml_parser_delete(&parser);
	*out = root;
	return err;
}

const struct yaml *yaml_get(const struct yaml *mapping, const char *key)
{
	if (mapping->kind != YAML_MAPPING)
		return NULL;
	for (const struct yaml *k = mapping->first; k && k->next; k = k->next->next)
		if (k->kind == YAML_SCALAR && !strcmp(k->text, key))
			return k->next;
	return NULL;
}
