/* SPDX-License-Identifier: MIT */
/* Values as text, a function per type. */
#include "address.h"
#include "escape.h"
#include "format.h"
#include "names.h"

/* Text that the traced world or a plugin chose. */
static void foreign_text(const struct cell *cell, const char *text, size_t n, struct buf *out)
{
	if (cell->column)
		escape_text(out, text, n);
	else
		escape_word(out, text, n);
}

/* n / divisor with decimals, rounded. */
static void scaled_text(bool negative, uint64_t n, const struct column *column, struct buf *out)
{
	uint64_t power = 1, divisor = column->divisor ? column->divisor : 1;
	uint32_t decimals = column->decimals < 9 ? column->decimals : 9;
	for (uint32_t i = 0; i < decimals; i++)
		power *= 10;
	uint64_t whole = n / divisor, part = n % divisor, product, rest;
	if (__builtin_mul_overflow(part, power, &product) || __builtin_add_overflow(product, divisor / 2, &product))
		rest = (uint64_t)(((unsigned __int128)part * power + divisor / 2) / divisor);
	else
		rest = product / divisor;
	whole += rest / power;
	rest %= power;
	if (negative && (whole || rest))
		buf_char(out, '-');
	buf_u64(out, whole);
	if (!decimals)
		return;
	buf_char(out, '.');
	for (power /= 10; power > rest && power > 1; power /= 10)
		buf_char(out, '0');
	buf_u64(out, rest);
}

/* An integer in the base its field wants; false: it is to be decimal. */
static bool based_text(const struct field *f, uint64_t n, struct buf *out)
{
	if (!(f->flags & (EUN_FIELD_HEX | EUN_FIELD_OCTAL)))
		return false;
	if (f->size < sizeof(n))
		n &= (1ull << 8 * f->size) - 1;
	if (f->flags & EUN_FIELD_HEX)
		buf_hex(out, n);
	else
		buf_octal(out, n);
	return true;
}

static bool is_scaled(const struct context *ctx)
{
	const struct column *c = ctx->cell->column;
	return ctx->style->for_people && c && (c->divisor > 1 || c->decimals);
}

static void unsigned_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	if (is_scaled(ctx))
		scaled_text(false, v->u, ctx->cell->column, out);
	else if (!based_text(ctx->cell->field, v->u, out))
		buf_u64(out, v->u);
}

static void signed_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	if (is_scaled(ctx))
		scaled_text(v->s < 0, v->s < 0 ? 0 - (uint64_t)v->s : (uint64_t)v->s, ctx->cell->column, out);
	else if (!based_text(ctx->cell->field, (uint64_t)v->s, out))
		buf_s64(out, v->s);
}

static void bool_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	(void)ctx;
	buf_str(out, v->u ? "true" : "false");
}

static void time_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	if (ctx->style->utc)
		stamp_utc(ctx->stamp, v->u, out);
	else
		stamp_local(ctx->stamp, v->u, ctx->style->decimals[!ctx->cell->column], out);
}

static void string_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	foreign_text(ctx->cell, v->ptr, v->len, out);
}

static void strings_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	bool quoted = ctx->cell->column && ctx->cell->column->flags & EUN_COLUMN_QUOTED;
	size_t start = out->len;
	const char *word;
	size_t n;
	for (uint32_t at = 0; strings_next(v, &at, &word, &n);) {
		if (word != v->ptr)
			buf_char(out, ' ');
		if (quoted)
			escape_quoted(out, word, n);
		else
			escape_word(out, word, n);
	}
	if (!ctx->cell->column &&
	    (out->len == start || memchr(out->data + start, ' ', out->len - start) || out->data[start] == '"'))
		escape_wrap(out, start, '\\');
}

static void ip_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	struct eun_ip ip;
	(void)ctx;
	memcpy(&ip, v->ptr, sizeof(ip));
	address_text(out, &ip, 0);
}

static void sockaddr_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	struct eun_sockaddr addr;
	(void)ctx;
	memcpy(&addr, v->ptr, sizeof(addr));
	address_sockaddr(out, &addr);
}

static void enum_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	const char *label = cell_label(ctx->cell, v->u);
	if (label)
		foreign_text(ctx->cell, label, strlen(label), out);
	else if (!based_text(ctx->cell->field, v->u, out))
		buf_u64(out, v->u);
}

static void flags_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	size_t start = out->len;
	uint64_t left = v->u;
	const char *name;
	for (uint32_t at = 0; (name = flags_next(ctx->cell->field, &at, &left));) {
		if (out->len > start)
			buf_char(out, '|');
		foreign_text(ctx->cell, name, strlen(name), out);
	}
	if (left && out->len > start)
		buf_char(out, '|');
	if (left)
		buf_hex(out, left);
	else if (out->len == start)
		buf_char(out, '0');
}

static void errno_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	const char *name = v->s < 0 && v->s > -4096 ? errno_name((int)-v->s) : NULL;
	(void)ctx;
	if (name)
		buf_str(out, name);
	else
		buf_s64(out, v->s);
}

