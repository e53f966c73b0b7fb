/* SPDX-License-Identifier: MIT */
/*
 *	alternatives = sequence { "|" sequence }
 *	sequence     = { piece }
 *	piece        = atom [ "*" | "+" | "?" | "{" n [ "," [ m ] ] "}" ]
 *	atom         = "(" alternatives ")" | "[" bracket "]" | "." | "^" | "$" | "\" byte | byte
 *
 * Parsing builds the automaton at once (Glushkov's construction): of each part it knows where it may begin and end,
 * and joining two parts makes the ends of the first followed by the beginnings of the second. What is repeated a
 * number of times is parsed as often.
 */
#include "pattern.h"

#include <stdlib.h>
#include <string.h>

#define POSITIONS_MAX (PATTERN_WORDS * 64)
#define LENGTH_MAX 4096
#define GROUPS_MAX 32  /* inside each other */
#define ATOMS_MAX 8192 /* parsed, with all repeats: those that are empty make no position */
#define WITHOUT_END UINT32_MAX

struct bits {
	uint64_t w[PATTERN_WORDS];
};

struct part {
	bool empty; /* may be passed without taking a byte */
	struct bits first, last;
};

struct builder {
	const char *text;
	uint32_t len, at;
	uint32_t n; /* positions so far, with position 0 */
	uint32_t groups, atoms;
	const char *why;
	struct bits begins, ends;
	struct bits follow[POSITIONS_MAX];
	struct bits takes[256];
};

struct set {
	bool has[256];
};

static bool refuse(struct builder *b, const char *why)
{
	b->why = why;
	return false;
}

/* The next byte, -1 at the end. */
static int peek(const struct builder *b)
{
	return b->at < b->len ? (unsigned char)b->text[b->at] : -1;
}

static bool take(struct builder *b, char c)
{
	if (peek(b) != (unsigned char)c)
		return false;
	b->at++;
	return true;
}

static void add(struct bits *to, const struct bits *from)
{
	for (uint32_t i = 0; i < PATTERN_WORDS; i++)
		to->w[i] |= from->w[i];
}

/* ---- parts ---- */

static bool position(struct builder *b, struct part *out)
{
	if (b->n == POSITIONS_MAX)
		return refuse(b, "longer than 511 bytes and sets, its repeats counted");
	*out = (struct part){0};
	out->first.w[b->n / 64] = 1ull << b->n % 64;
	out->last = out->first;
	b->n++;
	return true;
}

static bool set_part(struct builder *b, const struct set *set, struct part *out)
{
	if (!position(b, out))
		return false;
	for (uint32_t c = 0; c < 256; c++)
		if (set->has[c])
			add(&b->takes[c], &out->first);
	return true;
}

static void follow(struct builder *b, const struct bits *from, const struct bits *to)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (from->w[i / 64] >> i % 64 & 1)
			add(&b->follow[i], to);
}

static void join(struct builder *b, struct part *a, const struct part *next)
{
	follow(b, &a->last, &next->first);
	if (a->empty)
		add(&a->first, &next->first);
	if (!next->empty)
		a->last = (struct bits){0};
	add(&a->last, &next->last);
	a->empty &= next->empty;
}

/* ---- sets of bytes ---- */

struct class
{
	const char *name;
	const char *members; /* pairs of first and last */
};

static const struct class classes[] = {
	{"alnum", "09AZaz"},   {"alpha", "AZaz"},   {"blank", "\t\t  "}, {"cntrl", "\1\x1f\x7f\x7f"},
	{"digit", "09"},       {"graph", "!~"},     {"lower", "az"},     {"print", " ~"},
	{"punct", "!/:@[`{~"}, {"space", "\t\r  "}, {"upper", "AZ"},     {"xdigit", "09AFaf"},
};
static const struct class escapes[] = {{"d", "09"}, {"s", "\t\r  "}, {"w", "09AZ__az"}};

static void add_members(struct set *set, const char *pairs)
{
	for (; *pairs; pairs += 2)
		for (int c = pairs[0]; c <= pairs[1]; c++)
			set->has[c] = true;
}

static void turn(struct set *set)
{
	for (uint32_t c = 0; c < 256; c++)
		set->has[c] = !set->has[c];
}

/* Of "[:alpha:]" the inside of the colons; the same for "[.x.]" and "[=x=]". */
static bool named(struct builder *b, const char **name, uint32_t *len)
{
	char kind = b->text[b->at + 1];
	const char *start = b->text + b->at + 2, *end = start;
	while (*end && !(end[0] == kind && end[1] == ']'))
		end++;
	if (!*end)
		return refuse(b, "[: [. or [= without its end");
	*name = start;
	*len = (uint32_t)(end - start);
	b->at += *len + 4;
	return true;
}

