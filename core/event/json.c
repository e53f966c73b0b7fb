/* SPDX-License-Identifier: MIT */
#include "address.h"
#include "escape.h"
#include "format.h"
#include "names.h"

static void json_text(struct buf *out, const char *text)
{
	escape_json(out, text, strlen(text));
}

/* `"a","b"`: what goes between the elements of an array begun at `start`. */
static void comma(struct buf *out, size_t start)
{
	if (out->len > start)
		buf_char(out, ',');
}

#define EXACT_MAX (1ull << 53) /* from here on a double has not every integer */

static void json_number(const struct context *ctx, uint64_t n, struct buf *out)
{
	const char *quote = ctx->big_as_text && n > EXACT_MAX ? "\"" : "";
	buf_str(out, quote);
	buf_u64(out, n);
	buf_str(out, quote);
}

static void json_unsigned(const struct context *ctx, const struct value *v, struct buf *out)
{
	json_number(ctx, v->u, out);
}

static void json_signed(const struct context *ctx, const struct value *v, struct buf *out)
{
	bool big = v->s > (int64_t)EXACT_MAX || v->s < -(int64_t)EXACT_MAX;
	const char *quote = ctx->big_as_text && big ? "\"" : "";
	buf_str(out, quote);
	buf_s64(out, v->s);
	buf_str(out, quote);
}

static void json_bool(const struct context *ctx, const struct value *v, struct buf *out)
{
	(void)ctx;
	buf_str(out, v->u ? "true" : "false");
}

static void json_time(const struct context *ctx, const struct value *v, struct buf *out)
{
	buf_char(out, '"');
	stamp_utc(ctx->stamp, v->u, out);
	buf_char(out, '"');
}

static void json_string(const struct context *ctx, const struct value *v, struct buf *out)
{
	(void)ctx;
	escape_json(out, v->ptr, v->len);
}

static void json_strings(const struct context *ctx, const struct value *v, struct buf *out)
{
	const char *string;
	size_t n;
	(void)ctx;
	buf_char(out, '[');
	size_t start = out->len;
	for (uint32_t at = 0; strings_next(v, &at, &string, &n);) {
		comma(out, start);
		escape_json(out, string, n);
	}
	buf_char(out, ']');
}

static void json_ip(const struct context *ctx, const struct value *v, struct buf *out)
{
	struct eun_ip ip;
	(void)ctx;
	memcpy(&ip, v->ptr, sizeof(ip));
	buf_char(out, '"');
	address_text(out, &ip, 0);
	buf_char(out, '"');
}

static void json_sockaddr(const struct context *ctx, const struct value *v, struct buf *out)
{
	struct eun_sockaddr addr;
	(void)ctx;
	memcpy(&addr, v->ptr, sizeof(addr));
	const char *family = address_family(addr.family);
	buf_str(out, "{\"addr\":");
	if (address_is_inet(&addr)) {
		buf_char(out, '"');
		address_text(out, &addr.addr, addr.scope);
		buf_char(out, '"');
	} else {
		buf_str(out, "null");
	}
	buf_str(out, ",\"port\":");
	buf_u64(out, addr.port);
	buf_str(out, ",\"family\":");
	if (family)
		json_text(out, family);
	else
		buf_u64(out, addr.family);
	buf_char(out, '}');
}

static void json_enum(const struct context *ctx, const struct value *v, struct buf *out)
{
	const char *label = cell_label(ctx->cell, v->u);
	if (label)
		json_text(out, label);
	else
		buf_u64(out, v->u);
}

static void json_flags(const struct context *ctx, const struct value *v, struct buf *out)
{
	uint64_t left = v->u;
	const char *name;
	buf_char(out, '[');
	size_t start = out->len;
	for (uint32_t at = 0; (name = flags_next(ctx->cell->field, &at, &left));) {
		comma(out, start);
		json_text(out, name);
	}
	if (left) {
		comma(out, start);
		buf_char(out, '"');
		buf_hex(out, left);
		buf_char(out, '"');
	}
	buf_char(out, ']');
}

