/* SPDX-License-Identifier: MIT */
#include "route.h"

#include <string.h>

const char *const role_names[] = {"open", "read", "control", NULL};

bool route_match(const char *pattern, const char *path, struct route_args *args)
{
	size_t n = 0;
	while (*pattern && *path) {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		size_t len = strcspn(path, "/");
		if (!len || len >= ROUTE_ARG_MAX || n == ROUTE_ARGS)
			return false;
		memcpy(args->text[n], path, len);
		args->text[n++][len] = '\0';
		path += len;
		pattern += strcspn(pattern, "}") + 1;
	}
	return !*pattern && !*path;
}

const struct route *route_find(const struct route *table, const char *method, const char *path, struct route_args *args,
			       bool *other)
{
	*other = false;
	for (const struct route *r = table; r->method; r++) {
		if (!route_match(r->path, path, args))
			continue;
		if (!strcmp(r->method, method))
			return r;
		*other = true;
	}
	return NULL;
}
