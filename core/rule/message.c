/* SPDX-License-Identifier: MIT */
#include "rule/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/writer.h"

#define FIELD_NAME_MAX 63

/* Where a message is being read, in its own terms. */
struct cursor {
	const char *at;
	uint32_t line, column;
};

static void step(struct cursor *c)
{
	bool newline = *c->at == '\n';
	c->line += newline;
	c->column = newline ? 1 : c->column + (((unsigned char)c->at[1] & 0xc0) != 0x80);
	c->at++;
}

static int fail(const struct rule_item *item, const struct cursor *c, struct config_error *error, const char *text)
{
	const struct filter_source *at = &item->parts[RULE_MESSAGE].at;
	return config_error_at(error, at->name, at->line + c->line - 1,
			       c->line > 1 ? c->column : at->column + c->column - 1, "%s", text);
}

int message_unknown(const struct stream *const *streams, size_t n, const char *name, char *text, size_t size)
{
	size_t most = stream_names(streams, n, NULL, 0);
	const char **names = calloc(most + 1, sizeof(*names));
	if (names)
		stream_names(streams, n, names, most);
	const char *near = names ? nearest_name(name, names, most) : NULL;
	snprintf(text, size, "unknown field '%s'%s%s%s", name, near ? " (did you mean '" : "", near ? near : "",
		 near ? "'?)" : "");
	free(names);
	return -EINVAL;
}

static bool known(const struct stream *const *streams, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (stream_field(streams[i], name))
			return true;
	return false;
}

/* The name behind a '{'. */
static int take_field(struct message *m, struct pool *pool, struct cursor *c, const struct rule_item *item,
		      const struct stream *const *streams, size_t n, struct config_error *error)
{
	char name[FIELD_NAME_MAX + 1], text[256];
	struct cursor start = *c;
	step(c);
	size_t len = strcspn(c->at, "{}\n ");
	if (c->at[len] != '}' || !len || len > FIELD_NAME_MAX)
		return fail(item, &start, error, "'{' begins no {field} (a brace itself is '{{')");
	memcpy(name, c->at, len);
	name[len] = '\0';
	if (!known(streams, n, name)) {
		message_unknown(streams, n, name, text, sizeof(text));
		step(&start);
		return fail(item, &start, error, text);
	}
	while (*c->at != '}')
		step(c);
	step(c);
	m->parts[m->n++] = (struct message_part){pool_copy(pool, name, len), len, true};
	return m->parts[m->n - 1].text ? 0 : -ENOMEM;
}

/* Text up to a field, in one line: an end of line and the blanks behind it are one blank. */
static int take_text(struct message *m, struct pool *pool, struct cursor *c)
{
	char *text = pool_copy(pool, c->at, strlen(c->at));
	size_t n = 0;
	if (!text)
		return -ENOMEM;
	for (; *c->at && (*c->at != '{' || c->at[1] == '{'); step(c)) {
		bool brace = (*c->at == '{' || *c->at == '}') && c->at[1] == *c->at;
		bool newline = *c->at == '\n';
		text[n++] = newline ? ' ' : *c->at;
		while (newline && c->at[1] && strchr("\n\t ", c->at[1]))
			step(c);
		if (brace)
			step(c);
	}
	m->parts[m->n++] = (struct message_part){text, n, false};
	return 0;
}

int message_make(struct message *out, struct pool *pool, const struct rule_item *item,
		 const struct stream *const *streams, size_t n, struct config_error *error)
{
	const char *text = item->rule.message;
	size_t most = 1;
	for (const char *p = text ? text : ""; *p; p++)
		most += 2 * (*p == '{');
	*out = (struct message){.parts = pool_alloc(pool, most * sizeof(*out->parts))};
	if (!out->parts)
		return -ENOMEM;
	if (!text) {
		out->parts[out->n++] = (struct message_part){item->rule.name, strlen(item->rule.name), false};
		return 0;
	}
	int err = 0;
	for (struct cursor c = {text, 1, 1}; *c.at && !err;)
		err = *c.at == '{' && c.at[1] != '{' ? take_field(out, pool, &c, item, streams, n, error)
						     : take_text(out, pool, &c);
	return err;
}

/* A value's bytes, those of several strings joined by blanks. */
static void write_text(const struct value *v, bool strings, struct buf *out)
{
	size_t start = out->len;
	buf_add(out, v->ptr, v->len);
	for (size_t i = start; strings && i < out->len; i++)
		if (!out->data[i])
			out->data[i] = ' ';
}

static void write_field(const struct field *field, const struct view *view, int64_t clock_offset, struct buf *out)
{
	struct value value;
	if (!field || !view_read(view, field, &value))
		buf_char(out, '-');
	else if (type_is_text(field->type) && !(field->flags & EUN_FIELD_TEXT))
		write_text(&value, field->type == EUN_STRINGS, out);
	else
		value_text(view, field, clock_offset, out);
}

void message_write(const struct message *message, const struct field *const *fields, const struct view *view,
		   int64_t clock_offset, struct buf *out)
{
	for (size_t i = 0; i < message->n; i++) {
		const struct message_part *part = &message->parts[i];
		if (part->is_field)
			write_field(fields[i], view, clock_offset, out);
		else
			buf_add(out, part->text, part->len);
		out->failed = false;
	}
}