static void json_caps(const struct context *ctx, const struct value *v, struct buf *out)
{
	(void)ctx;
	buf_char(out, '[');
	size_t start = out->len;
	for (unsigned bit = 0; bit < 64; bit++) {
		const char *name = cap_name(bit);
		if (!(v->u >> bit & 1))
			continue;
		comma(out, start);
		if (name)
			json_text(out, name);
		else
			buf_u64(out, bit);
	}
	buf_char(out, ']');
}

static void json_bytes(const struct context *ctx, const struct value *v, struct buf *out)
{
	(void)ctx;
	buf_char(out, '"');
	buf_hex_bytes(out, v->ptr, v->len);
	buf_char(out, '"');
}

static void json_u64s(const struct context *ctx, const struct value *v, struct buf *out)
{
	buf_char(out, '[');
	size_t start = out->len;
	for (uint32_t i = 0; i < u64s_count(v); i++) {
		comma(out, start);
		json_number(ctx, u64s_at(v, i), out);
	}
	buf_char(out, ']');
}

static void json_hist(const struct context *ctx, const struct value *v, struct buf *out)
{
	buf_str(out, "{\"slots\":[");
	size_t start = out->len;
	for (uint32_t i = 0; i < u64s_count(v); i++) {
		if (!u64s_at(v, i))
			continue;
		comma(out, start);
		buf_str(out, "{\"lo\":");
		json_number(ctx, hist_low(i), out);
		buf_str(out, ",\"hi\":");
		json_number(ctx, hist_high(i), out);
		buf_str(out, ",\"count\":");
		json_number(ctx, u64s_at(v, i), out);
		buf_char(out, '}');
	}
	buf_str(out, "]}");
}

static void json_stack(const struct context *ctx, const struct value *v, struct buf *out)
{
	(void)ctx;
	buf_char(out, '[');
	size_t start = out->len;
	for (uint32_t i = 0; i < u64s_count(v) && u64s_at(v, i); i++) {
		comma(out, start);
		buf_char(out, '"');
		buf_hex(out, u64s_at(v, i));
		buf_char(out, '"');
	}
	buf_char(out, ']');
}

static value_writer *const types[EUN_TYPES] = {
	[EUN_U8] = json_unsigned,       [EUN_U16] = json_unsigned, [EUN_U32] = json_unsigned,
	[EUN_U64] = json_unsigned,      [EUN_S8] = json_signed,    [EUN_S16] = json_signed,
	[EUN_S32] = json_signed,        [EUN_S64] = json_signed,   [EUN_BOOL] = json_bool,
	[EUN_TIME] = json_time,         [EUN_CHARS] = json_string, [EUN_STRING] = json_string,
	[EUN_STRINGS] = json_strings,   [EUN_PATH] = json_string,  [EUN_IP] = json_ip,
	[EUN_SOCKADDR] = json_sockaddr, [EUN_ENUM] = json_enum,    [EUN_FLAGS] = json_flags,
	[EUN_ERRNO] = json_signed,      [EUN_CAPS] = json_caps,    [EUN_BYTES] = json_bytes,
	[EUN_U64S] = json_u64s,         [EUN_HIST] = json_hist,    [EUN_STACK] = json_stack,
};

/* With columns: each named once, whatever was asked, for a key may stand in an object once. */
static void named_layout(const struct writer *w, struct layout *layout)
{
	for (uint32_t i = 0; i < w->n_columns; i++) {
		const char *name = w->columns[i].field;
		uint32_t before = 0;
		while (before < i && strcmp(w->columns[before].field, name) != 0)
			before++;
		if (before == i)
			layout_add(layout, stream_field(layout->stream, name), NULL, ",\"", name, "\":");
	}
}

/* The object of a container, of computed fields. */
static const struct {
	const char *key, *field;
	bool optional; /* left out when it has no value */
} parts[CONTAINER_PARTS] = {
	{"id", "container.id", false},
	{"name", "container.name", false},
	{"image", "container.image", false},
	{"runtime", "container.runtime", false},
	{"state", "container.state", false},
	{"pod", "container.pod", true},
	{"pod_namespace", "container.pod_namespace", true},
};
#define PART_STATE 4

