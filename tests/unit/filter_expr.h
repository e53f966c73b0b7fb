/* SPDX-License-Identifier: MIT */
/* Random expressions as trees and as text, and random records with what is in them beside. */
#ifndef TESTS_UNIT_FILTER_EXPR_H
#define TESTS_UNIT_FILTER_EXPR_H

#include <arpa/inet.h>

#include "filter_fixture.h"

#define TEXT_MAX 24

typedef __int128 wide;

/* ---- chance ---- */

static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 20) % below);
}

static bool one_in(uint32_t n)
{
	return !rnd(n);
}

/* What the texts of a case have in common, so that values and literals match often enough. */
static unsigned char theme[TEXT_MAX];

static void rnd_theme(void)
{
	static const char bytes[] = "aaaabbAB/. \n\xff\xc3-\0\0\0"; /* with the one that ends it */
	for (uint32_t i = 0; i < TEXT_MAX; i++)
		theme[i] = (unsigned char)bytes[rnd(sizeof(bytes))];
}

/* A piece of the theme, with a change now and then; `nul`: may hold NUL, else there is a space in its place. */
static uint32_t rnd_text(unsigned char *out, uint32_t most, bool nul)
{
	uint32_t len = one_in(2) ? most : rnd(rnd(most + 1) + 1);
	memcpy(out, theme + (one_in(2) ? 0 : rnd(TEXT_MAX - len + 1)), len);
	for (uint32_t changes = rnd(3); changes && len; changes--)
		out[rnd(len)] = theme[rnd(TEXT_MAX)];
	for (uint32_t i = 0; i < len && !nul; i++)
		out[i] = out[i] ? out[i] : ' ';
	return len;
}

/* ---- fields ---- */

enum kind { NUMBER, BOOL, TEXT, ARGV, ADDRESS, ENUM, FLAGS, ERRNO, CAPS, BYTES, OPAQUE };

struct known {
	const char *name;
	enum kind kind;
	int bits;       /* of numbers, negative: signed */
	int in;         /* bit 0: test.all, bit 1: test.few */
	bool qualified; /* must be: the other stream has another type */
	uint64_t unit;  /* times: ns in one; 1024: sizes */
	uint32_t size;  /* of char arrays */
};

static const struct known fields[] = {
	{"u8", NUMBER, 8, 1, false, 1024, 0},
	{"u16", NUMBER, 16, 1, false, 1024, 0},
	{"u32", NUMBER, 32, 1, false, 1024, 0},
	{"u64", NUMBER, 64, 1, false, 1024, 0},
	{"s8", NUMBER, -8, 1, false, 1024, 0},
	{"s16", NUMBER, -16, 1, false, 1024, 0},
	{"s32", NUMBER, -32, 1, false, 1024, 0},
	{"s64", NUMBER, -64, 1, false, 1024, 0},
	{"failed", BOOL, 8, 1, false, 0, 0},
	{"only", BOOL, 8, 2, false, 0, 0},
	{"at", NUMBER, 64, 1, false, 1, 0},
	{"rtt_us", NUMBER, 64, 1, false, 1000, 0},
	{"name", TEXT, 0, 1, false, 0, 12},
	{"string", TEXT, 0, 1, false, 0, 0},
	{"argv", ARGV, 0, 1, false, 0, 0},
	{"path", TEXT, 0, 3, false, 0, 0},
	{"daddr", ADDRESS, 0, 1, false, 0, 0},
	{"peer", ADDRESS, 0, 1, false, 0, 0},
	{"state", ENUM, 8, 1, false, 0, 0},
	{"flags", FLAGS, 32, 1, false, 0, 0},
	{"ret", ERRNO, -32, 3, false, 0, 0},
	{"caps", CAPS, 64, 1, false, 0, 0},
	{"bytes", BYTES, 0, 1, false, 0, 0},
	{"hist", OPAQUE, 0, 1, false, 0, 0},
	{"dport", NUMBER, 16, 3, false, 1024, 0},
	{"tag", NUMBER, 16, 1, true, 1024, 0},
	{"tag", TEXT, 0, 2, true, 0, 8},
	{"pid", NUMBER, 32, 3, false, 1024, 0},
	{"time", NUMBER, 64, 3, false, 1, 0},
	{"comm", TEXT, 0, 3, false, 0, 16},
	{"event_flags", FLAGS, 16, 3, false, 0, 0},
	{"container.name", TEXT, 0, 3, false, 0, 0},
	{"depth", NUMBER, -32, 3, false, 1024, 0},
	{"stream", TEXT, 0, 3, false, 0, 0},
};

