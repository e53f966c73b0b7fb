/* SPDX-License-Identifier: MIT */
#include "escape.h"

#include <stdint.h>

/* Why a byte is looked at closer, one bit for each kind of output. */
enum { ODD_TEXT = 1, ODD_WORD = 2, ODD_JSON = 4 };
#define ODD_ALL (ODD_TEXT | ODD_WORD | ODD_JSON)

static const unsigned char odd[256] = {
	[0x00 ... 0x1f] = ODD_ALL, [' '] = ODD_WORD,          ['"'] = ODD_WORD | ODD_JSON,
	['\\'] = ODD_ALL,          [0x7f ... 0xff] = ODD_ALL,
};

/* How many bytes at the start are not odd. */
static size_t plain(const unsigned char *p, size_t n, unsigned kind)
{
	size_t i = 0;
	while (i < n && !(odd[p[i]] & kind))
		i++;
	return i;
}

/*
 * The UTF-8 character at p: its length, and its code point. Not one: minus the length of the maximal subpart, that is
 * of the bytes that could have begun one (at least 1).
 */
static int utf8(const unsigned char *p, size_t n, uint32_t *code)
{
	unsigned char c = p[0];
	int len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	if (!len)
		return -1;
	/* Of the second byte: leaves out overlong forms, surrogates and what is above U+10FFFF. */
	unsigned char low = 0x80, high = 0xbf;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	uint32_t value = len == 1 ? c : c & (0x7fu >> len);
	for (int i = 1; i < len; i++) {
		if ((size_t)i >= n || p[i] < low || p[i] > high)
			return -i;
		value = value << 6 | (p[i] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	*code = value;
	return len;
}

static bool control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

static bool turns_direction(uint32_t code)
{
	return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static void hex_digits(struct buf *out, char kind, uint32_t n, int digits)
{
	char text[6] = {'\\', kind};
	for (int i = digits; i > 0; i--, n >>= 4)
		text[1 + i] = "0123456789abcdef"[n & 15];
	buf_add(out, text, 2 + (size_t)digits);
}

/* The short escapes that text and JSON share; 0: has none. */
static char short_escape(uint32_t code)
{
	return code == '\n' ? 'n' : code == '\t' ? 't' : code == '\r' ? 'r' : code == '\\' ? '\\' : 0;
}

/* One character that is odd in text; returns its bytes. */
static size_t odd_text(struct buf *out, const unsigned char *p, size_t n)
{
	uint32_t code = 0;
	int len = utf8(p, n, &code);
	size_t taken = (size_t)(len < 0 ? -len : len);
	if (len > 0 && short_escape(code)) {
		buf_add(out, (char[]){'\\', short_escape(code)}, 2);
	} else if (len < 0 || control(code)) {
		for (size_t i = 0; i < taken; i++)
			hex_digits(out, 'x', p[i], 2);
	} else if (turns_direction(code)) {
		hex_digits(out, 'u', code, 4);
	} else {
		buf_add(out, p, taken);
	}
	return taken;
}

static size_t odd_quoted(struct buf *out, const unsigned char *p, size_t n)
{
	if (*p != '"')
		return odd_text(out, p, n);
	buf_add(out, "\\\"", 2);
	return 1;
}

static size_t odd_json(struct buf *out, const unsigned char *p, size_t n)
{
	uint32_t code = 0;
	int len = utf8(p, n, &code);
	if (len < 0) {
		hex_digits(out, 'u', 0xfffd, 4);
		return (size_t)-len;
	}
	if (code == '"' || short_escape(code))
		buf_add(out, (char[]){'\\', code == '"' ? '"' : short_escape(code)}, 2);
	else if (control(code) || turns_direction(code) || code == 0x2028 || code == 0x2029)
		hex_digits(out, 'u', code, 4);
	else
		buf_add(out, p, (size_t)len);
	return (size_t)len;
}

/* Runs of plain bytes are copied whole, what lies between goes to `one`. */
static void escape(struct buf *out, const void *bytes, size_t n, unsigned kind,
		   size_t (*one)(struct buf *, const unsigned char *, size_t))
{
	const unsigned char *p = bytes;
	while (n) {
		size_t run = plain(p, n, kind);
		buf_add(out, p, run);
		if (run < n)
			run += one(out, p + run, n - run);
		p += run;
		n -= run;
	}
}

void escape_text(struct buf *out, const char *bytes, size_t n)
{
	escape(out, bytes, n, ODD_TEXT, odd_text);
}

void escape_quoted(struct buf *out, const char *bytes, size_t n)
{
	buf_char(out, '"');
	escape(out, bytes, n, ODD_JSON, odd_quoted);
	buf_char(out, '"');
}

void escape_word(struct buf *out, const char *bytes, size_t n)
{
	if (n && plain((const unsigned char *)bytes, n, ODD_WORD) == n) {
		buf_add(out, bytes, n);
	} else if (n && !memchr(bytes, ' ', n) && !memchr(bytes, '"', n)) {
		escape(out, bytes, n, ODD_TEXT, odd_text);
	} else {
		escape_quoted(out, bytes, n);
	}
}

void escape_json(struct buf *out, const char *bytes, size_t n)
{
	buf_char(out, '"');
	escape(out, bytes, n, ODD_JSON, odd_json);
	buf_char(out, '"');
}

void escape_wrap(struct buf *out, size_t start, char escape_char)
{
	size_t extra = 2;
	for (size_t i = start; i < out->len; i++)
		extra += out->data[i] == '"' || out->data[i] == escape_char;
	if (!buf_room(out, extra))
		return;
	/* From the end, so that it moves in place. */
	size_t from = out->len, to = out->len + extra;
	out->len = to;
	out->data[--to] = '"';
	while (from > start) {
		char c = out->data[--from];
		out->data[--to] = c;
		if (c == '"' || c == escape_char)
			out->data[--to] = escape_char;
	}
	out->data[--to] = '"';
}
