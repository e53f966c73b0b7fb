/* SPDX-License-Identifier: MIT */
/* Inside of core/server: what all handlers see. */
#ifndef CORE_SERVER_SERVER_IMPL_H
#define CORE_SERVER_SERVER_IMPL_H

#include "daemon/daemon_impl.h"
#include "daemon/generation.h"
#include "server/alerts.h"
#include "server/follow.h"
#include "server/graph.h"
#include "server/http.h"
#include "server/hub.h"
#include "server/hotplug.h"
#include "server/server.h"
#include "server/shelf.h"

struct server {
	const char *version;
	struct daemon *daemon;
	struct settings_server settings; /* a copy: a reload does not change them */
	struct guard guard;
	struct shelf shelf;
	struct hub *hub;
	struct alerts alerts;
	struct follows follows;
	struct hotplug *pool;
	struct graph *graph; /* NULL: there is none */
	struct job *graph_job;
	struct http *http;
	int64_t clock_offset;
	uint64_t since; /* boot clock, ns */
};

/* The table of all routes, which ends at method NULL. */
extern const struct route routes[];

/* openapi.c */
void openapi_json(const struct server *server, struct buf *out);
/* page.c: a file of the page. */
bool page_serve(struct server *server, struct call *call, const char *path);

/* What a job is, as JSON. */
void job_json(const struct server *server, struct job *job, struct buf *out);

/* Handlers, by the file they are in. */
void api_metrics(struct server *s, struct call *c);
void api_health(struct server *s, struct call *c);
void api_ready(struct server *s, struct call *c);
void api_version(struct server *s, struct call *c);
void api_openapi(struct server *s, struct call *c);
void api_status(struct server *s, struct call *c);
void api_doctor(struct server *s, struct call *c);

void api_plugins(struct server *s, struct call *c);
void api_plugin(struct server *s, struct call *c);
void api_plugin_upload(struct server *s, struct call *c);
void api_tools(struct server *s, struct call *c);

void api_events(struct server *s, struct call *c);
void api_stream(struct server *s, struct call *c);
void api_alerts(struct server *s, struct call *c);
void api_alert_acknowledge(struct server *s, struct call *c);
void api_connections(struct server *s, struct call *c);

void api_processes(struct server *s, struct call *c);
void api_process(struct server *s, struct call *c);
void api_containers(struct server *s, struct call *c);

void api_instances(struct server *s, struct call *c);
void api_instance(struct server *s, struct call *c);
void api_instance_start(struct server *s, struct call *c);
void api_instance_stop(struct server *s, struct call *c);
void api_run(struct server *s, struct call *c);

void api_rules(struct server *s, struct call *c);
void api_rule(struct server *s, struct call *c);
void api_rule_enable(struct server *s, struct call *c);
void api_rule_disable(struct server *s, struct call *c);
void api_rules_validate(struct server *s, struct call *c);
void api_rules_upload(struct server *s, struct call *c);
void api_rules_test(struct server *s, struct call *c);
void api_reload(struct server *s, struct call *c);

#endif