struct model {
	bool present;
	wide n;
	unsigned char b[TEXT_MAX];
	uint32_t len;
};

static wide clamp(wide n, int bits)
{
	uint32_t width = (uint32_t)abs(bits) - (bits < 0);
	wide most = ((wide)1 << width) - 1, least = bits < 0 ? -most - 1 : 0;
	return n > most ? most : n < least ? least : n;
}

static wide rnd_number(int bits)
{
	static const wide edges[] = {0,    1,     7,     8,     64,        127,        128,       255,
				     1024, 32767, 65535, 65536, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX};
	wide n = one_in(2) ? rnd(10) : edges[rnd(COUNT(edges))] + (wide)rnd(3) - 1;
	return clamp(bits < 0 && one_in(2) ? -n : n, bits);
}

static void rnd_address(unsigned char out[16])
{
	static const unsigned char starts[][16] = {
		{[10] = 0xff, 0xff, 10, 0, 0, 1},
		{[10] = 0xff, 0xff, 10, 1, 2, 3},
		{[10] = 0xff, 0xff, 192, 168, 0, 0},
		{0xfe, 0x80, [15] = 1},
		{[15] = 1},
		{0},
		{0x20, 1, 0xd, 0xb8},
		{[10] = 0xff, 0xfe, 10},
		{[9] = 1},
	};
	memcpy(out, starts[rnd(COUNT(starts))], 16);
	if (one_in(3))
		out[12 + rnd(4)] ^= (unsigned char)(1 << rnd(8));
	if (one_in(9))
		out[rnd(16)] ^= (unsigned char)(1 << rnd(8));
}

/* ---- records ---- */

/* Out of bounds in all the ways there are. */
static eun_ref bad_ref(uint32_t record_len)
{
	const eun_ref refs[] = {0,
				EUN_REF(record_len, 1),
				EUN_REF(record_len + 1, 0),
				EUN_REF(record_len - 1, 2),
				EUN_REF(0xffff, rnd(0x10000)),
				EUN_REF(0, rnd(0x10000)),
				EUN_REF(80, 0xffff)};
	return refs[rnd(COUNT(refs))];
}

static void rnd_value(const struct known *k, struct model *m)
{
	*m = (struct model){.present = true};
	if (k->kind == TEXT || k->kind == ARGV || k->kind == BYTES)
		m->len = rnd_text(m->b, k->size ? k->size : TEXT_MAX, k->kind == ARGV || (!k->size && one_in(8)));
	else if (k->kind == ADDRESS)
		rnd_address(m->b);
	else if (k->kind == ERRNO)
		m->n = one_in(3) ? rnd_number(-32) : -(wide)rnd(4);
	else if (k->kind == ENUM)
		m->n = rnd(12);
	else if (k->kind == FLAGS)
		m->n = clamp((wide)(rnd(4) | rnd(16) << 6), k->bits);
	else if (k->kind == CAPS)
		m->n = (wide)rnd(4) << 21 | rnd(4);
	else if (k->kind != OPAQUE)
		m->n = rnd_number(k->bits);
}

/* Puts a value where the schema says, and takes from it what a record can't hold. */
static void put_value(struct record *r, const struct stream *s, const struct known *k, struct model *m, eun_ref **refs,
		      uint32_t *n)
{
	const struct field *f = stream_field(s, k->name);
	char *at = r->bytes + f->offset;
	if (type_is_ref(f->type)) {
		eun_ref ref = record_put(r, m->b, m->len);
		m->n = m->len > 0; /* else it holds no string, not even an empty one */
		if (k->kind == ARGV && m->len && !m->b[m->len - 1])
			m->len--; /* the NUL of the last string */
		memcpy(at, &ref, sizeof(ref));
		if (one_in(4)) {
			m->present = false;
			refs[(*n)++] = (eun_ref *)at;
		}
	} else if (k->size) {
		memcpy(at, m->b, m->len);
		if (m->len + 1 < k->size)
			rnd_text((unsigned char *)at + m->len + 1, k->size - m->len - 1, true);
	} else if (f->type == EUN_SOCKADDR) {
		struct eun_sockaddr sa = {.port = 80, .family = rnd(4) ? (uint16_t)(one_in(2) ? 2 : 10) : 1};
		memcpy(sa.addr.b, m->b, 16);
		memcpy(at, &sa, sizeof(sa));
		m->len = sa.family; /* 1 exists, but is no address */
	} else if (f->type == EUN_IP) {
		memcpy(at, m->b, 16);
	} else if (k->kind != OPAQUE) {
		memcpy(at, &m->n, f->size);
	}
}

