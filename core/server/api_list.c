/* SPDX-License-Identifier: MIT */
/* What there is: plugins with their tables, processes, containers, the server itself. */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "metric/metric.h"
#include "server/json.h"
#include "server/server_impl.h"

/* ---- the server ---- */

void api_metrics(struct server *s, struct call *c)
{
	const char *accept = call_header(c, "Accept");
	enum metrics_format format = metrics_accept(accept ? accept : "");
	if (metrics_write(s->daemon->metrics, format, &c->out)) {
		call_fail(c, 503, "no_memory", NULL, "no memory");
		return;
	}
	c->type = metrics_content_type(format);
	call_answer(c, 200);
}

void api_health(struct server *s, struct call *c)
{
	(void)s;
	put_open(&c->out, '{');
	put_member(&c->out, "status", "ok");
	put_close(&c->out, '}');
	call_answer(c, 200);
}

void api_ready(struct server *s, struct call *c)
{
	if (s->graph_job && s->graph_job->state == JOB_LOADING) {
		call_fail(c, 503, "starting", NULL, "the graph of connections is being loaded");
		return;
	}
	put_open(&c->out, '{');
	put_member(&c->out, "status", "ok");
	put_time(&c->out, "since", s->since, s->clock_offset);
	put_close(&c->out, '}');
	call_answer(c, 200);
}

void api_version(struct server *s, struct call *c)
{
	struct utsname u = {0};
	uname(&u);
	put_open(&c->out, '{');
	put_member(&c->out, "version", s->version);
	put_number(&c->out, "abi_major", EUN_ABI_MAJOR);
	put_number(&c->out, "abi_minor", EUN_ABI_MINOR);
	put_member(&c->out, "kernel", u.release);
	put_member(&c->out, "machine", u.machine);
	put_member(&c->out, "hostname", s->daemon->hostname);
	put_member(&c->out, "role", role_names[c->role]);
	put_close(&c->out, '}');
	call_answer(c, 200);
}

void api_openapi(struct server *s, struct call *c)
{
	openapi_json(s, &c->out);
	call_answer(c, 200);
}

void api_status(struct server *s, struct call *c)
{
	const struct daemon *d = s->daemon;
	struct http_counts http;
	struct hotplug_counts pool;
	size_t enabled, skipped, rules = ruleset_rules(d->now->rules, &enabled, &skipped);
	struct buf *b = &c->out;
	http_counts(s->http, &http);
	hotplug_counts(s->pool, &pool);
	put_open(b, '{');
	put_time(b, "since", s->since, s->clock_offset);
	put_number(b, "events", d->events);
	put_number(b, "lost", d->lost + generation_lost(d->now));
	put_number(b, "rules", rules);
	put_number(b, "rules_enabled", enabled);
	put_number(b, "alerts", ruleset_alerts(d->now->rules));
	put_number(b, "reloads", d->reloads);
	put_number(b, "reloads_refused", d->failed);
	put_number(b, "api_events", hub_number(s->hub));
	put_number(b, "instances", pool.active);
	put_number(b, "objects", pool.objects);
	put_number(b, "streams", s->follows.n);
	put_number(b, "stream_lost", s->follows.lost);
	put_number(b, "connections", http.open);
	put_number(b, "requests", http.requests);
	put_number(b, "requests_refused", http.refused);
	put_number(b, "connections_slow", http.slow);
	put_number(b, "connections_crowded", http.crowded);
	put_number(b, "edges", s->graph ? graph_edges(s->graph) : 0);
	put_close(b, '}');
	call_answer(c, 200);
}

static void finding(struct buf *b, const char *check, const char *name, bool good, bool needed, const char *text)
{
	put_open(b, '{');
	put_member(b, "check", check);
	put_member(b, "name", name);
	put_member(b, "state", good ? "ok" : needed ? "failed" : "missing");
	put_member(b, "text", good ? "" : text);
	put_close(b, '}');
}

/* What was found out when all was loaded; `eunomia doctor` tries everything. */
void api_doctor(struct server *s, struct call *c)
{
	struct utsname u = {0};
	struct buf *b = &c->out;
	const char *tracefs = kernel_tracefs(s->daemon->session.host.kernel);
	uname(&u);
	put_open(b, '{');
	put_key(b, "findings");
	put_open(b, '[');
	finding(b, "kernel", u.release, kernel_version() >= KERNEL_OLDEST, true, "older than Linux 5.15");
	finding(b, "caps", "CAP_BPF", kernel_capable(CAP_BPF) || kernel_capable(CAP_SYS_ADMIN), true,
		"loading BPF objects");
	finding(b, "caps", "CAP_PERFMON", kernel_capable(CAP_PERFMON) || kernel_capable(CAP_SYS_ADMIN), true,
		"tracing");
	finding(b, "tracefs", tracefs ? tracefs : "tracefs", tracefs, true, "tracepoints can't be found");
	for (size_t i = 0; i < s->daemon->now->choices.n; i++) {
		const struct choice *choice = &s->daemon->now->choices.items[i];
		for (uint32_t k = 0; k < choice->plugin->abi.programs.count; k++) {
			const struct program_status *p = instance_program(choice->instance, k);
			if (p->state == PROGRAM_UNUSED)
				continue;
			finding(b, "program", choice->plugin->programs[k].name, p->state == PROGRAM_ATTACHED, false,
				p->why);
		}
	}
	put_close(b, ']');
	put_close(b, '}');
	call_answer(c, 200);
}

