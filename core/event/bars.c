/* SPDX-License-Identifier: MIT */
/* Text with a histogram among its columns: the others on a line, HEADER = value, and the histogram as bars under it. */
#include "format.h"

/* What a histogram's numbers are: by the ending of its field's name. */
static const char *unit_of(const char *field)
{
	static const struct {
		const char *ending, *unit;
	} units[] = {
		{"_ns", "nsecs"}, {"_us", "usecs"},    {"_ms", "msecs"},
		{"_s", "secs"},   {"_bytes", "bytes"}, {"_kb", "kbytes"},
	};
	size_t len = strlen(field);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i].ending);
		if (len > n && !strcmp(field + len - n, units[i].ending))
			return units[i].unit;
	}
	return field;
}

static bool is_bars(const struct cell *cell)
{
	return cell->field && cell->field->type == EUN_HIST;
}

static void bars(const struct cell *cell, const struct view *view, struct buf *out)
{
	uint64_t slots[64];
	struct value v;
	uint32_t n = 0;
	if (view_read(view, cell->field, &v))
		for (; n < u64s_count(&v) && n < sizeof(slots) / sizeof(slots[0]); n++)
			slots[n] = u64s_at(&v, n);
	histogram_bars(slots, n, unit_of(cell->field->name), out);
}

static void bars_event(struct writer *w, const struct layout *layout, const struct view *view, struct buf *out)
{
	bool first = true;
	for (uint32_t i = 0; i < layout->n_cells; i++) {
		const struct cell *cell = &layout->cells[i];
		if (is_bars(cell))
			continue;
		if (!first)
			buf_str(out, ", ");
		first = false;
		buf_str(out, cell->column->header);
		buf_str(out, " = ");
		text_value(w->ops->style, &w->stamp, cell, view, out);
	}
	if (!first)
		buf_char(out, '\n');
	for (uint32_t i = 0; i < layout->n_cells; i++)
		if (is_bars(&layout->cells[i]))
			bars(&layout->cells[i], view, out);
	buf_char(out, '\n');
}

static const struct text_style bars_style = {.absent = "-", .decimals = {0, 0}, .for_people = true};

const struct format_ops bars_format = {
	.name = "text",
	.style = &bars_style,
	.layout = columns_layout,
	.event = bars_event,
	.lost = text_lost,
};