static bool opens_name(const struct builder *b, const char *kinds)
{
	return peek(b) == '[' && b->at + 1 < b->len && strchr(kinds, b->text[b->at + 1]);
}

/* One end of a range. */
static bool bracket_byte(struct builder *b, unsigned char *out)
{
	const char *name = b->text + b->at;
	uint32_t len = 1;
	if (opens_name(b, ".=")) {
		if (!named(b, &name, &len))
			return false;
		if (len != 1)
			return refuse(b, "[. and [= take one byte");
	} else if (opens_name(b, ":")) {
		return refuse(b, "a class can't end a range");
	} else {
		b->at++;
	}
	*out = (unsigned char)*name;
	return true;
}

static bool bracket_class(struct builder *b, struct set *set)
{
	const char *name;
	uint32_t len;
	if (!named(b, &name, &len))
		return false;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == len && !memcmp(classes[i].name, name, len)) {
			add_members(set, classes[i].members);
			return true;
		}
	return refuse(b, "unknown class in [: :]");
}

/* Behind the '['. A ']' that comes first and a '-' that comes first or last mean themselves; so does '\'. */
static bool bracket(struct builder *b, struct set *set)
{
	bool turned = take(b, '^');
	uint32_t start = b->at;
	while (peek(b) != ']' || b->at == start) {
		unsigned char lo, hi;
		if (peek(b) < 0)
			return refuse(b, "[ without ]");
		if (opens_name(b, ":")) {
			if (!bracket_class(b, set))
				return false;
			continue;
		}
		if (!bracket_byte(b, &lo))
			return false;
		hi = lo;
		if (peek(b) == '-' && b->at + 1 < b->len && b->text[b->at + 1] != ']') {
			b->at++;
			if (!bracket_byte(b, &hi))
				return false;
		}
		if (hi < lo)
			return refuse(b, "a range in [] ends before it begins");
		for (uint32_t c = lo; c <= hi; c++)
			set->has[c] = true;
	}
	b->at++;
	if (turned)
		turn(set);
	return true;
}

/* Behind the '\'. */
static bool escape(struct builder *b, struct set *set)
{
	int c = peek(b);
	if (c < 0)
		return refuse(b, "\\ at the end");
	b->at++;
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
		if ((c | 0x20) == escapes[i].name[0]) {
			add_members(set, escapes[i].members);
			if (c != escapes[i].name[0])
				turn(set);
			return true;
		}
	if (c >= '1' && c <= '9')
		return refuse(b, "references back (\\1) are not supported");
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '<' || c == '>')
		return refuse(b, "unknown escape (of letters there are \\d \\D \\s \\S \\w \\W)");
	set->has[c] = true;
	return true;
}

/* ---- the grammar ---- */

static bool alternatives(struct builder *b, struct part *out);

static bool group(struct builder *b, struct part *out)
{
	if (b->groups == GROUPS_MAX)
		return refuse(b, "more than 32 groups inside each other");
	b->groups++;
	if (!alternatives(b, out))
		return false;
	b->groups--;
	return take(b, ')') || refuse(b, "( without )");
}

static bool anchor(struct builder *b, struct bits *kind, struct part *out)
{
	if (!position(b, out))
		return false;
	add(kind, &out->first);
	return true;
}

static bool atom(struct builder *b, struct part *out)
{
	struct set set = {0};
	if (b->atoms++ == ATOMS_MAX)
		return refuse(b, "its repeats make it too large");
	int c = peek(b);
	b->at++;
	switch (c) {
	case '(':
		return group(b, out);
	case '^':
		return anchor(b, &b->begins, out);
	case '$':
		return anchor(b, &b->ends, out);
	case '*':
	case '+':
	case '?':
	case '{':
		return refuse(b, "nothing to repeat before * + ? or {");
	case '[':
		return bracket(b, &set) && set_part(b, &set, out);
	case '\\':
		return escape(b, &set) && set_part(b, &set, out);
	case '.':
		turn(&set);
		break;
	default:
		set.has[c] = true;
	}
	return set_part(b, &set, out);
}

static bool count(struct builder *b, uint32_t *out)
{
	uint32_t start = b->at;
	*out = 0;
	for (; peek(b) >= '0' && peek(b) <= '9'; b->at++)
		*out = *out > POSITIONS_MAX ? *out : *out * 10 + (uint32_t)(peek(b) - '0');
	return b->at > start;
}

