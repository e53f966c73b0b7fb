/* SPDX-License-Identifier: MIT */
/* Text and wide text: cells in columns first, then name=value pairs. */
#include "format.h"

const struct column line_columns[] = {
	{.header = "TIME", .field = "time", .type = EUN_TIME},
	{.header = "PID", .field = "pid", .type = EUN_U32},
	{.header = "COMM", .field = "comm", .type = EUN_CHARS},
	{.header = "STREAM", .field = "stream", .type = EUN_CHARS},
};
const uint32_t n_line_columns = sizeof(line_columns) / sizeof(line_columns[0]);

const struct column line_columns_container[] = {
	{.header = "TIME", .field = "time", .type = EUN_TIME},
	{.header = "PID", .field = "pid", .type = EUN_U32},
	{.header = "COMM", .field = "comm", .type = EUN_CHARS},
	{.header = "CONTAINER", .field = "container", .type = EUN_STRING, .width = CONTAINER_WIDTH},
	{.header = "STREAM", .field = "stream", .type = EUN_CHARS},
};

void columns_layout(const struct writer *w, struct layout *layout)
{
	for (uint32_t i = 0; i < w->n_columns; i++) {
		const struct column *c = &w->columns[i];
		layout_add(layout, stream_field(layout->stream, c->field), c, "", "", "");
	}
}

/* The fields in a stream's list of default columns, those that it has. */
static void default_pairs(struct layout *layout)
{
	const struct stream *s = layout->stream;
	char name[64];
	for (const char *p = s->columns; *p; p += *p == ',') {
		size_t n = strcspn(p, ",");
		if (n < sizeof(name)) {
			memcpy(name, p, n);
			name[n] = '\0';
			const struct field *f = stream_field(s, name);
			if (f)
				layout_add(layout, f, NULL, " ", name, "=");
		}
		p += n;
	}
	for (uint32_t i = 0; !*s->columns && i < s->n_fields; i++)
		layout_add(layout, &s->fields[i], NULL, " ", s->fields[i].name, "=");
}

static void text_layout(const struct writer *w, struct layout *layout)
{
	columns_layout(w, layout);
	if (!w->options.columns)
		default_pairs(layout);
}

static const char *const container_pairs[] = {"container.id", "container.name", "container.image", "container.runtime",
					      "container.state"};

static void wide_layout(const struct writer *w, struct layout *layout)
{
	columns_layout(w, layout);
	if (w->options.columns)
		return;
	layout_add_all(layout, 0, " ", "=");
	for (size_t i = 0; w->options.container && i < sizeof(container_pairs) / sizeof(container_pairs[0]); i++)
		layout_add(layout, stream_field(layout->stream, container_pairs[i]), NULL, " ", container_pairs[i],
			   "=");
}

/* How many columns of a terminal the bytes from `start` on fill: its characters (all are one wide, or so we say). */
static size_t shown_width(const struct buf *out, size_t start)
{
	size_t width = 0;
	for (size_t i = start; i < out->len; i++)
		width += ((unsigned char)out->data[i] & 0xc0) != 0x80;
	return width;
}

/* Pads what was appended since `start`. */
static void pad(struct buf *out, size_t start, struct look look, bool last)
{
	if (last && !look.right)
		return;
	size_t width = shown_width(out, start);
	if (width >= look.width)
		return;
	size_t missing = look.width - width, len = out->len - start;
	buf_pad(out, ' ', missing);
	if (look.right && !out->failed) {
		memmove(out->data + start + missing, out->data + start, len);
		memset(out->data + start, ' ', missing);
	}
}

static void text_head(const struct writer *w, struct buf *out)
{
	for (uint32_t i = 0; i < w->n_columns; i++) {
		if (i)
			buf_char(out, ' ');
		size_t start = out->len;
		buf_str(out, w->columns[i].header);
		pad(out, start, w->looks[i], i + 1 == w->n_columns);
	}
	if (w->n_columns)
		buf_char(out, '\n');
}

static void text_event(struct writer *w, const struct layout *layout, const struct view *view, struct buf *out)
{
	uint32_t i = 0;
	for (; i < w->n_columns; i++) {
		if (i)
			buf_char(out, ' ');
		size_t start = out->len;
		text_value(w->ops->style, &w->stamp, &layout->cells[i], view, out);
		pad(out, start, w->looks[i], i + 1 == layout->n_cells);
	}
	for (; i < layout->n_cells; i++) {
		const struct cell *cell = &layout->cells[i];
		/* A lead begins with the space that separates it from what comes before. */
		buf_add(out, layout->leads.data + cell->lead + !i, cell->lead_len - !i);
		text_value(w->ops->style, &w->stamp, cell, view, out);
	}
	buf_char(out, '\n');
}

void text_lost(struct writer *w, const struct stream *stream, uint64_t count, uint64_t time, struct buf *out)
{
	buf_str(out, "lost ");
	buf_u64(out, count);
	buf_str(out, " events of ");
	buf_str(out, stream->name);
	buf_str(out, " before ");
	stamp_local(&w->stamp, time, w->ops->style->decimals[1], out);
	buf_char(out, '\n');
}

static const struct text_style text_style = {.absent = "-", .decimals = {0, 0}, .for_people = true};
static const struct text_style wide_style = {.absent = "-", .decimals = {3, 9}, .for_people = true};

const struct format_ops text_format = {
	.name = "text",
	.style = &text_style,
	.line_columns = true,
	.layout = text_layout,
	.head = text_head,
	.event = text_event,
	.lost = text_lost,
};

const struct format_ops wide_format = {
	.name = "wide",
	.style = &wide_style,
	.layout = wide_layout,
	.head = text_head,
	.event = text_event,
	.lost = text_lost,
};