static void caps_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	size_t start = out->len;
	(void)ctx;
	for (unsigned bit = 0; bit < 64; bit++) {
		const char *name = cap_name(bit);
		if (!(v->u >> bit & 1))
			continue;
		if (out->len > start)
			buf_char(out, '|');
		if (name)
			buf_str(out, name);
		else
			buf_u64(out, bit);
	}
	if (out->len == start)
		buf_char(out, '0');
}

static void bytes_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	(void)ctx;
	buf_hex_bytes(out, v->ptr, v->len);
}

static void u64s_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	(void)ctx;
	for (uint32_t i = 0; i < u64s_count(v); i++) {
		if (i)
			buf_char(out, ',');
		buf_u64(out, u64s_at(v, i));
	}
}

static void hist_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	size_t start = out->len;
	(void)ctx;
	for (uint32_t i = 0; i < u64s_count(v); i++) {
		if (!u64s_at(v, i))
			continue;
		if (out->len > start)
			buf_char(out, ',');
		buf_u64(out, hist_low(i));
		buf_char(out, '-');
		buf_u64(out, hist_high(i));
		buf_char(out, ':');
		buf_u64(out, u64s_at(v, i));
	}
}

static void stack_text(const struct context *ctx, const struct value *v, struct buf *out)
{
	(void)ctx;
	for (uint32_t i = 0; i < u64s_count(v) && u64s_at(v, i); i++) {
		if (i)
			buf_char(out, ',');
		buf_hex(out, u64s_at(v, i));
	}
}

static const struct {
	value_writer *write;
	struct look look;
} types[EUN_TYPES] = {
	[EUN_U8] = {unsigned_text, {3, true}},
	[EUN_U16] = {unsigned_text, {5, true}},
	[EUN_U32] = {unsigned_text, {7, true}},
	[EUN_U64] = {unsigned_text, {10, true}},
	[EUN_S8] = {signed_text, {4, true}},
	[EUN_S16] = {signed_text, {6, true}},
	[EUN_S32] = {signed_text, {7, true}},
	[EUN_S64] = {signed_text, {10, true}},
	[EUN_BOOL] = {bool_text, {5, false}},
	[EUN_TIME] = {time_text, {8, false}},
	[EUN_CHARS] = {string_text, {EUN_COMM_LEN, false}},
	[EUN_STRING] = {string_text, {16, false}},
	[EUN_STRINGS] = {strings_text, {16, false}},
	[EUN_PATH] = {string_text, {16, false}},
	[EUN_IP] = {ip_text, {15, false}},
	[EUN_SOCKADDR] = {sockaddr_text, {21, false}},
	[EUN_ENUM] = {enum_text, {8, false}},
	[EUN_FLAGS] = {flags_text, {8, false}},
	[EUN_ERRNO] = {errno_text, {7, false}},
	[EUN_CAPS] = {caps_text, {8, false}},
	[EUN_BYTES] = {bytes_text, {8, false}},
	[EUN_U64S] = {u64s_text, {8, false}},
	[EUN_HIST] = {hist_text, {8, false}},
	[EUN_STACK] = {stack_text, {8, false}},
};

struct look text_look(enum eun_type type)
{
	return type < EUN_TYPES ? types[type].look : (struct look){0};
}

bool plugin_text(const struct cell *cell, const struct view *view, const struct value *v, bool for_people, char *text,
		 uint32_t size)
{
	const struct stream *s = view->stream;
	const struct field *f = cell->field;
	if (!cell->own || !s->format || !(for_people || f->flags & EUN_FIELD_TEXT))
		return false;
	bool ref = type_is_ref(f->type);
	const char *bytes = ref ? v->ptr : (const char *)view->rec + f->offset;
	text[0] = '\0';
	if (s->format(s->format_self, s->format_stream, f->index, bytes, ref ? v->len : f->size, text, size) < 0)
		return false;
	text[size - 1] = '\0';
	return true;
}

void text_value(const struct text_style *style, struct stamp *stamp, const struct cell *cell, const struct view *view,
		struct buf *out)
{
	struct value v;
	char text[PLUGIN_TEXT_MAX];
	if (!cell->field || !view_read(view, cell->field, &v)) {
		buf_str(out, style->absent);
		return;
	}
	if (plugin_text(cell, view, &v, style->for_people, text, sizeof(text))) {
		foreign_text(cell, text, strlen(text), out);
		return;
	}
	types[cell->field->type].write(&(struct context){.cell = cell, .stamp = stamp, .style = style}, &v, out);
}

int value_text(const struct view *view, const struct field *field, int64_t clock_offset, struct buf *out)
{
	static const struct column alone;
	size_t start = out->len;
	struct stamp stamp;
	struct cell cell = cell_of(view->stream, field);
	cell.column = &alone;
	stamp_init(&stamp, clock_offset);
	text_value(text_format.style, &stamp, &cell, view, out);
	return buf_commit(out, start);
}
