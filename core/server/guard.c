/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BEARER "Bearer "

/* The name of "name:port", "[::1]:port". False: it is none. */
static bool host_name(const char *host, char *name, size_t size)
{
	bool bracket = *host == '[';
	size_t n = bracket ? strcspn(++host, "]") : strcspn(host, ":");
	const char *rest = host + n + (bracket && host[n]);
	if (bracket && host[n] != ']')
		return false;
	if (!n || n >= size || (*rest && *rest != ':') ||
	    strspn(rest + !!*rest, "0123456789") != strlen(rest + !!*rest))
		return false;
	memcpy(name, host, n);
	name[n] = '\0';
	return true;
}

static bool listed(char *const *list, const char *text)
{
	for (; list && *list; list++)
		if (!strcasecmp(*list, text))
			return true;
	return false;
}

/*
 * A page of another name that resolves to us (DNS rebinding) has that name as its Host, and never a number: a number is
 * as good as localhost.
 */
static bool host_is_ours(const struct guard *g, const char *host)
{
	unsigned char bytes[16];
	char name[256];
	if (!host || !host_name(host, name, sizeof(name)))
		return false;
	return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1 ||
	       !strcasecmp(name, "localhost") || (*g->hostname && !strcasecmp(name, g->hostname)) ||
	       listed(g->hosts, name);
}

struct verdict guard_source(const struct guard *g, const struct guard_request *r, bool *foreign)
{
	*foreign = false;
	if (!host_is_ours(g, r->host))
		return (struct verdict){403, "forbidden", "this server has another name: see 'hosts' in [server]"};
	if (!r->origin)
		return (struct verdict){0};
	const char *at = strstr(r->origin, "://");
	bool web = !strncmp(r->origin, "http://", 7) || !strncmp(r->origin, "https://", 8);
	if (web && at && !strcasecmp(at + 3, r->host))
		return (struct verdict){0};
	*foreign = listed(g->origins, r->origin);
	if (*foreign)
		return (struct verdict){0};
	return (struct verdict){403, "forbidden", "pages of that origin may not call: see 'origins' in [server]"};
}

struct verdict guard_role(const struct guard *g, const struct guard_request *r, enum role needed, enum role *role)
{
	*role = ROLE_OPEN;
	if (r->authorization && !strncasecmp(r->authorization, BEARER, strlen(BEARER))) {
		const char *text = r->authorization + strlen(BEARER);
		bool control = token_equal(&g->control, text), read = token_equal(&g->read, text);
		*role = control ? ROLE_CONTROL : read ? ROLE_READ : ROLE_OPEN;
	}
	if (needed == ROLE_OPEN && !r->near)
		needed = ROLE_READ;
	if (*role >= needed)
		return (struct verdict){0};
	if (*role == ROLE_OPEN)
		return (struct verdict){401, "unauthorized", "needs a token: Authorization: Bearer TOKEN"};
	return (struct verdict){403, "forbidden", "this token may read only"};
}
