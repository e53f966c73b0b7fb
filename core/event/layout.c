/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include <stdlib.h>

/* An enum with more labels than FEW, and values below INDEX_MAX, is looked up by index. */
#define FEW 8
#define INDEX_MAX 1024

struct layout *layout_new(const struct stream *stream)
{
	struct layout *layout = calloc(1, sizeof(*layout));
	if (!layout)
		return NULL;
	layout->stream = stream;
	layout->serial = stream->serial;
	return layout;
}

void layout_destroy(struct layout *layout)
{
	if (!layout)
		return;
	for (uint32_t i = 0; i < layout->n_cells; i++)
		free(layout->cells[i].names);
	free(layout->cells);
	buf_free(&layout->leads);
	free(layout);
}

struct cell cell_of(const struct stream *stream, const struct field *field)
{
	return (struct cell){
		.field = field,
		.own = field && !field->get && field->index < stream->n_fields &&
		       field == &stream->fields[field->index],
	};
}

/* Labels by value. Without it (no memory, too large) the labels are searched. */
static void index_labels(struct cell *cell)
{
	const struct field *f = cell->field;
	uint32_t n = 0;
	uint64_t last = 0;
	if (!f || f->type != EUN_ENUM || !f->labels)
		return;
	for (; f->labels[n].name; n++)
		if (f->labels[n].value > last)
			last = f->labels[n].value;
	if (n <= FEW || last >= INDEX_MAX)
		return;
	cell->names = calloc(last + 1, sizeof(*cell->names));
	if (!cell->names)
		return;
	cell->n_names = (uint32_t)last + 1;
	while (n--) /* from the end: of two names for a value the first stays */
		cell->names[f->labels[n].value] = f->labels[n].name;
}

void layout_add(struct layout *layout, const struct field *field, const struct column *column, const char *before,
		const char *name, const char *after)
{
	if (layout->n_cells == layout->cap) {
		uint32_t cap = layout->cap ? 2 * layout->cap : 16;
		struct cell *cells = realloc(layout->cells, cap * sizeof(*cells));
		if (!cells) {
			layout->failed = true;
			return;
		}
		layout->cells = cells;
		layout->cap = cap;
	}
	size_t start = layout->leads.len;
	buf_str(&layout->leads, before);
	buf_str(&layout->leads, name);
	buf_str(&layout->leads, after);
	layout->failed |= layout->leads.failed;
	struct cell *cell = &layout->cells[layout->n_cells++];
	*cell = cell_of(layout->stream, field);
	cell->column = column;
	cell->lead = (uint32_t)start;
	cell->lead_len = (uint32_t)(layout->leads.len - start);
	index_labels(cell);
}

void layout_add_all(struct layout *layout, uint32_t first, const char *before, const char *after)
{
	const struct stream *s = layout->stream;
	for (uint32_t i = first; i < n_header_fields; i++)
		if (stream_field(s, header_fields[i].name) == &header_fields[i])
			layout_add(layout, &header_fields[i], NULL, before, header_fields[i].name, after);
	for (uint32_t i = 0; i < s->n_fields; i++)
		layout_add(layout, &s->fields[i], NULL, before, s->fields[i].name, after);
}

const char *cell_label(const struct cell *cell, uint64_t value)
{
	if (cell->names)
		return value < cell->n_names ? cell->names[value] : NULL;
	for (const struct eun_label *l = cell->field->labels; l && l->name; l++)
		if (l->value == value)
			return l->name;
	return NULL;
}

const char *flags_next(const struct field *field, uint32_t *at, uint64_t *left)
{
	bool first = !*at;
	for (const struct eun_label *l = field->labels ? field->labels + *at : NULL; l && l->name; l++) {
		++*at;
		if (l->value ? (*left & l->value) == l->value : first && !*left) {
			*left &= ~l->value;
			return l->name;
		}
	}
	return NULL;
}
