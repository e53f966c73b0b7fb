/* SPDX-License-Identifier: MIT */
#include "fields.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What follows "tcp.connect." in a name; NULL: it doesn't start so. */
static const char *inside(const struct stream *stream, const char *name)
{
	size_t len = strlen(stream->name);
	return !strncmp(name, stream->name, len) && name[len] == '.' ? name + len + 1 : NULL;
}

static const struct field *find(const struct stream *stream, const char *name)
{
	const struct field *field = stream_field(stream, name);
	const char *rest = inside(stream, name);
	return field || !rest ? field : stream_field(stream, rest);
}

const struct field *field_find(const struct check *c, const char *name)
{
	return find(c->stream, name);
}

bool field_known(const struct check *c, const char *name)
{
	for (uint32_t i = 0; i < c->n_streams; i++)
		if (find(c->streams[i], name))
			return true;
	return false;
}

int field_unknown(const struct check *c, const char *name, struct place at, bool alone)
{
	const struct stream *stream = NULL;
	for (uint32_t i = 0; i < c->n_streams; i++)
		if (inside(c->streams[i], name))
			stream = c->streams[i];
	const struct stream *const *streams = stream ? &stream : c->streams;
	uint32_t n_streams = stream ? 1 : c->n_streams;
	size_t most = stream_names(streams, n_streams, NULL, 0), n = most;
	for (const struct def *macro = c->defs ? c->defs->macros : NULL; macro; macro = macro->next)
		most++;
	const char **names = calloc(most, sizeof(char *));
	if (!names)
		return -ENOMEM;
	stream_names(streams, n_streams, names, n);
	for (const struct def *macro = c->defs && alone ? c->defs->macros : NULL; macro; macro = macro->next)
		names[n++] = macro->name;
	const char *nearest = nearest_name(stream ? inside(stream, name) : name, names, n);
	char full[96];
	if (nearest && stream) {
		snprintf(full, sizeof(full), "%s.%s", stream->name, nearest);
		nearest = full;
	}
	int err = report_fail(&c->report, at, "unknown field%s '%s'%s", alone ? " or macro" : "", report_str(name).s,
			      report_hint(nearest).s);
	free(names);
	return err;
}
