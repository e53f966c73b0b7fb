/* SPDX-License-Identifier: MIT */
#include "escape.h"
#include "format.h"

/* The same signs as ASCII's = + - @, of full width: spreadsheets take them too. */
static const char *const wide_signs[] = {"\uff1d", "\uff0b", "\uff0d", "\uff20"};

/* [+-]digits[.digits] */
static bool is_number(const char *p, const char *end)
{
	p += p < end && (*p == '+' || *p == '-');
	const char *digits = p;
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	if (p == digits)
		return false;
	if (p < end && *p == '.')
		for (digits = ++p; p < end && *p >= '0' && *p <= '9';)
			p++;
	return p == end && p != digits;
}

static bool is_formula(const char *p, const char *end)
{
	const char *start = p;
	while (p < end && *p == ' ')
		p++;
	if (p == end)
		return false;
	if (memchr("=+-@", *p, 4))
		return !is_number(start, end);
	for (size_t i = 0; i < sizeof(wide_signs) / sizeof(wide_signs[0]); i++)
		if ((size_t)(end - p) >= strlen(wide_signs[i]) && !memcmp(p, wide_signs[i], strlen(wide_signs[i])))
			return true;
	return false;
}

void csv_cell(struct buf *out, size_t start, bool alone)
{
	size_t len = out->len - start;
	if (!len) {
		if (alone)
			buf_str(out, "\"\"");
		return;
	}
	if (is_formula(out->data + start, out->data + out->len)) {
		buf_char(out, '\'');
		if (out->failed)
			return;
		memmove(out->data + start + 1, out->data + start, len);
		out->data[start] = '\'';
		len++;
	}
	if (memchr(out->data + start, ',', len) || memchr(out->data + start, '"', len))
		escape_wrap(out, start, '"');
}

static void csv_head(const struct writer *w, struct buf *out)
{
	for (uint32_t i = 0; i < w->n_columns; i++) {
		if (i)
			buf_char(out, ',');
		size_t start = out->len;
		buf_str(out, w->columns[i].field);
		csv_cell(out, start, false);
	}
	buf_char(out, '\n');
}

static void csv_event(struct writer *w, const struct layout *layout, const struct view *view, struct buf *out)
{
	for (uint32_t i = 0; i < layout->n_cells; i++) {
		if (i)
			buf_char(out, ',');
		size_t start = out->len;
		text_value(w->ops->style, &w->stamp, &layout->cells[i], view, out);
		csv_cell(out, start, layout->n_cells == 1);
	}
	buf_char(out, '\n');
}

static const struct text_style csv_style = {.absent = "", .utc = true};

const struct format_ops csv_format = {
	.name = "csv",
	.style = &csv_style,
	.needs_columns = true,
	.layout = columns_layout,
	.head = csv_head,
	.event = csv_event,
};
