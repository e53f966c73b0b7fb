/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int report_fail(const struct report *report, struct place at, const char *fmt, ...)
{
	char in_use[192] = "", in_stream[96] = "", text[sizeof(report->error->text)];
	const struct use *use = report->use;
	if (use)
		snprintf(in_use, sizeof(in_use), "in %s '%s' (%.64s:%u:%u): ", use->what, report_str(use->name).s,
			 use->source, at.line, at.column);
	if (report->stream)
		snprintf(in_stream, sizeof(in_stream), "in stream '%s': ", report->stream);
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (; use; use = use->outer)
		at = use->at;
	report->error->line = at.line;
	report->error->column = at.column;
	/* What does not fit is cut: an error is a line to read. */
	(void)!snprintf(report->error->text, sizeof(report->error->text), "%s%s%s", in_use, in_stream, text);
	return -EINVAL;
}

struct quoted report_quote(const char *text, size_t len)
{
	struct quoted out;
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		/* Room for the longest escape, the dots and the NUL. */
		if (n > sizeof(out.s) - 8) {
			memcpy(out.s + n, "...", 3);
			n += 3;
			break;
		}
		unsigned char c = (unsigned char)text[i];
		if (c >= ' ' && c < 0x7f)
			out.s[n++] = (char)c;
		else
			n += (size_t)snprintf(out.s + n, 5, "\\x%02x", c);
	}
	out.s[n] = '\0';
	return out;
}

struct quoted report_str(const char *text)
{
	return report_quote(text, strlen(text));
}

struct hint report_hint(const char *nearest)
{
	struct hint out = {""};
	if (nearest)
		snprintf(out.s, sizeof(out.s), " (did you mean '%s'?)", report_str(nearest).s);
	return out;
}
