/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/listen.h"

#define LISTENERS_MAX 8
#define SLACK 64       /* connections over the limit, until the oldest are closed */
#define PASSES 8       /* of MHD in one round of the loop */
#define MEMORY 16384   /* of a connection: headers must fit */
#define FILES_REST 512 /* descriptors that are not connections */
#define POLICY "default-src 'none'; frame-ancestors 'none'"

struct listener {
	struct http *http;
	struct MHD_Daemon *daemon;
	int fd;
	bool near, tls;
	char url[96];
};

/* A connection: in the list of those that wait for (the rest of) a request, oldest first, or not in it. */
struct peer {
	struct http *http;
	int fd;
	uint64_t deadline; /* boot clock, ns */
	bool waits;
	struct peer *older, *newer;
};

struct http {
	struct mhd mhd;
	struct http_options options;
	struct listener listeners[LISTENERS_MAX];
	size_t n;
	bool bound; /* the unix socket is ours */
	int again;  /* eventfd: there was more to do than a round does */
	char *cert, *key;
	struct peer *oldest, *newest;
	uint64_t n_waiting;
	struct call *calls;
	struct http_counts counts;
};

/* ---- connections ---- */

static void peer_leave(struct peer *p)
{
	struct http *h = p->http;
	if (!p->waits)
		return;
	*(p->older ? &p->older->newer : &h->oldest) = p->newer;
	*(p->newer ? &p->newer->older : &h->newest) = p->older;
	p->waits = false;
	p->older = p->newer = NULL;
	h->n_waiting--;
}

static void peer_wait(struct peer *p, uint64_t ms)
{
	struct http *h = p->http;
	peer_leave(p);
	p->deadline = clock_boot_ns() + ms * 1000000;
	p->waits = true;
	p->older = h->newest;
	*(h->newest ? &h->newest->newer : &h->oldest) = p;
	h->newest = p;
	h->n_waiting++;
}

/* MHD sees its end and closes it. */
static void peer_end(struct peer *p)
{
	shutdown(p->fd, SHUT_RDWR);
	peer_leave(p);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct http *h = ((struct listener *)context)->http;
	struct peer *p = *socket_context;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		h->counts.connections++;
		h->counts.open++;
		p = calloc(1, sizeof(*p));
		*socket_context = p;
		if (!p)
			return;
		p->http = h;
		p->fd = h->mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
		if (h->counts.open > h->options.settings->connections && h->oldest) {
			h->counts.crowded++;
			peer_end(h->oldest);
		}
		peer_wait(p, h->options.settings->header_ms);
		return;
	}
	h->counts.open--;
	if (p)
		peer_leave(p);
	free(p);
}

static struct peer *peer_of(const struct http *h, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		h->mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

void http_tick(struct http *h)
{
	uint64_t now = clock_boot_ns();
	for (struct peer *p = h->oldest, *next; p; p = next) {
		next = p->newer;
		if (p->deadline > now)
			continue;
		h->counts.slow++;
		peer_end(p);
	}
}

/* ---- requests ---- */

static void name_peer(const struct http *h, struct call *c)
{
	const union MHD_ConnectionInfo *info =
		h->mhd.get_connection_info(c->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info ? info->client_addr : NULL;
	char text[INET6_ADDRSTRLEN] = "";
	if (sa && sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
		snprintf(c->peer, sizeof(c->peer), "%s:%u", text, ntohs(in->sin_port));
	} else if (sa && sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)sa;
		inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof(text));
		snprintf(c->peer, sizeof(c->peer), "[%s]:%u", text, ntohs(in->sin6_port));
	} else {
		snprintf(c->peer, sizeof(c->peer), "unix socket");
	}
}

