/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/server_impl.h"

static char *const usual_listen[] = {(char *)"127.0.0.1:8080", NULL};

/* ---- what the daemon calls ---- */

static void on_event(void *context, const struct view *view)
{
	struct server *s = context;
	const struct stream *stream = schema_find(&s->shelf.schema, view->stream->name);
	const struct view of_shelf = {view->rec, view->len, stream, NULL};
	if (stream)
		hub_event(s->hub, &of_shelf);
}

static void on_alert(void *context, const struct alert *alert)
{
	struct server *s = context;
	const struct kept_alert *k = alerts_add(&s->alerts, alert, &s->daemon->style);
	if (k)
		follows_alert(&s->follows, k);
}

static void on_drained(void *context)
{
	follows_flush(&((struct server *)context)->follows);
}

static void on_tick(void *context)
{
	struct server *s = context;
	hotplug_tick(s->pool);
	http_tick(s->http);
	follows_tick(&s->follows);
}

static void on_settle(void *context)
{
	hotplug_settle(((struct server *)context)->pool);
}

static void on_stop(void *context)
{
	struct server *s = context;
	if (s->pool)
		hotplug_end(s->pool);
	follows_end(&s->follows);
}

static void on_close(void *context)
{
	struct server *s = context;
	http_close(s->http);
	hotplug_destroy(s->pool);
	graph_destroy(s->graph);
	hub_destroy(s->hub);
	alerts_free(&s->alerts);
	shelf_free(&s->shelf);
	settings_server_drop(&s->settings);
}

/* ---- inside ---- */

static void on_changed(void *context, struct job *job)
{
	struct server *s = context;
	struct buf json = {0};
	if (!s->follows.first)
		return;
	job_json(s, job, &json);
	if (!json.failed)
		follows_state(&s->follows, json.data, json.len);
	buf_free(&json);
	follows_flush(&s->follows);
}

static void audit(struct server *s, const struct call *c)
{
	daemon_say(s->daemon, EUN_LOG_INFO, "audit: %s %s from %s with a token of role %s: %u", c->route->method,
		   c->path, c->peer, role_names[c->role], c->status);
}

static void to_graph(void *context, const struct view *view)
{
	graph_event(context, view);
}

/* Where the graph's streams can't be had there is no graph, and that is told. */
static void start_graph(struct server *s)
{
	static char *const everything[] = {(char *)"open",       (char *)"accept",  (char *)"close",
					   (char *)"retransmit", (char *)"traffic", NULL};
	char *const *roles = s->settings.graph ? s->settings.graph : everything;
	struct job_spec spec = {.internal = true, .event = to_graph};
	char place[64], why[512] = "no plugin has streams with the roles connection.*";
	if (!*roles)
		return;
	spec.plugin = graph_streams(&s->shelf, roles, &spec.streams);
	bool traffic = false;
	for (char *const *role = roles; *role; role++)
		traffic |= !strcmp(*role, "traffic");
	s->graph = spec.plugin ? graph_new(&s->shelf, s->settings.edges, traffic) : NULL;
	spec.context = s->graph;
	spec.label = strdup("graph of connections");
	if (s->graph)
		s->graph_job = hotplug_start(s->pool, &spec, place, sizeof(place), why, sizeof(why));
	if (!s->graph_job)
		daemon_say(s->daemon, EUN_LOG_WARN, "no graph of connections: %s", why);
	job_spec_free(&spec);
}

static int on_uploaded(void *context, const char *path, struct plugin *plugin, const char *refused)
{
	struct server *s = context;
	char why[256];
	(void)path;
	if (!plugin)
		daemon_say(s->daemon, EUN_LOG_WARN, "%s", refused);
	else if (plugin->abi.object) /* the built-in ones are there */
		shelf_add(&s->shelf, plugin, why, sizeof(why));
	else
		plugin_close(plugin);
	return 0;
}

