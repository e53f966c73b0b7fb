/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <string.h>

#include "server/server_impl.h"

#define POLICY                                                                                             \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " \
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static const char *type_of(const char *path)
{
	static const char *const types[][2] = {
		{".html", "text/html; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".css", "text/css; charset=utf-8"},
		{".svg", "image/svg+xml"},
		{".png", "image/png"},
		{".ico", "image/x-icon"},
		{".woff2", "font/woff2"},
		{".txt", "text/plain; charset=utf-8"},
		{".json", "application/json"},
	};
	const char *dot = strrchr(path, '.');
	for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(dot, types[i][0]))
			return types[i][1];
	return "application/octet-stream";
}

/* A path is one of the table's or none: there are no files to be reached. */
bool page_serve(struct server *s, struct call *c, const char *path)
{
	(void)s;
	if (!strcmp(path, "/"))
		path = "/index.html";
	for (const struct page_file *f = page_files; f->path; f++) {
		if (strcmp(f->path, path) != 0)
			continue;
		c->file = f->bytes;
		c->file_size = (size_t)(f->end - f->bytes);
		c->type = type_of(path);
		c->policy = POLICY;
		call_answer(c, 200);
		return true;
	}
	return false;
}