static void rnd_record(const struct fixture *f, struct record *r, struct model *models)
{
	int in = one_in(3) ? 1 : 0;
	const struct stream *s = f->streams[in];
	eun_ref *refs[COUNT(fields)];
	uint32_t n_refs = 0, pid = 0;
	record_begin(r, s);
	for (uint32_t i = 0; i < COUNT(fields); i++) {
		const struct known *k = &fields[i];
		struct model *m = &models[i];
		*m = (struct model){0};
		if (!(k->in & 1 << in))
			continue;
		rnd_value(k, m);
		if (!strcmp(k->name, "container.name")) {
			m->present = pid & 1;
			memcpy(m->b, "box", m->len = 3);
		} else if (!strcmp(k->name, "depth")) {
			m->n = -(wide)(int32_t)pid;
		} else if (!strcmp(k->name, "stream")) {
			memcpy(m->b, s->name, m->len = (uint32_t)strlen(s->name));
		} else {
			if (!strcmp(k->name, "pid"))
				m->n = pid = rnd(20);
			put_value(r, s, k, m, refs, &n_refs);
		}
	}
	for (uint32_t i = 0; i < n_refs; i++)
		*refs[i] = bad_ref(r->head.len);
}

/* ---- expressions ---- */

enum shape { S_AND, S_OR, S_NOT, S_TRUE, S_FALSE, S_LEAF };
enum oper {
	O_EQ,
	O_NE,
	O_LT,
	O_LE,
	O_GT,
	O_GE,
	O_IN,
	O_CONTAINS,
	O_ICONTAINS,
	O_STARTS,
	O_ENDS,
	O_GLOB,
	O_REGEX,
	O_HAS,
	O_EXISTS,
	O_ALONE
};
static const char *const words[] = {"=",         "!=",         "<",        "<=",   ">",     ">=",  "in",    "contains",
				    "icontains", "startswith", "endswith", "glob", "regex", "has", "exists"};

struct lit {
	wide n;
	unsigned char b[TEXT_MAX * 2];
	uint32_t len;
	uint32_t prefix;
	char text[160];
};

struct expr {
	enum shape shape;
	struct expr *kids[4];
	uint32_t n_kids;
	const struct known *field;
	int stream; /* 0: name alone; 1, 2: qualified */
	enum oper op;
	struct lit lits[14];
	uint32_t n_lits;
};

/* A text as a word or in quotes. */
static void write_text(const unsigned char *b, uint32_t len, char *out)
{
	bool word = len > 0;
	for (uint32_t i = 0; i < len; i++)
		word &= b[i] > ' ' && b[i] != 0x7f && !strchr("()=!<>,\"'", b[i]);
	if (word && one_in(2)) {
		memcpy(out, b, len);
		out[len] = '\0';
		return;
	}
	char quote = one_in(2) ? '"' : '\'';
	*out++ = quote;
	for (uint32_t i = 0; i < len; i++)
		if (b[i] == '\n' || one_in(9))
			out += sprintf(out, "\\x%02x", b[i]);
		else if (b[i] == (unsigned char)quote || b[i] == '\\')
			out += sprintf(out, "\\%c", b[i]);
		else
			*out++ = (char)b[i];
	*out++ = quote;
	*out = '\0';
}