/* Behind the '{'. */
static bool interval(struct builder *b, uint32_t *least, uint32_t *most)
{
	bool from = count(b, least), comma = take(b, ','), to = comma && count(b, most);
	if ((!from && !to) || !take(b, '}'))
		return refuse(b, "a repeat is {n}, {n,}, {n,m} or {,m}");
	if (!comma)
		*most = *least;
	else if (!to)
		*most = WITHOUT_END;
	return *least <= *most || refuse(b, "a repeat {n,m} ends before it begins");
}

static bool is_repeat(int c)
{
	return c == '*' || c == '+' || c == '?' || c == '{';
}

static bool piece(struct builder *b, struct part *out)
{
	uint32_t start = b->at, least = 0, most = WITHOUT_END;
	struct part one;
	if (!atom(b, &one))
		return false;
	*out = one;
	int c = peek(b);
	if (!is_repeat(c))
		return true;
	if (b->text[start] == '^' || b->text[start] == '$')
		return refuse(b, "^ and $ can't be repeated");
	b->at++;
	if (c == '{' && !interval(b, &least, &most))
		return false;
	if (is_repeat(peek(b)))
		return refuse(b, "a repeat can't be repeated");
	least = c == '+' ? 1 : least;
	most = c == '?' ? 1 : most;
	uint32_t end = b->at, copies = most != WITHOUT_END ? most : least ? least : 1;
	*out = (struct part){.empty = true};
	for (uint32_t i = 0; i < copies; i++) {
		b->at = start;
		if (i && !atom(b, &one))
			return false;
		if (most == WITHOUT_END && i == copies - 1)
			follow(b, &one.last, &one.first);
		one.empty |= i >= least;
		join(b, out, &one);
	}
	b->at = end;
	return true;
}

static bool sequence(struct builder *b, struct part *out)
{
	*out = (struct part){.empty = true};
	while (peek(b) >= 0 && peek(b) != '|' && peek(b) != ')') {
		struct part next;
		if (!piece(b, &next))
			return false;
		join(b, out, &next);
	}
	return true;
}

static bool alternatives(struct builder *b, struct part *out)
{
	if (!sequence(b, out))
		return false;
	while (take(b, '|')) {
		struct part other;
		if (!sequence(b, &other))
			return false;
		out->empty |= other.empty;
		add(&out->first, &other.first);
		add(&out->last, &other.last);
	}
	return true;
}

static bool build(struct builder *b, struct part *all)
{
	struct part rest;
	*all = (struct part){.empty = false, .first.w = {1}, .last.w = {1}};
	b->n = 1;
	if (!alternatives(b, &rest))
		return false;
	if (b->at < b->len)
		return refuse(b, ") without (");
	join(b, all, &rest);
	return true;
}

/* ---- what is kept ---- */

static struct pattern *keep(struct pool *pool, const struct builder *b, const struct bits *last, bool spaces)
{
	uint32_t words = (b->n + 63) / 64;
	struct pattern *p = pool_alloc(pool, sizeof(*p));
	char *text = pool_copy(pool, b->text, b->len);
	uint64_t *rows = pool_alloc(pool, (b->n + 256) * words * sizeof(*rows));
	if (!p || !text || !rows)
		return NULL;
	p->text = text;
	p->spaces = spaces;
	p->words = words;
	p->follow = rows;
	p->takes = rows + b->n * words;
	memcpy(p->last, last->w, sizeof(p->last));
	memcpy(p->begins, b->begins.w, sizeof(p->begins));
	memcpy(p->ends, b->ends.w, sizeof(p->ends));
	for (uint32_t i = 0; i < b->n; i++)
		memcpy(p->follow + i * words, b->follow[i].w, words * sizeof(*rows));
	for (uint32_t c = 0; c < 256; c++) {
		const struct bits *takes = &b->takes[!c && spaces ? ' ' : c];
		memcpy(p->takes + c * words, takes->w, words * sizeof(*rows));
		for (uint32_t i = 0; i < words; i++)
			p->starts[c] |= (b->follow[0].w[i] & takes->w[i]) != 0;
	}
	return p;
}

struct pattern *pattern_new(struct pool *pool, const char *text, uint32_t len, bool spaces, const char **why)
{
	struct builder *b = calloc(1, sizeof(*b));
	struct pattern *pattern = NULL;
	struct part all;
	*why = NULL;
	if (!b)
		return NULL;
	b->text = text;
	b->len = len;
	if (len > LENGTH_MAX)
		b->why = "longer than 4096 bytes";
	else if (build(b, &all))
		pattern = keep(pool, b, &all.last, spaces);
	*why = b->why;
	free(b);
	return pattern;
}