static void add_headers(const struct call *c, struct MHD_Response *response)
{
	static const char *const always[][2] = {
		{"X-Content-Type-Options", "nosniff"},
		{"X-Frame-Options", "DENY"},
		{"Referrer-Policy", "no-referrer"},
		{"Cache-Control", "no-store"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
	};
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		c->mhd->add_response_header(response, always[i][0], always[i][1]);
	c->mhd->add_response_header(response, "Content-Security-Policy", c->policy ? c->policy : POLICY);
	if (c->type)
		c->mhd->add_response_header(response, "Content-Type", c->type);
	if (c->status == 401)
		c->mhd->add_response_header(response, "WWW-Authenticate", "Bearer");
	if (c->status == 405)
		c->mhd->add_response_header(response, "Allow", "GET, POST, DELETE");
	if (!c->origin)
		return;
	c->mhd->add_response_header(response, "Access-Control-Allow-Origin", c->origin);
	c->mhd->add_response_header(response, "Vary", "Origin");
	c->mhd->add_response_header(response, "Access-Control-Allow-Methods", "GET, POST, DELETE");
	c->mhd->add_response_header(response, "Access-Control-Allow-Headers", "Authorization, Content-Type");
}

static enum MHD_Result send_answer(struct http *h, struct call *c)
{
	struct MHD_Response *response;
	if (c->out.failed)
		call_fail(c, 503, "no_memory", NULL, "no memory for the answer");
	if (c->reader)
		response = h->mhd.create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, c->reader, c->context, NULL);
	else if (c->file)
		response = h->mhd.create_response_from_buffer(c->file_size, (void *)c->file, MHD_RESPMEM_PERSISTENT);
	else
		response = h->mhd.create_response_from_buffer(c->out.len, c->out.data, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	add_headers(c, response);
	h->counts.refused += c->status >= 400 && c->status < 500;
	if (h->options.audit && c->route && c->route->role == ROLE_CONTROL)
		h->options.audit(h->options.server, c);
	enum MHD_Result result = h->mhd.queue_response(c->connection, c->status, response);
	h->mhd.destroy_response(response);
	c->state = CALL_SENT;
	return result;
}

static void refuse(struct call *c, const struct verdict *v)
{
	call_fail(c, (unsigned)v->status, v->code, NULL, "%s", v->text);
}

static bool too_large(const struct http *h, const struct call *c)
{
	const char *length = call_header(c, "Content-Length");
	return c->body.len > h->options.settings->body ||
	       (length && strtoull(length, NULL, 10) > h->options.settings->body);
}

/* The headers are there: may it be asked at all? An answer now means that no body is read. */
static void judge(struct http *h, struct call *c, const struct listener *l, const char *method, const char *path)
{
	const struct guard_request request = {
		.host = call_header(c, "Host"),
		.origin = call_header(c, "Origin"),
		.authorization = call_header(c, "Authorization"),
		.near = l->near,
	};
	bool foreign, other;
	struct verdict v = guard_source(h->options.guard, &request, &foreign);
	c->near = l->near;
	c->origin = foreign ? request.origin : NULL;
	if (v.status) {
		refuse(c, &v);
		return;
	}
	bool head = !strcmp(method, "HEAD");
	c->route = route_find(h->options.routes, head ? "GET" : method, path, &c->args, &other);
	if (!c->route && other && foreign && !strcmp(method, "OPTIONS")) {
		call_answer(c, 204);
		return;
	}
	v = guard_role(h->options.guard, &request, c->route ? c->route->role : ROLE_OPEN, &c->role);
	if (v.status)
		refuse(c, &v);
	else if (!c->route && other)
		call_fail(c, 405, "method_not_allowed", NULL, "%.16s is not for this path", method);
	else if (!c->route &&
		 !((head || !strcmp(method, "GET")) && h->options.page && h->options.page(h->options.server, c, path)))
		call_fail(c, 404, "not_found", NULL, "there is nothing of that name: see /api/v1/openapi.json");
	else if (c->route && too_large(h, c))
		call_fail(c, 413, "too_large", NULL, "more than %llu bytes: see 'body' in [server]",
			  (unsigned long long)h->options.settings->body);
}

static enum MHD_Result begin(struct listener *l, struct MHD_Connection *connection, const char *path,
			     const char *method, void **context)
{
	struct http *h = l->http;
	struct call *c = calloc(1, sizeof(*c));
	if (!c)
		return MHD_NO;
	*context = c;
	c->http = h;
	c->mhd = &h->mhd;
	c->connection = connection;
	c->again = h->again;
	c->next = h->calls;
	c->at = &h->calls;
	if (h->calls)
		h->calls->at = &c->next;
	h->calls = c;
	h->counts.requests++;
	snprintf(c->path, sizeof(c->path), "%s", path);
	name_peer(h, c);
	judge(h, c, l, method, path);
	return c->state == CALL_READY ? send_answer(h, c) : MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version, const char *data, size_t *size,
				  void **request)
{
	struct listener *l = context;
	struct http *h = l->http;
	struct call *c = *request;
	(void)version;
	if (!c)
		return begin(l, connection, path, method, request);
	if (*size) { /* what is too large is read to its end, as MHD can't answer in between, and forgotten */
		if (!too_large(h, c))
			buf_add(&c->body, data, *size);
		*size = 0;
		return MHD_YES;
	}
	struct peer *p = peer_of(h, connection);
	if (p)
		peer_leave(p);
	if (c->state == CALL_READING) {
		if (too_large(h, c) || c->body.failed)
			call_fail(c, 413, "too_large", NULL, "more than %llu bytes: see 'body' in [server]",
				  (unsigned long long)h->options.settings->body);
		else
			c->route->handle(h->options.server, c);
	}
	if (c->state == CALL_WAITING) {
		call_suspend(c);
		return MHD_YES;
	}
	return c->state == CALL_READY ? send_answer(h, c) : MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
			 enum MHD_RequestTerminationCode code)
{
	struct http *h = ((struct listener *)context)->http;
	struct peer *p = peer_of(h, connection);
	call_free(*request);
	*request = NULL;
	if (p && code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		peer_wait(p, h->options.settings->idle_ms);
}

/* ---- in the loop ---- */

/* Some passes; what is left is for the next round, after the rings. */
static void pump(struct listener *l)
{
	struct http *h = l->http;
	MHD_UNSIGNED_LONG_LONG ms = 0;
	for (int i = 0; i < PASSES; i++) {
		h->mhd.run(l->daemon);
		if (h->mhd.get_timeout(l->daemon, &ms) != MHD_YES || ms)
			return;
	}
	eventfd_write(h->again, 1);
}

static void on_ready(void *context)
{
	pump(context);
}

static void on_again(void *context)
{
	struct http *h = context;
	eventfd_t n;
	eventfd_read(h->again, &n);
	for (size_t i = 0; i < h->n; i++)
		pump(&h->listeners[i]);
}

/* ---- the start ---- */

static char *read_file(const char *path, char *why, size_t why_size)
{
	char *text = calloc(1, 65536);
	FILE *f = text ? fopen(path, "re") : NULL;
	if (f && fread(text, 1, 65535, f) > 0) {
		fclose(f);
		return text;
	}
	snprintf(why, why_size, "%s: %s", path, errno ? strerror(errno) : "it is empty");
	if (f)
		fclose(f);
	free(text);
	return NULL;
}

static int start_daemon(struct http *h, struct listener *l, char *why, size_t why_size)
{
	const struct settings_server *s = h->options.settings;
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (l->tls ? MHD_USE_TLS : 0);
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, h->cert},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, h->key},
		{MHD_OPTION_END, 0, NULL},
	};
	if (!l->tls)
		tls[0] = tls[2];
	l->daemon = h->mhd.start_daemon(
		flags, 0, NULL, NULL, on_request, l, MHD_OPTION_LISTEN_SOCKET, l->fd, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, l, MHD_OPTION_NOTIFY_COMPLETED, on_completed, l, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)(s->connections + SLACK), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(s->idle_ms / 1000 + 60), MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
	if (!l->daemon) {
		snprintf(why, why_size, "%s: libmicrohttpd does not start%s", l->url,
			 l->tls ? " (are cert and key good?)" : "");
		return -EIO;
	}
	l->fd = -1; /* the daemon's */
	return 0;
}