static void write_number(wide n, uint64_t unit, char *out)
{
	static const struct {
		const char *name;
		uint64_t ns, size;
	} units[] = {{"k", 0, 1024},  {"m", 60000000000, 1048576}, {"g", 0, 1 << 30},   {"ns", 1, 0},
		     {"us", 1000, 0}, {"ms", 1000000, 0},          {"s", 1000000000, 0}};
	uint64_t u = (uint64_t)(n < 0 ? -n : n);
	out += sprintf(out, "%s", n < 0 ? "-" : "");
	uint32_t i = rnd(COUNT(units));
	uint64_t factor = unit == 1024 ? units[i].size : units[i].ns, scale = unit == 1024 || !unit ? 1 : unit;
	wide total = (wide)u * scale;
	if (unit && factor && total % factor == 0 && total / factor <= UINT64_MAX)
		sprintf(out, "%llu%s", (unsigned long long)(total / factor), units[i].name);
	else if (one_in(4))
		sprintf(out, "0x%llx", (unsigned long long)u);
	else if (one_in(4))
		sprintf(out, "0o%llo", (unsigned long long)u);
	else if (one_in(4))
		sprintf(out, "0%llo", (unsigned long long)u);
	else
		sprintf(out, "%llu", (unsigned long long)u);
}

/* Of a label table, joined by '|'; or a number. */
static void write_mask(uint64_t n, const struct eun_label *labels, char *out)
{
	uint64_t left = n;
	char *at = out;
	for (; labels->name; labels++)
		if (labels->value && (left & labels->value) == labels->value) {
			at += sprintf(at, "%s%s", at > out ? "|" : "", labels->name);
			left &= ~labels->value;
		}
	if (left || at == out || one_in(3))
		sprintf(out, "%llu", (unsigned long long)n);
}

static const struct eun_label event_labels[] = {{1, "ia32"},      {2, "container"},     {4, "not_actor"},
						{8, "truncated"}, {16, "args_changed"}, {32, "chrooted"},
						{0, NULL}};
static const struct eun_label cap_labels[] = {
	{1, "CAP_CHOWN"}, {2, "cap_dac_override"}, {1 << 21, "CAP_SYS_ADMIN"}, {1 << 22, "CAP_SYS_BOOT"}, {0, NULL}};
static const struct eun_label errno_labels[] = {
	{1, "EPERM"}, {2, "-ENOENT"}, {3, "ESRCH"}, {11, "EWOULDBLOCK"}, {0, NULL}};

static const char *label(const struct eun_label *labels, wide n)
{
	while (labels->name && labels->value != (uint64_t)n)
		labels++;
	return one_in(2) ? labels->name : NULL;
}

static void address_lit(struct lit *lit, bool network)
{
	char text[64];
	rnd_address(lit->b);
	bool mapped = !memcmp(lit->b, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12), v4 = mapped && !one_in(4);
	lit->prefix = network && one_in(2) ? rnd(129) : 128;
	if (v4 && lit->prefix < 96)
		lit->prefix = 96 + lit->prefix / 4;
	for (uint32_t i = lit->prefix; i < 128; i++)
		lit->b[i / 8] &= (unsigned char)~(0x80 >> i % 8);
	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? lit->b + 12 : lit->b, text, sizeof(text));
	if (lit->prefix == 128 && (!network || one_in(2)))
		sprintf(lit->text, one_in(2) ? "%s" : "\"%s\"", text);
	else
		sprintf(lit->text, "%s/%u", text, v4 ? lit->prefix - 96 : lit->prefix);
}

/* Units of a byte or a set, with a repeat behind each in a regex. */
static void pattern_lit(struct lit *lit, bool regex)
{
	static const char *const globs[] = {"a",     "b",    "A",     "/",    "*",   "*",   "?", "[ab]",
					    "[!ab]", "[^a]", "[A-b]", "[]a]", "\\a", "\\*", " ", "["};
	static const char *const regexes[] = {"a", "b", "A", "/", ".", "[ab]", "[^ab]", "\\.", " ", "[A-B]"};
	static const char *const repeats[] = {"", "", "*", "+", "?"};
	char text[sizeof(lit->b)] = "";
	uint32_t n = rnd(5);
	if (regex && one_in(3))
		strcat(text, "^");
	for (uint32_t i = 0; i < n; i++) {
		strcat(text, regex ? regexes[rnd(COUNT(regexes))] : globs[rnd(COUNT(globs))]);
		if (regex)
			strcat(text, repeats[rnd(COUNT(repeats))]);
	}
	if (regex && one_in(3))
		strcat(text, "$");
	lit->len = (uint32_t)strlen(text);
	memcpy(lit->b, text, lit->len);
	write_text(lit->b, lit->len, lit->text);
}

