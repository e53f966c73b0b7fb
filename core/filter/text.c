/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <string.h>

static inline unsigned char seen(char c, unsigned see)
{
	if (!c && see & SEE_SPACES)
		return ' ';
	if (c >= 'A' && c <= 'Z' && see & SEE_FOLDED)
		return (unsigned char)(c | 0x20);
	return (unsigned char)c;
}

bool text_equal(const char *value, const char *text, uint32_t len, unsigned see)
{
	if (!see)
		return !memcmp(value, text, len);
	for (uint32_t i = 0; i < len; i++)
		if (seen(value[i], see) != (unsigned char)text[i])
			return false;
	return true;
}

int text_order(const char *value, uint32_t value_len, const char *text, uint32_t len, unsigned see)
{
	if (value_len != len)
		return value_len < len ? -1 : 1;
	if (!see)
		return memcmp(value, text, len);
	for (uint32_t i = 0; i < len; i++) {
		int d = seen(value[i], see) - (unsigned char)text[i];
		if (d)
			return d;
	}
	return 0;
}

/* How well a byte of the filter's text is looked for: 0: not as it is, the value's may be another one. */
static unsigned rarity(char c, unsigned see)
{
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	if ((c == ' ' && see & SEE_SPACES) || (letter && see & SEE_FOLDED))
		return 0;
	return letter || strchr("/-. _", c) ? 1 : 2;
}

/* Where one of its bytes is found, all of it is compared. */
static bool contains_seen(const char *value, uint32_t value_len, const char *text, uint32_t len, unsigned see)
{
	uint32_t anchor = 0;
	for (uint32_t i = 1; i < len; i++)
		if (rarity(text[i], see) > rarity(text[anchor], see))
			anchor = i;
	bool exact = len && rarity(text[anchor], see);
	for (uint32_t i = 0; len <= value_len && i <= value_len - len; i++) {
		if (exact) {
			const char *found = memchr(value + i + anchor, text[anchor], value_len - len - i + 1);
			if (!found)
				return false;
			i = (uint32_t)(found - value) - anchor;
		}
		if (text_equal(value + i, text, len, see))
			return true;
	}
	return false;
}

bool text_contains(const char *value, uint32_t value_len, const char *text, uint32_t len, unsigned see)
{
	if (!see)
		return memmem(value, value_len, text, len) != NULL;
	return contains_seen(value, value_len, text, len, see);
}

/* The place behind the ']' of a bracket whose '[' is at `at`; 0: it has none, and the '[' means itself. */
static uint32_t bracket_end(const char *glob, uint32_t at, uint32_t len)
{
	at++;
	if (at < len && (glob[at] == '!' || glob[at] == '^'))
		at++;
	for (uint32_t first = at; at < len; at++) {
		if (glob[at] == ']' && at > first)
			return at + 1;
		if (glob[at] == '\\')
			at++;
	}
	return 0;
}

static bool in_bracket(const char *glob, uint32_t at, uint32_t end, unsigned char c)
{
	at++;
	bool not = glob[at] == '!' || glob[at] == '^', in = false;
	at += not ;
	while (at < end - 1) {
		at += glob[at] == '\\';
		unsigned char lo = (unsigned char)glob[at++], hi = lo;
		if (at + 1 < end - 1 && glob[at] == '-') {
			at += 1 + (glob[at + 1] == '\\');
			hi = (unsigned char)glob[at++];
		}
		in |= lo <= c && c <= hi;
	}
	return in != not ;
}

/* Whether the one byte `c` fits what stands at *at, which then moves behind it. */
static bool glob_one(const char *glob, uint32_t *at, uint32_t len, unsigned char c)
{
	uint32_t end = glob[*at] == '[' ? bracket_end(glob, *at, len) : 0;
	if (end) {
		uint32_t start = *at;
		*at = end;
		return in_bracket(glob, start, end, c);
	}
	bool any = glob[*at] == '?';
	if (glob[*at] == '\\' && *at + 1 < len)
		++*at;
	return (unsigned char)glob[(*at)++] == c || any;
}

/* The first place from `at` on where what follows a star can begin: at its byte, if it is one; value_len: nowhere. */
static uint32_t glob_next(const char *value, uint32_t at, uint32_t value_len, const char *glob, uint32_t g,
			  uint32_t len, unsigned see)
{
	char c = g < len ? glob[g] : '*';
	if (see || c == '*' || c == '?' || c == '[' || c == '\\' || at >= value_len)
		return at;
	const char *found = memchr(value + at, c, value_len - at);
	return found ? (uint32_t)(found - value) : value_len;
}

/*
 * Only the last star is ever gone back to, as what an earlier one could take instead the last one can take as well: the
 * time is bounded by the product of the lengths, whatever a hostile name holds.
 */
bool text_glob(const char *value, uint32_t value_len, const char *glob, uint32_t len, unsigned see)
{
	uint32_t g = 0, v = 0, star = UINT32_MAX, mark = 0;
	while (v < value_len) {
		if (g < len && glob[g] == '*') {
			star = g++;
			mark = v = glob_next(value, v, value_len, glob, g, len, see);
		} else if (g < len && glob_one(glob, &g, len, seen(value[v], see))) {
			v++;
		} else if (star != UINT32_MAX) {
			g = star + 1;
			mark = v = glob_next(value, mark + 1, value_len, glob, g, len, see);
		} else {
			return false;
		}
	}
	while (g < len && glob[g] == '*')
		g++;
	return g == len;
}
