/* SPDX-License-Identifier: MIT */
#include "fields.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct field *plain(const struct check *c, const struct stream *stream, const char *name)
{
	const struct field *field = stream_field(stream, name);
	for (uint32_t i = 0; !field && i < c->n_computed; i++)
		if (!strcmp(c->computed[i].name, name))
			field = &c->computed[i];
	return field;
}

/* What follows "tcp.connect." in a name; NULL: it doesn't start so. */
static const char *inside(const struct stream *stream, const char *name)
{
	size_t len = strlen(stream->name);
	return !strncmp(name, stream->name, len) && name[len] == '.' ? name + len + 1 : NULL;
}

static const struct field *find(const struct check *c, const struct stream *stream, const char *name)
{
	const struct field *field = plain(c, stream, name);
	const char *rest = inside(stream, name);
	return field || !rest ? field : plain(c, stream, rest);
}

const struct field *field_find(const struct check *c, const char *name)
{
	return find(c, c->stream, name);
}

bool field_known(const struct check *c, const char *name)
{
	for (uint32_t i = 0; i < c->n_streams; i++)
		if (find(c, c->streams[i], name))
			return true;
	return false;
}

struct names {
	const char **all;
	size_t n;
};

static void add_stream(struct names *names, const struct stream *stream)
{
	for (uint32_t i = 0; i < stream->n_fields; i++)
		names->all[names->n++] = stream->fields[i].name;
}

int field_unknown(const struct check *c, const char *name, struct place at, bool alone)
{
	const struct stream *stream = NULL;
	size_t most = n_header_fields + c->n_computed;
	for (uint32_t i = 0; i < c->n_streams; i++) {
		most += c->streams[i]->n_fields;
		if (inside(c->streams[i], name))
			stream = c->streams[i];
	}
	for (const struct def *macro = c->defs ? c->defs->macros : NULL; macro; macro = macro->next)
		most++;
	struct names names = {.all = calloc(most, sizeof(char *))};
	if (!names.all)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_streams; i++)
		if (!stream || stream == c->streams[i])
			add_stream(&names, c->streams[i]);
	for (uint32_t i = 0; i < n_header_fields; i++)
		names.all[names.n++] = header_fields[i].name;
	for (uint32_t i = 0; i < c->n_computed; i++)
		names.all[names.n++] = c->computed[i].name;
	for (const struct def *macro = c->defs && alone ? c->defs->macros : NULL; macro; macro = macro->next)
		names.all[names.n++] = macro->name;
	const char *nearest = nearest_name(stream ? inside(stream, name) : name, names.all, names.n);
	char full[96];
	if (nearest && stream) {
		snprintf(full, sizeof(full), "%s.%s", stream->name, nearest);
		nearest = full;
	}
	int err = report_fail(&c->report, at, "unknown field%s '%s'%s", alone ? " or macro" : "", report_str(name).s,
			      report_hint(nearest).s);
	free(names.all);
	return err;
}