static void rnd_lit(const struct expr *e, struct lit *lit)
{
	const struct known *k = e->field;
	*lit = (struct lit){0};
	const char *name = NULL;
	if (k->kind == ADDRESS) {
		address_lit(lit, e->op == O_IN);
	} else if (e->op == O_GLOB || e->op == O_REGEX) {
		pattern_lit(lit, e->op == O_REGEX);
	} else if (k->kind == TEXT || k->kind == ARGV) {
		lit->len = rnd_text(lit->b, k->size && e->op <= O_NE ? k->size : e->op <= O_IN ? TEXT_MAX : 4, false);
		if (!strcmp(k->name, "stream") && one_in(2))
			lit->len = (uint32_t)sprintf((char *)lit->b, "test.%s", one_in(2) ? "all" : "few");
		if (!strcmp(k->name, "container.name") && one_in(2))
			lit->len = (uint32_t)sprintf((char *)lit->b, "box");
		write_text(lit->b, lit->len, lit->text);
	} else if (k->kind == BYTES) {
		lit->len = rnd_text(lit->b, 3, true);
		char *at = lit->text + sprintf(lit->text, "'");
		for (uint32_t i = 0; i < lit->len; i++)
			at += sprintf(at, one_in(2) ? "%02x" : "%02X", lit->b[i]);
		strcpy(at, "'");
	} else if (k->kind == BOOL) {
		lit->n = one_in(2);
		strcpy(lit->text, lit->n ? "true" : "false");
	} else {
		struct model m;
		rnd_value(k, &m);
		lit->n = m.n;
		if (k->kind == FLAGS && e->op == O_HAS && !lit->n)
			lit->n = 2;
		if (k->kind == NUMBER && e->op == O_HAS && !lit->n)
			lit->n = 8;
		if (k->kind == CAPS && !lit->n)
			lit->n = 1;
		if (k->kind == ENUM)
			name = label(state_labels, lit->n);
		else if (k->kind == ERRNO)
			name = label(errno_labels, -lit->n);
		if (name)
			strcpy(lit->text, name);
		else if (k->kind == FLAGS || k->kind == CAPS)
			write_mask((uint64_t)lit->n,
				   k->kind == CAPS ? cap_labels
				   : k->bits == 16 ? event_labels
						   : flag_labels,
				   lit->text);
		else
			write_number(lit->n, k->unit, lit->text);
	}
}

static enum oper rnd_op(const struct known *k)
{
	static const enum oper equal[] = {O_EQ, O_NE, O_IN, O_EXISTS};
	enum oper op;
	switch (k->kind) {
	case NUMBER:
	case ENUM:
	case ERRNO:
		op = rnd(O_IN + 1);
		return one_in(20)                                                                       ? O_EXISTS
		       : op == O_LT && k->kind == NUMBER && k->bits > 0 && one_in(2) && k->unit == 1024 ? O_HAS
													: op;
	case BOOL:
		return one_in(2) ? O_ALONE : one_in(9) ? O_EXISTS : one_in(2) ? O_EQ : O_NE;
	case TEXT:
	case ARGV:
		op = rnd(O_REGEX + 1);
		op = op >= O_LT && op <= O_GE ? O_IN : op;
		return one_in(20) ? O_EXISTS : k->kind == ARGV && one_in(5) ? O_HAS : op;
	case BYTES: {
		static const enum oper ops[] = {O_EQ, O_NE, O_IN, O_CONTAINS, O_STARTS, O_ENDS, O_EXISTS};
		return ops[rnd(COUNT(ops))];
	}
	case OPAQUE:
		return O_EXISTS;
	case FLAGS:
	case CAPS:
		return one_in(2) ? O_HAS : equal[rnd(4)];
	default:
		return equal[rnd(4)];
	}
}

