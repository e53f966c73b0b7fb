/* SPDX-License-Identifier: MIT */
/*
 * Listeners and connections in the daemon's loop: libmicrohttpd without threads. A round of it is bounded. Connections
 * have a time in which a request must be complete, and where there are too many the one that has waited longest is
 * closed: who is slow stands in nobody's way. One thread.
 */
#ifndef CORE_SERVER_HTTP_H
#define CORE_SERVER_HTTP_H

#include "daemon/settings.h"
#include "pipeline/loop.h"
#include "server/call.h"
#include "server/guard.h"

struct http;

struct http_options {
	const struct settings_server *settings;
	char *const *listen; /* ends at NULL */
	bool insecure;
	const struct guard *guard;
	const struct route *routes;
	/* What no route has: a file of the page. False: not there. */
	bool (*page)(struct server *server, struct call *call, const char *path);
	/* A call of role control was answered. */
	void (*audit)(struct server *server, const struct call *call);
	struct server *server;
};

/* -EINVAL: the settings are wrong; -errno: why. */
int http_open(struct http **out, const struct http_options *options, struct loop *loop, char *why, size_t why_size);
/* Every 100 ms: connections whose time is over. */
void http_tick(struct http *http);
void http_close(struct http *http);

/* "http://127.0.0.1:8080" of the i-th address; NULL: there are no more. */
const char *http_url(const struct http *http, size_t i);

struct http_counts {
	uint64_t connections, open; /* ever, now */
	uint64_t requests;
	uint64_t refused;       /* of them: 4xx */
	uint64_t slow, crowded; /* closed: their time was over, there were too many */
};
void http_counts(const struct http *http, struct http_counts *out);

#endif
