/* SPDX-License-Identifier: MIT */
#include "writer.h"

#include <errno.h>
#include <stdlib.h>

#include "format.h"

static const struct format_ops *const formats[] = {
	[FORMAT_TEXT] = &text_format,
	[FORMAT_WIDE] = &wide_format,
	[FORMAT_JSON] = &json_format,
	[FORMAT_CSV] = &csv_format,
};

const char *const format_names[] = {
	[FORMAT_TEXT] = "text", [FORMAT_WIDE] = "wide", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv", NULL,
};

int format_parse(const char *name, enum format *out)
{
	for (int i = 0; format_names[i]; i++) {
		if (!strcmp(name, format_names[i])) {
			*out = (enum format)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* How a column is padded: as the type needs, but not narrower than it was asked to be nor than its header. */
static struct look column_look(const struct column *c)
{
	enum eun_type type = c->type;
	for (uint32_t i = 0; !type && i < n_header_fields; i++)
		if (!strcmp(header_fields[i].name, c->field))
			type = header_fields[i].type;
	struct look look = text_look(type);
	size_t header = strlen(c->header);
	if (c->width)
		look.width = c->width;
	if (look.width < header)
		look.width = (uint32_t)header;
	return look;
}

static const struct format_ops *ops_of(const struct writer_options *options)
{
	if (options->format == FORMAT_TEXT)
		for (uint32_t i = 0; options->columns && i < options->n_columns; i++)
			if (options->columns[i].type == EUN_HIST)
				return &bars_format;
	return formats[options->format];
}

struct writer *writer_new(const struct writer_options *options)
{
	const struct format_ops *ops = ops_of(options);
	if (ops->needs_columns && !options->columns) {
		errno = EINVAL;
		return NULL;
	}
	struct writer *w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->options = *options;
	w->ops = ops;
	w->columns = options->columns;
	w->n_columns = options->columns ? options->n_columns : 0;
	if (!options->columns && ops->line_columns) {
		w->columns = options->container ? line_columns_container : line_columns;
		w->n_columns = n_line_columns + options->container;
	}
	w->looks = calloc(w->n_columns + 1, sizeof(*w->looks));
	if (!w->looks) {
		free(w);
		errno = ENOMEM;
		return NULL;
	}
	for (uint32_t i = 0; i < w->n_columns; i++)
		w->looks[i] = column_look(&w->columns[i]);
	stamp_init(&w->stamp, options->clock_offset);
	return w;
}

void writer_destroy(struct writer *w)
{
	if (!w)
		return;
	for (uint32_t i = 0; i < w->n_layouts; i++)
		layout_destroy(w->layouts[i]);
	free(w->layouts);
	free(w->looks);
	free(w);
}

bool writer_reads(const struct writer_options *options, const char *computed)
{
	for (uint32_t i = 0; options->columns && i < options->n_columns; i++)
		if (!strcmp(options->columns[i].field, computed))
			return true;
	bool container = options->format == FORMAT_JSON || options->container;
	return !options->columns && container && !strncmp(computed, "container", strlen("container"));
}

/* Room in the table for the layout of stream `id`. */
static bool layouts_reach(struct writer *w, uint16_t id)
{
	if (id < w->n_layouts)
		return true;
	struct layout **layouts = realloc(w->layouts, (id + 1u) * sizeof(struct layout *));
	if (!layouts)
		return false;
	while (w->n_layouts <= id)
		layouts[w->n_layouts++] = NULL;
	w->layouts = layouts;
	return true;
}

/* The slow half of layout_of: the stream is new, or took the place of one that is gone. */
static const struct layout *layout_make(struct writer *w, const struct stream *stream)
{
	struct layout *layout = layouts_reach(w, stream->id) ? layout_new(stream) : NULL;
	if (!layout)
		return NULL;
	w->ops->layout(w, layout);
	if (layout->failed) {
		layout_destroy(layout);
		return NULL;
	}
	layout_destroy(w->layouts[stream->id]);
	w->layouts[stream->id] = layout;
	return layout;
}

static const struct layout *layout_of(struct writer *w, const struct stream *stream)
{
	const struct layout *layout = stream->id < w->n_layouts ? w->layouts[stream->id] : NULL;
	if (layout && layout->stream == stream && layout->serial == stream->serial)
		return layout;
	return layout_make(w, stream);
}

int writer_head(struct writer *w, struct buf *out)
{
	size_t start = out->len;
	if (w->ops->head && !w->options.no_header)
		w->ops->head(w, out);
	return buf_commit(out, start);
}

int writer_event(struct writer *w, const struct view *view, struct buf *out)
{
	const struct layout *layout = layout_of(w, view->stream);
	size_t start = out->len;
	if (!layout)
		return -ENOMEM;
	w->ops->event(w, layout, view, out);
	return buf_commit(out, start);
}

int writer_lost(struct writer *w, const struct stream *stream, uint64_t count, uint64_t time, struct buf *out)
{
	size_t start = out->len;
	if (w->ops->lost)
		w->ops->lost(w, stream, count, time, out);
	return buf_commit(out, start);
}