static struct expr *rnd_expr(uint32_t depth)
{
	struct expr *e = calloc(1, sizeof(*e));
	e->shape = depth && !one_in(4) ? rnd(3) : one_in(40) ? S_TRUE + rnd(2) : S_LEAF;
	if (e->shape <= S_NOT) {
		e->n_kids = e->shape == S_NOT ? 1 : 2 + rnd(3);
		for (uint32_t i = 0; i < e->n_kids; i++)
			e->kids[i] = rnd_expr(depth - 1);
	} else if (e->shape == S_LEAF) {
		e->field = &fields[rnd(COUNT(fields))];
		if (e->field->qualified || one_in(8))
			e->stream = e->field->in == 3 ? 1 + (int)rnd(2) : e->field->in;
		e->op = rnd_op(e->field);
		e->n_lits = e->op >= O_EXISTS ? 0 : e->op == O_IN ? 1 + rnd(COUNT(e->lits)) : 1;
		for (uint32_t i = 0; i < e->n_lits; i++)
			rnd_lit(e, &e->lits[i]);
	}
	return e;
}

static void free_expr(struct expr *e)
{
	for (uint32_t i = 0; i < e->n_kids; i++)
		free_expr(e->kids[i]);
	free(e);
}

/* ---- as text ---- */

struct written {
	char *data;
	size_t size;
	FILE *out;
	struct filter_defs *defs;
	uint32_t n_defs;
};

static void write_expr(struct written *t, FILE *out, const struct expr *e, enum shape around);

static void write_values(struct written *t, FILE *out, const struct expr *e)
{
	if (e->op != O_IN || (e->n_lits == 1 && one_in(2))) {
		fprintf(out, " %s", e->lits[0].text);
		return;
	}
	char items[4096] = "", name[16];
	uint32_t named = one_in(4) ? rnd(e->n_lits + 1) : 0; /* the first so many are a list with a name */
	for (uint32_t i = 0; i < named; i++)
		snprintf(items + strlen(items), sizeof(items) - strlen(items), "%s%s", i ? "," : "", e->lits[i].text);
	fprintf(out, " (");
	if (named) {
		struct filter_error error;
		snprintf(name, sizeof(name), "l%u", t->n_defs++);
		if (filter_define_list(t->defs, name, items, FILTER_NEW, NULL, &error))
			fail_msg("%s: %s", items, error.text);
		fprintf(out, "%s", name);
	}
	for (uint32_t i = named; i < e->n_lits; i++)
		fprintf(out, "%s%s", i ? ", " : "", e->lits[i].text);
	fprintf(out, ")");
}

static void write_leaf(struct written *t, FILE *out, const struct expr *e)
{
	static const char *const streams[] = {"", "test.all.", "test.few."};
	fprintf(out, "%s%s", streams[e->stream], e->field->name);
	if (e->op == O_ALONE)
		return;
	fprintf(out, " %s", e->op == O_EQ && one_in(2) ? "==" : words[e->op]);
	if (e->op != O_EXISTS)
		write_values(t, out, e);
}

static void write_plain(struct written *t, FILE *out, const struct expr *e)
{
	if (e->shape == S_LEAF) {
		write_leaf(t, out, e);
	} else if (e->shape == S_TRUE || e->shape == S_FALSE) {
		fprintf(out, e->shape == S_TRUE ? "true" : "false");
	} else if (e->shape == S_NOT) {
		fprintf(out, "not ");
		write_expr(t, out, e->kids[0], S_NOT);
	} else {
		for (uint32_t i = 0; i < e->n_kids; i++) {
			fprintf(out, "%s", !i ? "" : e->shape == S_AND ? " and " : "\nor ");
			write_expr(t, out, e->kids[i], e->shape);
		}
	}
}

/* With parentheses where they must be and sometimes where not; now and then as a macro. */
static void write_expr(struct written *t, FILE *out, const struct expr *e, enum shape around)
{
	if (one_in(12)) {
		char *body, name[16];
		size_t size;
		FILE *inner = open_memstream(&body, &size);
		struct filter_error error;
		write_plain(t, inner, e);
		fclose(inner);
		snprintf(name, sizeof(name), "m%u", t->n_defs++);
		if (filter_define_macro(t->defs, name, body, FILTER_NEW, NULL, &error))
			fail_msg("%s: %s", body, error.text);
		fprintf(out, "%s", name);
		free(body);
		return;
	}
	bool loose = e->shape == S_OR ? around == S_AND || around == S_NOT : e->shape == S_AND && around == S_NOT;
	if (!loose && one_in(6))
		loose = true;
	fprintf(out, loose ? "(" : "");
	write_plain(t, out, e);
	fprintf(out, loose ? ")" : "");
}

#endif
