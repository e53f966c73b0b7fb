/* SPDX-License-Identifier: MIT */
/* For the tests of core/script: scripts from texts, a host that remembers what it was told, an event to hand out. */
#ifndef TESTS_UNIT_SCRIPT_FIXTURE_H
#define TESTS_UNIT_SCRIPT_FIXTURE_H

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event_fixture.h"

#include "script/script.h"

struct told {
	struct buf alerts, logs, emits, stops, rules; /* a line each */
	unsigned n_alerts, n_logs, n_stops;
	uint64_t now;
};

static inline void line(struct buf *out, const char *text, size_t len)
{
	buf_add(out, text, len);
	buf_char(out, '\n');
}

static inline void on_alert(void *context, const struct alert *a)
{
	struct told *told = context;
	told->n_alerts++;
	buf_printf(&told->alerts, "%s|%s|%s|", severity_names[a->severity], a->rule, a->source);
	for (size_t i = 0; i < a->n_tags; i++)
		buf_printf(&told->alerts, "%s,", a->tags[i]);
	for (size_t i = 0; i < a->n_fields; i++)
		buf_printf(&told->alerts, "%s=%.*s,", a->fields[i].name, a->fields[i].field ? 1 : (int)a->fields[i].len,
			   a->fields[i].field ? "@" : a->fields[i].text);
	buf_printf(&told->alerts, "|%llu|", (unsigned long long)a->dropped_before);
	line(&told->alerts, a->message, a->message_len);
}

static inline void on_log(void *context, const char *script, const char *text, size_t len)
{
	struct told *told = context;
	(void)script;
	told->n_logs++;
	line(&told->logs, text, len);
}

static inline void on_emit(void *context, const char *stream, const char *json, size_t len)
{
	struct told *told = context;
	buf_printf(&told->emits, "%s ", stream);
	line(&told->emits, json, len);
}

static inline void on_stop(void *context, const char *script, const char *limit, const char *detail)
{
	struct told *told = context;
	told->n_stops++;
	buf_printf(&told->stops, "%s|%s|%s\n", script, limit, detail);
}

static inline int on_rule(void *context, const struct rule *r, struct config_error *error)
{
	struct told *told = context;
	if (strstr(r->name, "twice")) {
		snprintf(error->text, sizeof(error->text), "there is one already");
		return -EEXIST;
	}
	buf_printf(&told->rules, "%s|%s|%s|%s|%s|%llu|%u|", r->name, severity_names[r->severity], r->streams[0],
		   r->where ? r->where : "-", r->message, (unsigned long long)r->window_ms, r->number);
	for (size_t i = 0; i < r->n_tags; i++)
		buf_printf(&told->rules, "%s,", r->tags[i]);
	for (size_t i = 0; i < r->n_key; i++)
		buf_printf(&told->rules, "%s;", r->key[i]);
	line(&told->rules, "", 0);
	return 0;
}

static inline uint64_t on_now(void *context)
{
	return ((struct told *)context)->now;
}

static inline const char *text_of(struct buf *b)
{
	buf_char(b, '\0');
	b->len--;
	return b->data;
}

struct world {
	struct fixture *f;
	struct told told;
	struct script_host host;
	struct script_limits limits;
	struct config_error error;
	char dir[64];
	void *bytes;
	struct view view;
};

static inline int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	void *f;
	assert_non_null(w);
	setup(&f);
	w->f = f;
	w->told.now = BOOT_NS;
	strcpy(w->dir, "/tmp/eunomia-script-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->host = (struct script_host){
		.context = &w->told,
		.rule = on_rule,
		.alert = on_alert,
		.log = on_log,
		.emit = on_emit,
		.stopped = on_stop,
		.now = on_now,
		.lib = w->dir,
	};
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;
	void *f = w->f;
	char command[128];
	teardown(&f);
	free(w->bytes);
	buf_free(&w->told.alerts);
	buf_free(&w->told.logs);
	buf_free(&w->told.emits);
	buf_free(&w->told.stops);
	buf_free(&w->told.rules);
	snprintf(command, sizeof(command), "rm -r %s", w->dir);
	assert_int_equal(system(command), 0);
	free(w);
	return 0;
}

#define WORLD(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)

/* The path of a file of that text; valid until the next one. */
static inline const char *file_of(struct world *w, const char *name, const char *text, size_t len)
{
	static char path[128];
	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
	return path;
}

static inline struct script *open_text(struct world *w, const char *text)
{
	struct script *s = NULL;
	int err = script_open(&s, file_of(w, "test.lua", text, strlen(text)), &w->limits, &w->host, &w->error);
	if (!err)
		err = script_bind(s, &w->f->schema, &w->error);
	if (err)
		fail_msg("%d: %s:%u: %s", err, w->error.file, w->error.line, w->error.text);
	return s;
}

/* The fixture's record as an event. */
static inline const struct view *view_of(struct world *w)
{
	uint32_t len;
	free(w->bytes);
	w->bytes = record_bytes(&w->f->x, w->f->stream->id, &len);
	assert_true(view_init(&w->view, w->bytes, len, &w->f->schema));
	return &w->view;
}

/* What a body of a handler says with log(), run once for the fixture's record. */
static inline const char *logged(struct world *w, const char *body)
{
	char text[8192];
	w->told.logs.len = 0;
	snprintf(text, sizeof(text), "on('test.every', function(ev) %s end)", body);
	struct script *s = open_text(w, text);
	script_event(s, view_of(w));
	script_close(s);
	return text_of(&w->told.logs);
}

#endif
