/* SPDX-License-Identifier: MIT */
#include "call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "server/json.h"

const char *call_header(const struct call *c, const char *name)
{
	return c->mhd->lookup_connection_value(c->connection, MHD_HEADER_KIND, name);
}

const char *call_query(const struct call *c, const char *name)
{
	return c->mhd->lookup_connection_value(c->connection, MHD_GET_ARGUMENT_KIND, name);
}

bool call_query_number(struct call *c, const char *name, uint64_t usual, uint64_t least, uint64_t most, uint64_t *out)
{
	const char *text = call_query(c, name);
	char *end;
	*out = usual;
	if (!text)
		return true;
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && *out >= least && *out <= most)
		return true;
	call_fail(c, 400, "invalid", name, "'%.32s' is no number from %llu to %llu", text, (unsigned long long)least,
		  (unsigned long long)most);
	return false;
}

json_t *call_body(struct call *c)
{
	json_error_t error;
	char place[64];
	json_t *body =
		c->body.len ? json_loadb(c->body.data, c->body.len, JSON_REJECT_DUPLICATES, &error) : json_object();
	if (json_is_object(body))
		return body;
	if (body || !c->body.len) {
		call_fail(c, 400, "invalid", "body", "a JSON object is expected");
	} else {
		snprintf(place, sizeof(place), "body:%d:%d", error.line, error.column);
		call_fail(c, 400, "invalid", place, "%s", error.text);
	}
	json_decref(body);
	return NULL;
}

void call_answer(struct call *c, unsigned status)
{
	c->status = status;
	if (!c->type)
		c->type = "application/json";
	if (c->state == CALL_READING)
		c->state = CALL_READY;
}

void call_fail(struct call *c, unsigned status, const char *code, const char *place, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_free(&c->out);
	c->out = (struct buf){0};
	c->type = NULL;
	put_open(&c->out, '{');
	put_key(&c->out, "error");
	put_open(&c->out, '{');
	put_member(&c->out, "code", code);
	put_member(&c->out, "message", text);
	put_member(&c->out, "place", place);
	put_close(&c->out, '}');
	put_close(&c->out, '}');
	call_answer(c, status);
}

void call_wrong(struct call *c, unsigned status, const struct config_error *e)
{
	char place[320];
	if (e->line)
		snprintf(place, sizeof(place), "%s:%u:%u", e->file, e->line, e->column);
	else
		snprintf(place, sizeof(place), "%s", e->file);
	call_fail(c, status, "invalid", *place ? place : NULL, "%s", e->text);
}

void call_wait(struct call *c)
{
	c->state = CALL_WAITING;
}

void call_ready(struct call *c)
{
	c->state = CALL_READY;
	call_resume(c);
}

void call_suspend(struct call *c)
{
	if (!c->suspended)
		c->mhd->suspend_connection(c->connection);
	c->suspended = true;
}

void call_resume(struct call *c)
{
	if (!c->suspended)
		return;
	c->suspended = false;
	c->mhd->resume_connection(c->connection);
	eventfd_write(c->again, 1);
}

void call_free(struct call *c)
{
	if (!c)
		return;
	if (c->gone)
		c->gone(c->context);
	if (c->at) {
		*c->at = c->next;
		if (c->next)
			c->next->at = c->at;
	}
	buf_free(&c->body);
	buf_free(&c->out);
	free(c);
}
