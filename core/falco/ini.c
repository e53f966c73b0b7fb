/* SPDX-License-Identifier: MIT */
#include "falco/ini.h"

#define WIDTH 112
#define PIECE_MAX 170 /* bytes that no blank divides */

/* How much of the text is one piece; with `quotes`, blanks in "..." don't end it. */
static size_t piece_length(const char *at, bool quotes)
{
	size_t n = 0;
	bool in = false;
	for (; at[n] && (in || (at[n] != ' ' && at[n] != '\n')); n++) {
		if (quotes && in && at[n] == '\\' && at[n + 1])
			n++;
		else if (quotes && at[n] == '"')
			in = !in;
	}
	return n;
}

static bool wrap(struct buf *out, const char *text, bool quotes, size_t column, const char *next)
{
	bool first = true;
	for (const char *at = text; *at;) {
		at += strspn(at, " \n\t\r");
		size_t n = piece_length(at, quotes);
		if (n > PIECE_MAX && quotes)
			return false;
		if (n > PIECE_MAX)
			for (n = PIECE_MAX; ((unsigned char)at[n] & 0xc0) == 0x80; n--)
				;
		if (!n)
			break;
		bool turn = !first && column + n + 1 > WIDTH && *at != '#' && *at != ';';
		buf_str(out, turn ? next : first ? "" : " ");
		column = turn ? 8 : column + 1;
		buf_add(out, at, n);
		column += n;
		at += n;
		first = false;
	}
	return true;
}

bool ini_expression(struct buf *out, const char *key, const char *text)
{
	size_t start = out->len;
	buf_printf(out, "%s = ", key);
	if (!wrap(out, text, true, strlen(key) + 3, "\n\t")) {
		out->len = start;
		return false;
	}
	buf_char(out, '\n');
	return true;
}

void ini_text(struct buf *out, const char *key, const char *text)
{
	buf_printf(out, "%s = ", key);
	wrap(out, text, false, strlen(key) + 3, "\n\t");
	buf_char(out, '\n');
}

void ini_comment(struct buf *out, const char *text)
{
	buf_str(out, "# ");
	wrap(out, text, false, 2, "\n# ");
	buf_char(out, '\n');
}