/* ---- plugins ---- */

static void option_json(struct buf *b, const struct eun_option *o)
{
	put_open(b, '{');
	put_member(b, "key", o->key);
	put_member(b, "type",
		   o->type == EUN_OPTION_BOOL   ? "bool"
		   : o->type == EUN_OPTION_UINT ? "uint"
		   : o->type == EUN_OPTION_TIME ? "time"
						: "string");
	put_member(b, "default", o->def);
	put_member(b, "help", o->help);
	put_close(b, '}');
}

static void fields_json(struct buf *b, const struct field *fields, uint32_t n)
{
	put_open(b, '[');
	for (uint32_t i = 0; i < n; i++) {
		put_open(b, '{');
		put_member(b, "name", fields[i].name);
		put_member(b, "type", type_name(fields[i].type));
		put_member(b, "help", fields[i].help);
		put_key(b, "labels");
		put_open(b, '[');
		for (const struct eun_label *l = fields[i].labels; l && l->name; l++)
			put_str(b, l->name);
		put_close(b, ']');
		put_close(b, '}');
	}
	put_close(b, ']');
}

static void stream_json(const struct server *s, struct buf *b, const struct stream *stream, bool fields)
{
	struct hub_counts counts;
	hub_counts(s->hub, stream->id, &counts);
	put_open(b, '{');
	put_member(b, "name", stream->name);
	put_member(b, "help", stream->help);
	put_flag(b, "default", stream->flags & EUN_STREAM_DEFAULT);
	put_flag(b, "aggregate", stream->flags & EUN_STREAM_AGGREGATE);
	put_member(b, "role", stream->role);
	put_member(b, "columns", stream->columns);
	put_number(b, "events", counts.events);
	put_number(b, "kept", counts.kept);
	if (fields) {
		put_key(b, "fields");
		fields_json(b, stream->fields, stream->n_fields);
	}
	put_close(b, '}');
}

static void tool_json(struct buf *b, const struct plugin *p, const struct eun_tool *t)
{
	put_open(b, '{');
	put_member(b, "name", t->name);
	put_member(b, "help", t->help);
	put_member(b, "plugin", p->abi.name);
	put_member(b, "stream", p->streams[t->stream].name);
	put_member(b, "filter", t->where);
	put_number(b, "interval_ms", t->interval_ms);
	put_key(b, "columns");
	put_open(b, '[');
	for (uint32_t i = 0; i < t->columns.count; i++) {
		struct eun_column column;
		table_row(&t->columns, i, &column, sizeof(column));
		put_open(b, '{');
		put_member(b, "header", column.header);
		put_member(b, "field", column.field);
		put_number(b, "divisor", column.divisor ? column.divisor : 1);
		put_close(b, '}');
	}
	put_close(b, ']');
	put_key(b, "options");
	put_open(b, '[');
	for (uint32_t i = 0; i < t->options.count; i++) {
		struct eun_tool_option o;
		table_row(&t->options, i, &o, sizeof(o));
		put_open(b, '{');
		put_member(b, "name", o.name);
		put_member(b, "value", o.value);
		put_member(b, "help", o.help);
		put_close(b, '}');
	}
	put_close(b, ']');
	put_close(b, '}');
}

static void plugin_json(const struct server *s, struct buf *b, const struct shelf_plugin *item, bool whole)
{
	const struct plugin *p = item->plugin;
	put_open(b, '{');
	put_member(b, "name", p->abi.name);
	put_member(b, "version", p->abi.version);
	put_member(b, "license", p->abi.license);
	put_member(b, "help", p->abi.help);
	put_member(b, "file", p->abi.object ? p->path : NULL);
	put_key(b, "streams");
	put_open(b, '[');
	for (uint32_t i = 0; i < p->abi.streams.count; i++)
		stream_json(s, b, item->streams[i], whole);
	put_close(b, ']');
	if (whole) {
		put_key(b, "options");
		put_open(b, '[');
		for (uint32_t i = 0; i < p->abi.options.count; i++)
			option_json(b, &p->options[i]);
		put_close(b, ']');
		put_key(b, "tools");
		put_open(b, '[');
		for (uint32_t i = 0; i < p->abi.tools.count; i++)
			tool_json(b, p, &p->tools[i]);
		put_close(b, ']');
		put_key(b, "header");
		fields_json(b, header_fields, n_header_fields);
		put_key(b, "computed");
		fields_json(b, s->shelf.schema.computed, s->shelf.schema.n_computed);
	}
	put_close(b, '}');
}

