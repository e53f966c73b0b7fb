/* SPDX-License-Identifier: MIT */
/*
 * One request and its answer. A handler reads the request, then answers, or says that it will: call_wait(), and
 * call_ready() once it is answered. A caller that left meanwhile is told to `gone`. One thread.
 */
#ifndef CORE_SERVER_CALL_H
#define CORE_SERVER_CALL_H

#include <jansson.h>

#include "config/config.h"
#include "event/buf.h"
#include "server/mhd.h"
#include "server/route.h"

struct http;

enum call_state { CALL_READING, CALL_WAITING, CALL_READY, CALL_SENT };

struct call {
	struct http *http;
	const struct mhd *mhd;
	struct MHD_Connection *connection;
	const struct route *route;
	struct route_args args;
	char path[256]; /* for the log */
	char peer[64];
	enum role role;
	const char *origin; /* a foreign one that is let in */
	bool near;
	struct buf body;
	/* the answer */
	enum call_state state;
	bool suspended;
	int again; /* http's eventfd: libmicrohttpd does not wake a loop of others when a connection is resumed */
	unsigned status;
	const char *type;
	const char *policy; /* CSP */
	struct buf out;
	const void *file; /* in place of `out`: bytes that stay */
	size_t file_size;
	/* of a live stream, in place of `out`: MHD's reader */
	MHD_ContentReaderCallback reader;
	/* Told once, when it is over however it ended. */
	void (*gone)(void *context);
	void *context;
	struct call *next, **at;
};

/* A header of the request, NULL: not given. */
const char *call_header(const struct call *call, const char *name);
/* A parameter of the query, NULL: not given. */
const char *call_query(const struct call *call, const char *name);
/* One that is a number; `usual` if not given. False: it is answered, as it is none or out of bounds. */
bool call_query_number(struct call *call, const char *name, uint64_t usual, uint64_t least, uint64_t most,
		       uint64_t *out);
/* The body. NULL: it is answered, as it is no JSON object. To be json_decref()ed. An empty body is an empty object. */
json_t *call_body(struct call *call);

/* Answers; `out` holds JSON by now. */
void call_answer(struct call *call, unsigned status);
/* {"error":{"code":,"message":,"place":}}; place may be NULL. What `out` held is dropped. */
void call_fail(struct call *call, unsigned status, const char *code, const char *place, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void call_wrong(struct call *call, unsigned status, const struct config_error *error);

void call_wait(struct call *call);
/* It is answered. Sent in the loop's next round. */
void call_ready(struct call *call);
/* Nothing is sent until call_resume(). */
void call_suspend(struct call *call);
void call_resume(struct call *call);

void call_free(struct call *call);

#endif
