/* SPDX-License-Identifier: MIT */
/* `eunomia list` and `eunomia inspect`: what the plugins' tables say, as text or as a JSON object a line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "event/escape.h"
#include "host/catalogue.h"
#include "host/meter.h"
#include "host/option.h"
#include "host/plugin.h"
#include "say.h"
#include "script/script.h"
#include "target/computed.h"
#include "sink/output.h"

/* One row: the same cells as text columns or as JSON members. */
struct cells {
	struct output *out;
	bool json;
	size_t n;
};

static void row_begin(struct cells *c)
{
	c->n = 0;
	if (c->json)
		buf_char(&c->out->buf, '{');
}

static void cell(struct cells *c, const char *name, const char *text, size_t width)
{
	struct buf *b = &c->out->buf;
	if (!text)
		text = "";
	if (c->json) {
		buf_printf(b, "%s\"%s\":", c->n ? "," : "", name);
		escape_json(b, text, strlen(text));
	} else {
		size_t start = b->len;
		if (c->n)
			buf_char(b, ' ');
		escape_text(b, text, strlen(text));
		size_t used = b->len - start - (c->n ? 1 : 0);
		if (width > used)
			buf_pad(b, ' ', width - used);
	}
	c->n++;
}

static void cell_number(struct cells *c, const char *name, uint64_t number, size_t width)
{
	char text[24];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	if (c->json)
		buf_printf(&c->out->buf, "%s\"%s\":%s", c->n++ ? "," : "", name, text);
	else
		cell(c, name, text, width);
}

static void row_end(struct cells *c)
{
	buf_str(&c->out->buf, c->json ? "}\n" : "\n");
}

static void list_plugin(struct cells *c, const struct plugin *p, const char *path, const char *why)
{
	row_begin(c);
	if (p) {
		cell(c, "plugin", p->abi.name, 12);
		cell(c, "version", p->abi.version, 8);
		cell(c, "license", p->abi.license, 12);
		cell(c, "help", p->abi.help, 48);
		cell(c, "path", path, 0);
	} else {
		cell(c, "refused", path, 0);
		cell(c, "reason", why, 0);
	}
	row_end(c);
}

static void list_tools(struct cells *c, const struct plugin *p)
{
	for (uint32_t i = 0; i < p->abi.tools.count; i++) {
		const struct eun_tool *t = &p->tools[i];
		row_begin(c);
		cell(c, "tool", t->name, 16);
		cell(c, "plugin", p->abi.name, 12);
		cell(c, "stream", p->streams[t->stream].name, 20);
		cell(c, "help", t->help, 0);
		row_end(c);
	}
}

static void list_metrics(struct cells *c, const struct plugin *p)
{
	static const char *const types[] = {NULL, "counter", "gauge", "histogram"};
	for (uint32_t i = 0; i < p->abi.metrics.count; i++) {
		const struct eun_metric *m = &p->metrics[i];
		char name[128];
		meter_name(p, m, name, sizeof(name));
		row_begin(c);
		cell(c, "metric", name, 40);
		cell(c, "type", types[m->type], 10);
		cell(c, "stream", p->streams[m->stream].name, 18);
		cell(c, "kept", m->flags & EUN_METRIC_ASKED ? "asked" : "always", 7);
		cell(c, "labels", m->labels, 24);
		if (c->json) {
			cell(c, "field", m->field, 0);
			cell(c, "where", m->where, 0);
		}
		cell(c, "help", m->help, 0);
		row_end(c);
	}
}

static void stream_flags(const struct eun_stream *s, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", s->flags & EUN_STREAM_DEFAULT ? "default " : "",
		 s->flags & EUN_STREAM_CRITICAL ? "critical " : "",
		 s->flags & EUN_STREAM_AGGREGATE ? "aggregate " : "");
	size_t n = strlen(text);
	if (n)
		text[n - 1] = '\0';
}

static void list_streams(struct cells *c, const struct plugin *p)
{
	for (uint32_t i = 0; i < p->abi.streams.count; i++) {
		const struct eun_stream *s = &p->streams[i];
		char flags[64];
		stream_flags(s, flags, sizeof(flags));
		row_begin(c);
		cell(c, "stream", s->name, 20);
		cell(c, "flags", flags, 16);
		cell(c, "role", s->role, 14);
		cell(c, "help", s->help, 0);
		row_end(c);
	}
}