static int add_uploaded(struct server *s, char *why, size_t why_size)
{
	char *const folder[] = {(char *)s->settings.plugin_folder, NULL};
	if (!folder[0] || access(folder[0], F_OK))
		return 0;
	return plugin_each(folder, on_uploaded, s, why, why_size);
}

static enum daemon_status fail(int err)
{
	return err == -EINVAL ? DAEMON_WRONG : session_denied(err) ? DAEMON_DENIED : DAEMON_FAILED;
}

static int open_tokens(struct server *s, char *why, size_t why_size)
{
	int err = token_open(&s->guard.control, s->settings.token_file, why, why_size);
	if (!err)
		err = token_open(&s->guard.read, s->settings.read_token_file, why, why_size);
	s->guard.hosts = s->settings.hosts;
	s->guard.origins = s->settings.origins;
	s->guard.hostname = s->daemon->hostname;
	return err;
}

static int open_parts(struct server *s, char *why, size_t why_size)
{
	struct session *session = &s->daemon->session;
	int err = shelf_init(&s->shelf, s->daemon->options->plugin_paths, session->who.procs,
			     census_containers(session->census), why, why_size);
	if (err)
		return err;
	err = add_uploaded(s, why, why_size);
	if (err)
		return err;
	snprintf(why, why_size, "no memory");
	s->hub = hub_new(&s->shelf, s->settings.events, s->clock_offset);
	if (!s->hub || alerts_init(&s->alerts, s->settings.alerts))
		return -ENOMEM;
	s->follows = (struct follows){.hub = s->hub, .most = s->settings.streams};
	s->pool = hotplug_new(s->daemon, s->settings.instances, on_changed, s, why, why_size);
	return s->pool ? 0 : -errno;
}

static void say_urls(const struct server *s)
{
	const char *url;
	for (size_t i = 0; (url = http_url(s->http, i)); i++)
		daemon_say(s->daemon, EUN_LOG_INFO, "listening: %s", url);
	if (s->guard.control.made)
		daemon_say(s->daemon, EUN_LOG_INFO, "a token was made: open %s/#token=%s", http_url(s->http, 0),
			   s->guard.control.text);
	else
		daemon_say(s->daemon, EUN_LOG_INFO, "the token is in %s", s->settings.token_file);
}

static int start(void *context, struct daemon *daemon, char *why, size_t why_size)
{
	struct server *s = context;
	s->daemon = daemon;
	snprintf(why, why_size, "no memory");
	if (settings_server_copy(&s->settings, &daemon->now->settings->server))
		return DAEMON_FAILED;
	s->clock_offset = daemon->style.clock_offset;
	s->since = clock_boot_ns();
	int err = open_tokens(s, why, why_size);
	if (!err)
		err = open_parts(s, why, why_size);
	if (err)
		return fail(err);
	const struct http_options options = {
		.settings = &s->settings,
		.listen = daemon->options->listen ? daemon->options->listen
			  : s->settings.listen    ? s->settings.listen
						  : usual_listen,
		.insecure = daemon->options->insecure,
		.guard = &s->guard,
		.routes = routes,
		.page = page_serve,
		.audit = audit,
		.server = s,
	};
	err = http_open(&s->http, &options, daemon->session.loop, why, why_size);
	if (err)
		return fail(err);
	start_graph(s);
	say_urls(s);
	return DAEMON_FINE;
}

enum daemon_status server_run(const struct daemon_options *daemon_options, const char *version)
{
	struct server *s = calloc(1, sizeof(*s));
	struct daemon_options options = *daemon_options;
	const struct daemon_guest guest = {
		.context = s,
		.start = start,
		.tick = on_tick,
		.drained = on_drained,
		.event = on_event,
		.alert = on_alert,
		.settle = on_settle,
		.stop = on_stop,
		.close = on_close,
	};
	if (!s)
		return DAEMON_FAILED;
	s->version = version;
	options.guest = &guest;
	enum daemon_status status = daemon_run(&options);
	free(s);
	return status;
}
