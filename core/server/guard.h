/* SPDX-License-Identifier: MIT */
/* Who may ask: Host, Origin, token. Knows nothing of sockets. */
#ifndef CORE_SERVER_GUARD_H
#define CORE_SERVER_GUARD_H

#include "server/route.h"
#include "server/token.h"

struct guard {
	struct secret control, read;
	char *const *hosts, *const *origins; /* further ones; end at NULL, or NULL */
	const char *hostname;                /* of this machine */
};

/* What of a request matters here. Texts may be NULL. */
struct guard_request {
	const char *host, *origin, *authorization;
	bool near; /* it came over loopback or the unix socket */
};

/* What is wrong: a status with a code and a text, static. Status 0: nothing. */
struct verdict {
	int status;
	const char *code, *text;
};

/* Host and Origin; *foreign: the page is from another origin that is let in. */
struct verdict guard_source(const struct guard *guard, const struct guard_request *request, bool *foreign);
/* The token, for a route of this role; *role: what the caller may. */
struct verdict guard_role(const struct guard *guard, const struct guard_request *request, enum role needed,
			  enum role *role);

#endif