static void list_field(struct cells *c, const char *stream, const struct field *f)
{
	struct buf labels = {0};
	for (size_t i = 0; f->labels && f->labels[i].name; i++)
		buf_printf(&labels, "%s%s", i ? "|" : "", f->labels[i].name);
	buf_char(&labels, '\0');
	row_begin(c);
	cell(c, "stream", stream, 18);
	cell(c, "field", f->name, 16);
	cell(c, "type", type_name(f->type), 8);
	if (c->json) {
		cell(c, "source", f->context ? "computed" : f->flags & EUN_FIELD_USER ? "user" : "kernel", 0);
		cell(c, "labels", labels.data, 0);
	}
	cell(c, "help", f->help, 0);
	row_end(c);
	buf_free(&labels);
}

static int list_fields(struct cells *c, const struct plugin *p, const char *only)
{
	int found = 0;
	for (uint32_t i = 0; i < p->abi.streams.count; i++) {
		char why[256];
		if (only && strcmp(only, p->streams[i].name) != 0)
			continue;
		struct stream *s = plugin_stream_new(p, i, why, sizeof(why));
		if (!s)
			continue;
		found++;
		for (uint32_t k = 0; k < s->n_fields; k++)
			list_field(c, s->name, &s->fields[k]);
		stream_destroy(s);
	}
	return found;
}

/* The header's fields and the computed ones are every stream's. */
static void list_common(struct cells *c)
{
	struct computed computed;
	for (uint32_t i = 0; i < n_header_fields; i++)
		list_field(c, "*", &header_fields[i]);
	if (computed_init(&computed))
		return;
	for (uint32_t i = 0; i < computed.n_fields; i++)
		list_field(c, "*", &computed.fields[i]);
	computed_free(&computed);
}

struct listing {
	struct cells cells;
	const char *what, *only; /* only: a stream */
	int found;
};

static int each(void *context, const char *path, struct plugin *p, const char *why)
{
	struct listing *l = context;
	if (!p)
		say("%s", why);
	if (!strcmp(l->what, "plugins"))
		list_plugin(&l->cells, p, path, why);
	else if (p && !strcmp(l->what, "tools"))
		list_tools(&l->cells, p);
	else if (p && !strcmp(l->what, "streams"))
		list_streams(&l->cells, p);
	else if (p && !strcmp(l->what, "metrics"))
		list_metrics(&l->cells, p);
	else if (p)
		l->found += list_fields(&l->cells, p, l->only);
	plugin_close(p);
	return 0;
}

/* For editors: the API of scripts and all streams. */
static int list_lua(struct output *out, char *const *paths)
{
	struct catalogue all;
	char why[512];
	int err = catalogue_init(&all, paths, why, sizeof(why));
	if (!err && script_annotations(&all.schema, &out->buf)) {
		err = -ENOMEM;
		snprintf(why, sizeof(why), "no memory");
	}
	if (err)
		say("%s", why);
	catalogue_free(&all);
	return say_closed(out, err ? EXIT_RUN : EXIT_OK);
}

int command_list(const struct request *r, char *const *paths)
{
	static const char *const whats[] = {"plugins", "tools", "streams", "fields", "metrics", "lua"};
	struct output out;
	struct listing l = {.cells = {&out, r->format == FORMAT_JSON, 0},
			    .what = r->operands.items[0],
			    .only = r->operands.n > 1 ? r->operands.items[1] : NULL};
	char why[512];
	bool known = false;
	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++)
		known |= !strcmp(whats[i], l.what);
	if (!known || (l.only && strcmp(l.what, "fields") != 0)) {
		say("usage: eunomia list plugins|tools|streams|fields [STREAM]|metrics|lua");
		return EXIT_USAGE;
	}
	output_open(&out, NULL, why, sizeof(why));
	if (!strcmp(l.what, "lua"))
		return list_lua(&out, paths);
	if (!strcmp(l.what, "fields") && !l.only)
		list_common(&l.cells);
	if (plugin_each(paths, each, &l, why, sizeof(why))) {
		say("%s", why);
		return say_closed(&out, EXIT_USAGE);
	}
	if (l.only && !l.found) {
		say("unknown stream '%s' (see eunomia list streams)", l.only);
		return say_closed(&out, EXIT_USAGE);
	}
	return say_closed(&out, EXIT_OK);
}