static void json_layout(const struct writer *w, struct layout *layout)
{
	if (w->options.columns) {
		named_layout(w, layout);
		return;
	}
	/* The first header field is the time, here called ts. */
	if (!stream_field(layout->stream, "ts"))
		layout_add(layout, &header_fields[0], NULL, ",\"", "ts", "\":");
	layout_add_all(layout, 1, ",\"", "\":");
	const struct field *own = stream_field(layout->stream, "container");
	layout->container = !own || own->get;
	for (int i = 0; i < CONTAINER_PARTS; i++)
		layout->parts[i] = stream_field(layout->stream, parts[i].field);
}

static void json_part(const struct view *view, const struct field *field, struct buf *out)
{
	struct value v;
	if (field && view_read(view, field, &v))
		types[field->type](&(struct context){.cell = &(struct cell){.field = field}}, &v, out);
	else
		buf_str(out, "null");
}

static void json_container(const struct layout *layout, const struct view *view, struct buf *out)
{
	const struct field *state = layout->parts[PART_STATE];
	uint16_t flags;
	struct value v;
	memcpy(&flags, (const char *)view->rec + offsetof(struct eun_event, flags), sizeof(flags));
	buf_str(out, ",\"container\":");
	if (state ? !view_read(view, state, &v) : !(flags & EUN_CONTAINER)) {
		buf_str(out, "null");
		return;
	}
	buf_char(out, '{');
	for (int i = 0; i < CONTAINER_PARTS; i++) {
		const struct field *field = layout->parts[i];
		if (parts[i].optional && (!field || !view_read(view, field, &v)))
			continue;
		buf_str(out, i ? ",\"" : "\"");
		buf_str(out, parts[i].key);
		buf_str(out, "\":");
		if (i == PART_STATE && !field)
			buf_str(out, "\"pending\"");
		else
			json_part(view, field, out);
	}
	buf_char(out, '}');
}

static void json_cell(struct stamp *stamp, const struct cell *cell, const struct view *view, bool big_as_text,
		      struct buf *out)
{
	char text[PLUGIN_TEXT_MAX];
	struct value v;
	if (!cell->field || !view_read(view, cell->field, &v))
		buf_str(out, "null");
	else if (plugin_text(cell, view, &v, false, text, sizeof(text)))
		json_text(out, text);
	else
		types[cell->field->type](&(struct context){.cell = cell, .stamp = stamp, .big_as_text = big_as_text},
					 &v, out);
}

int value_json(const struct view *view, const struct field *field, int64_t clock_offset, struct buf *out)
{
	size_t start = out->len;
	struct stamp stamp;
	struct cell cell = cell_of(view->stream, field);
	stamp_init(&stamp, clock_offset);
	json_cell(&stamp, &cell, view, false, out);
	return buf_commit(out, start);
}

static void json_event(struct writer *w, const struct layout *layout, const struct view *view, struct buf *out)
{
	buf_char(out, '{');
	for (uint32_t i = 0; i < layout->n_cells; i++) {
		const struct cell *cell = &layout->cells[i];
		buf_add(out, layout->leads.data + cell->lead + !i,
			cell->lead_len - !i); /* the first without its comma */
		json_cell(&w->stamp, cell, view, w->options.big_as_text, out);
	}
	if (layout->container)
		json_container(layout, view, out);
	buf_add(out, "}\n", 2);
}

static void json_lost(struct writer *w, const struct stream *stream, uint64_t count, uint64_t time, struct buf *out)
{
	buf_str(out, "{\"ts\":\"");
	stamp_utc(&w->stamp, time, out);
	buf_str(out, "\",\"stream\":\"lost\",\"of\":");
	json_text(out, stream->name);
	buf_str(out, ",\"count\":");
	buf_u64(out, count);
	buf_add(out, "}\n", 2);
}

const struct format_ops json_format = {
	.name = "json",
	.layout = json_layout,
	.event = json_event,
	.lost = json_lost,
};