void api_plugins(struct server *s, struct call *c)
{
	put_open(&c->out, '{');
	put_key(&c->out, "plugins");
	put_open(&c->out, '[');
	for (size_t i = 0; i < s->shelf.n; i++)
		plugin_json(s, &c->out, &s->shelf.items[i], false);
	put_close(&c->out, ']');
	put_close(&c->out, '}');
	call_answer(c, 200);
}

void api_plugin(struct server *s, struct call *c)
{
	char why[256];
	const struct shelf_plugin *p = shelf_plugin(&s->shelf, c->args.text[0], why, sizeof(why));
	if (!p) {
		call_fail(c, 404, "not_found", "name", "%s", why);
		return;
	}
	plugin_json(s, &c->out, p, true);
	call_answer(c, 200);
}

void api_tools(struct server *s, struct call *c)
{
	put_open(&c->out, '{');
	put_key(&c->out, "tools");
	put_open(&c->out, '[');
	for (size_t i = 0; i < s->shelf.n; i++)
		for (uint32_t k = 0; k < s->shelf.items[i].plugin->abi.tools.count; k++)
			tool_json(&c->out, s->shelf.items[i].plugin, &s->shelf.items[i].plugin->tools[k]);
	put_close(&c->out, ']');
	put_close(&c->out, '}');
	call_answer(c, 200);
}

/* ---- who is there ---- */

static void process_members(const struct server *s, struct buf *b, const struct proc *p)
{
	const struct eun_event who = {.cgroup = p->exec_cgroup, .pid = p->pid};
	const struct container *container =
		p->exec_seen ? containers_of(census_containers(s->daemon->session.census), &who) : NULL;
	put_number(b, "pid", p->pid);
	put_number(b, "ppid", p->ppid);
	put_key(b, "comm");
	put_text(b, p->comm, strnlen(p->comm, sizeof(p->comm)));
	put_member(b, "exe", p->exe);
	put_key(b, "argv");
	put_open(b, '[');
	for (uint32_t at = 0; p->argv && at < p->argv_len;) {
		size_t n = strnlen(p->argv + at, p->argv_len - at);
		put_text(b, p->argv + at, n);
		at += (uint32_t)n + 1;
	}
	put_close(b, ']');
	if (p->start)
		put_time(b, "start", p->start, s->clock_offset);
	else
		put_member(b, "start", NULL);
	put_member(b, "container", container ? container->info.id : NULL);
}

struct processes {
	const struct server *server;
	struct buf *out;
	uint64_t left, total;
};

static void add_process(void *context, const struct proc *p)
{
	struct processes *l = context;
	l->total++;
	if (!l->left)
		return;
	l->left--;
	put_open(l->out, '{');
	process_members(l->server, l->out, p);
	put_close(l->out, '}');
}

void api_processes(struct server *s, struct call *c)
{
	struct processes l = {.server = s, .out = &c->out};
	if (!call_query_number(c, "limit", 1000, 1, 10000, &l.left))
		return;
	put_open(&c->out, '{');
	put_key(&c->out, "processes");
	put_open(&c->out, '[');
	procs_each(s->daemon->session.who.procs, add_process, &l);
	put_close(&c->out, ']');
	put_number(&c->out, "total", l.total);
	put_close(&c->out, '}');
	call_answer(c, 200);
}

void api_process(struct server *s, struct call *c)
{
	uint32_t pid = (uint32_t)strtoul(c->args.text[0], NULL, 10);
	const struct proc *p = procs_find(s->daemon->session.who.procs, pid, UINT64_MAX);
	if (!p) {
		call_fail(c, 404, "not_found", "pid", "process %s is not known (any more)", c->args.text[0]);
		return;
	}
	put_open(&c->out, '{');
	process_members(s, &c->out, p);
	put_key(&c->out, "ancestors");
	put_open(&c->out, '[');
	int left = PROC_ANCESTORS_MAX;
	for (const struct proc *a = p->parent; a && left--; a = a->parent) {
		put_open(&c->out, '{');
		process_members(s, &c->out, a);
		put_close(&c->out, '}');
	}
	put_close(&c->out, ']');
	put_close(&c->out, '}');
	call_answer(c, 200);
}

static void add_container(void *context, const struct container *k)
{
	struct processes *l = context;
	put_open(l->out, '{');
	put_member(l->out, "id", k->info.id);
	put_member(l->out, "name", k->info.name);
	put_member(l->out, "image", k->info.image);
	put_member(l->out, "runtime", k->info.runtime);
	put_member(l->out, "state", container_state_names[k->state]);
	put_time(l->out, "started", k->started, l->server->clock_offset);
	put_close(l->out, '}');
}

void api_containers(struct server *s, struct call *c)
{
	struct processes l = {.server = s, .out = &c->out};
	put_open(&c->out, '{');
	put_key(&c->out, "containers");
	put_open(&c->out, '[');
	containers_each(census_containers(s->daemon->session.census), add_container, &l);
	put_close(&c->out, ']');
	put_close(&c->out, '}');
	call_answer(c, 200);
}
