/* SPDX-License-Identifier: MIT */
#include "template.h"

#include "event/buf.h"

char *template_fill(const char *template, const char *value)
{
	struct buf out = {0};
	bool quoted = false;
	for (const char *p = template; *p; p++) {
		quoted ^= *p == '"';
		if (*p != '$' || !value) {
			buf_char(&out, *p);
			continue;
		}
		for (const char *v = value; *v; v++) {
			if (quoted && (*v == '"' || *v == '\\'))
				buf_char(&out, '\\');
			buf_char(&out, *v);
		}
	}
	buf_char(&out, '\0');
	if (out.failed) {
		buf_free(&out);
		return NULL;
	}
	return out.data;
}