static int add_listener(struct http *h, int fd, bool near, const char *where, struct loop *loop, char *why,
			size_t why_size)
{
	struct listener *l = &h->listeners[h->n];
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	*l = (struct listener){.http = h, .fd = fd, .near = near, .tls = !near && h->cert};
	if (!getsockname(fd, (struct sockaddr *)&sa, &len) && sa.ss_family != AF_UNIX) {
		/* port 0 is the kernel's choice */
		unsigned port = ntohs(sa.ss_family == AF_INET ? ((struct sockaddr_in *)&sa)->sin_port
							      : ((struct sockaddr_in6 *)&sa)->sin6_port);
		snprintf(l->url, sizeof(l->url), "%s://%.*s:%u", l->tls ? "https" : "http",
			 (int)(strrchr(where, ':') - where), where, port);
	} else {
		snprintf(l->url, sizeof(l->url), "unix:%s", where);
	}
	h->n++;
	int err = start_daemon(h, l, why, why_size);
	if (err)
		return err;
	snprintf(why, why_size, "event loop: %s", strerror(ENOSPC));
	return loop_add_fd(loop, h->mhd.get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, on_ready, l);
}

static int add_address(struct http *h, const char *text, struct loop *loop, char *why, size_t why_size)
{
	struct address a;
	int err = address_parse(&a, text, why, why_size);
	if (err)
		return err;
	if (!a.loopback && !h->cert && !h->options.insecure && !h->options.settings->insecure) {
		snprintf(why, why_size,
			 "listen %s: others can read what is sent there: set cert and key in [server], or --insecure",
			 text);
		return -EINVAL;
	}
	if (h->n == LISTENERS_MAX) {
		snprintf(why, why_size, "listen %s: there are more than %d addresses", text, LISTENERS_MAX);
		return -EINVAL;
	}
	int fd = listen_address(&a, text, why, why_size);
	return fd < 0 ? fd : add_listener(h, fd, a.loopback, text, loop, why, why_size);
}