/* The labels of a field, in the order of its values. */
static void list_labels(struct cells *c, const struct field *f)
{
	for (size_t i = 0; f->labels && f->labels[i].name; i++) {
		row_begin(c);
		cell_number(c, "value", f->labels[i].value, 6);
		cell(c, "name", f->labels[i].name, 0);
		row_end(c);
	}
}

int list_names(const struct request *r, const struct plugin *p, uint64_t streams, const char *name)
{
	struct output out;
	struct cells c = {&out, r->format == FORMAT_JSON, 0};
	char why[512];
	bool found = false;
	output_open(&out, NULL, why, sizeof(why));
	for (uint32_t i = 0; !found && i < p->abi.streams.count; i++) {
		struct stream *s = streams & EUN_BIT(i) ? plugin_stream_new(p, i, why, sizeof(why)) : NULL;
		const struct field *f = s ? stream_field(s, name) : NULL;
		if (f)
			list_labels(&c, f);
		found = f;
		stream_destroy(s);
	}
	return say_closed(&out, EXIT_OK);
}

static void section(struct cells *c, const char *title)
{
	if (!c->json)
		buf_printf(&c->out->buf, "\n%s\n", title);
}

static void list_options(struct cells *c, const struct plugin *p)
{
	for (uint32_t i = 0; i < p->abi.options.count; i++) {
		const struct eun_option *o = &p->options[i];
		char name[96];
		snprintf(name, sizeof(name), "%s.%s", p->abi.name, o->key);
		row_begin(c);
		cell(c, "option", name, 24);
		cell(c, "default", o->def, 10);
		cell(c, "help", o->help, 0);
		row_end(c);
	}
}

static void list_programs(struct cells *c, const struct plugin *p)
{
	for (uint32_t i = 0; i < p->abi.programs.count; i++) {
		const struct eun_program *g = &p->programs[i];
		row_begin(c);
		cell(c, "program", g->name, 24);
		cell(c, "at", g->at ? g->at : "as its section says", 36);
		cell(c, "needed", g->flags & EUN_PROGRAM_OPTIONAL ? "optional" : "required", 9);
		cell_number(c, "group", g->group, 2);
		cell_number(c, "choice", g->choice, 2);
		row_end(c);
	}
}

static void list_probes(struct cells *c, const struct plugin *p)
{
	for (uint32_t i = 0; i < p->abi.attach.count; i++) {
		const struct eun_attach *a = &p->attach[i];
		char at[256];
		snprintf(at, sizeof(at), "%s%s+0x%llx%s",
			 a->probe    ? a->probe
			 : a->symbol ? a->symbol
				     : "",
			 "", a->offset, a->flags & EUN_ATTACH_RETURN ? " (return)" : "");
		row_begin(c);
		cell(c, "probe", at, 40);
		cell(c, "file", a->file, 24);
		cell(c, "program", a->program, 24);
		cell(c, "option", a->option, 0);
		row_end(c);
	}
}

int command_inspect(const struct request *r, char *const *paths)
{
	struct output out;
	struct cells c = {&out, r->format == FORMAT_JSON, 0};
	char why[512];
	const char *file = r->operands.items[0];
	struct plugin *p = strchr(file, '/') || strstr(file, ".so") ? plugin_open(file, why, sizeof(why))
								    : plugin_find(file, paths, why, sizeof(why));
	if (!p) {
		say("%s", why);
		return EXIT_RUN;
	}
	output_open(&out, NULL, why, sizeof(why));
	list_plugin(&c, p, p->path, NULL);
	section(&c, "streams");
	list_streams(&c, p);
	section(&c, "fields");
	list_fields(&c, p, NULL);
	section(&c, "options");
	list_options(&c, p);
	section(&c, "programs");
	list_programs(&c, p);
	section(&c, "probes");
	list_probes(&c, p);
	section(&c, "tools");
	list_tools(&c, p);
	section(&c, "metrics");
	list_metrics(&c, p);
	plugin_close(p);
	return say_closed(&out, EXIT_OK);
}
