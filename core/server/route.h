/* SPDX-License-Identifier: MIT */
/*
 * What can be asked for: one table, from which requests are routed, roles are checked and the OpenAPI document is made.
 */
#ifndef CORE_SERVER_ROUTE_H
#define CORE_SERVER_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct server;

enum role { ROLE_OPEN, ROLE_READ, ROLE_CONTROL };
extern const char *const role_names[]; /* "open", "read", "control" */

#define ROUTE_ARGS 2
#define ROUTE_ARG_MAX 128

/* A parameter of the query: name, JSON schema type, what it is. */
struct parameter {
	const char *name, *type, *help;
};

struct route {
	const char *method, *path; /* "/api/v1/instances/{id}" */
	enum role role;
	void (*handle)(struct server *server, struct call *call);
	const char *summary;
	struct parameter parameters[7]; /* ends at name NULL */
	const char *body;               /* the schema's name of a JSON body; "bytes": anything; NULL: none */
	const char *answer;             /* the schema's name of the answer; "stream", "text" */
	int status;                     /* when it went well; 0: 200 */
};

/* The decoded pieces of a path that patterns have in braces. */
struct route_args {
	char text[ROUTE_ARGS][ROUTE_ARG_MAX];
};

/* True: the path is one of the pattern's. */
bool route_match(const char *pattern, const char *path, struct route_args *args);

/* NULL: none; *other: a row has the path with another method. */
const struct route *route_find(const struct route *table, const char *method, const char *path, struct route_args *args,
			       bool *other);

#endif