/* Descriptors for all connections; where that is not allowed there are fewer connections. */
static void raise_files(const struct settings_server *s)
{
	struct rlimit files;
	rlim_t wanted = s->connections + SLACK + FILES_REST;
	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= wanted)
		return;
	files.rlim_cur = wanted < files.rlim_max ? wanted : files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static int open_all(struct http *h, struct loop *loop, char *why, size_t why_size)
{
	const struct settings_server *s = h->options.settings;
	const char *wrong = mhd_load(&h->mhd);
	if (wrong) {
		snprintf(why, why_size, "the server needs libmicrohttpd: %s", wrong);
		return -ENOENT;
	}
	if (s->cert && (!(h->cert = read_file(s->cert, why, why_size)) || !(h->key = read_file(s->key, why, why_size))))
		return -EINVAL;
	raise_files(s);
	h->again = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int err = h->again < 0 ? -errno : loop_add_fd(loop, h->again, on_again, h);
	if (err)
		snprintf(why, why_size, "event loop: %s", strerror(-err));
	for (char *const *at = h->options.listen; *at && !err; at++)
		err = add_address(h, *at, loop, why, why_size);
	if (err || !*s->socket)
		return err;
	int fd = listen_unix(s->socket, why, why_size);
	h->bound = fd >= 0;
	return fd < 0 ? fd : add_listener(h, fd, true, s->socket, loop, why, why_size);
}

int http_open(struct http **out, const struct http_options *options, struct loop *loop, char *why, size_t why_size)
{
	struct http *h = calloc(1, sizeof(*h));
	*out = h;
	if (!h)
		return -ENOMEM;
	h->options = *options;
	h->again = -1;
	return open_all(h, loop, why, why_size);
}

void http_close(struct http *h)
{
	if (!h)
		return;
	for (struct call *c = h->calls; c; c = c->next)
		if (c->state == CALL_WAITING) {
			call_fail(c, 503, "stopping", NULL, "the server ends");
			call_ready(c);
		}
	for (size_t i = 0; i < h->n; i++) {
		if (h->listeners[i].daemon) {
			h->mhd.run(h->listeners[i].daemon); /* what was suspended is no more */
			h->mhd.run(h->listeners[i].daemon);
			h->mhd.stop_daemon(h->listeners[i].daemon);
		}
		if (h->listeners[i].fd >= 0)
			close(h->listeners[i].fd);
	}
	if (h->bound)
		unlink(h->options.settings->socket);
	if (h->again >= 0)
		close(h->again);
	free(h->cert);
	free(h->key);
	free(h);
}

const char *http_url(const struct http *h, size_t i)
{
	return i < h->n ? h->listeners[i].url : NULL;
}

void http_counts(const struct http *h, struct http_counts *out)
{
	*out = h->counts;
}
