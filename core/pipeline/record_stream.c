/* SPDX-License-Identifier: MIT */
#include "record_stream.h"

#include <stdlib.h>

/* The least that a field and a label take: an absurd count is refused before memory is taken for it. */
#define FIELD_LEAST (2 + 2 + 4 + 4 + 4 + 4 + 4)
#define LABEL_LEAST (8 + 4)

static void labels_put(struct buf *out, const struct eun_label *labels)
{
	uint32_t n = 0;
	while (labels && labels[n].name)
		n++;
	wire_put_u32(out, n);
	for (uint32_t i = 0; i < n; i++) {
		wire_put_u64(out, labels[i].value);
		wire_put_text(out, labels[i].name);
	}
}

void record_stream_put(struct buf *out, const struct stream *s)
{
	wire_put_u16(out, s->id);
	wire_put_u32(out, s->version);
	wire_put_u32(out, s->record_size);
	wire_put_u32(out, s->flags);
	wire_put_text(out, s->name);
	wire_put_text(out, s->columns);
	wire_put_text(out, s->role);
	wire_put_text(out, s->help);
	wire_put_u32(out, s->n_fields);
	for (uint32_t i = 0; i < s->n_fields; i++) {
		const struct field *f = &s->fields[i];
		wire_put_u16(out, (uint16_t)f->type);
		wire_put_u16(out, (uint16_t)f->flags);
		wire_put_u32(out, f->offset);
		wire_put_u32(out, f->size);
		wire_put_text(out, f->name);
		wire_put_text(out, f->help);
		labels_put(out, f->labels);
	}
}

/* False: no memory. Without labels *out is NULL. */
static bool labels_get(struct wire *in, const struct eun_label **out)
{
	uint32_t n = wire_get_u32(in);
	in->bad |= n > wire_left(in) / LABEL_LEAST;
	if (in->bad || !n)
		return true;
	struct eun_label *labels = calloc(n + 1, sizeof(*labels));
	*out = labels;
	for (uint32_t i = 0; labels && i < n; i++) {
		labels[i].value = wire_get_u64(in);
		labels[i].name = wire_get_some_text(in);
	}
	return labels;
}

static bool fields_get(struct wire *in, struct eun_field *fields, uint32_t n)
{
	bool memory = true;
	for (uint32_t i = 0; i < n && memory && !in->bad; i++) {
		struct eun_field *f = &fields[i];
		f->type = wire_get_u16(in);
		f->flags = wire_get_u16(in);
		f->offset = wire_get_u32(in);
		f->size = wire_get_u32(in);
		f->name = wire_get_some_text(in);
		f->help = wire_get_text(in);
		memory = labels_get(in, &f->labels);
	}
	return memory;
}

struct stream *record_stream_get(struct wire *in, uint16_t *id, char *why, size_t why_size)
{
	struct eun_stream row = {0};
	*id = wire_get_u16(in);
	row.version = wire_get_u32(in);
	row.record_size = wire_get_u32(in);
	row.flags = wire_get_u32(in);
	row.name = wire_get_some_text(in);
	row.columns = wire_get_text(in);
	row.role = wire_get_text(in);
	row.help = wire_get_text(in);
	uint32_t n = wire_get_u32(in);
	in->bad |= n > wire_left(in) / FIELD_LEAST;
	if (in->bad)
		n = 0;
	struct eun_field *fields = calloc(n + 1, sizeof(*fields));
	bool memory = fields && fields_get(in, fields, n);
	struct stream *stream = NULL;
	row.fields = (struct eun_table){.rows = fields, .count = n, .row_size = sizeof(*fields)};
	if (!memory)
		snprintf(why, why_size, "no memory for a stream of %u fields", n);
	else if (in->bad || in->at != in->end)
		snprintf(why, why_size, "a stream's description does not have the length that it says");
	else
		stream = stream_new(&row, why, why_size);
	for (uint32_t i = 0; fields && i < n; i++)
		free((void *)fields[i].labels);
	free(fields);
	return stream;
}
