/* SPDX-License-Identifier: MIT */
/*
 * A webhook against a server of our own, which answers by a script, hangs or is not there; python's http.server reads
 * what is sent too, and openssl's has a certificate that nobody signed.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <jansson.h>

#include "alert_fixture.h"

/*
 * What it does with each request, a letter a request, the last one for all that follow: 2, 3, 4, 5, 9 answers 200, 302,
 * 404, 500, 429; c closes the connection; h keeps it without an answer.
 */
struct server {
	int fd;
	char url[64];
	const char *script;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint requests;
	pthread_mutex_t lock;
	json_t *seen;    /* the alerts of the requests that got 200 */
	char head[4096]; /* of the last request */
};

static const struct {
	char letter;
	const char *status;
} answers[] = {
	{'2', "200 OK"},
	{'3', "302 Found\r\nLocation: file:///etc/passwd"},
	{'4', "404 Not Found"},
	{'5', "500 Internal Server Error"},
	{'9', "429 Too Many Requests"},
};

/* False: the client is gone, or the server is to stop. */
static bool readable(struct server *s, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	while (!atomic_load(&s->stop))
		if (poll(&p, 1, 10) > 0)
			return true;
	return false;
}

/* Head and body of a request, NUL-terminated; its length, 0 at the end of the connection. */
static size_t read_request(struct server *s, int fd, char *to, size_t size, char **body)
{
	size_t n = 0, need = 0;
	while (!need || n < need) {
		ssize_t got = readable(s, fd) ? read(fd, to + n, size - 1 - n) : 0;
		if (got <= 0)
			return 0;
		n += (size_t)got;
		to[n] = '\0';
		*body = strstr(to, "\r\n\r\n");
		if (!*body)
			continue;
		*body += 4;
		const char *length = strcasestr(to, "\r\nContent-Length:");
		need = (size_t)(*body - to) + (length ? strtoul(length + 17, NULL, 10) : 0);
	}
	return n;
}

/* False: the connection is over. */
static bool answer(struct server *s, int fd, char *request, char *body)
{
	unsigned n = atomic_fetch_add(&s->requests, 1);
	char letter = s->script[n < strlen(s->script) ? n : strlen(s->script) - 1], reply[256];
	pthread_mutex_lock(&s->lock);
	if (letter == '2') {
		json_t *list = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
		assert_true(json_is_array(list));
		json_array_extend(s->seen, list);
		json_decref(list);
	}
	snprintf(s->head, sizeof(s->head), "%.*s", (int)(body - request), request);
	pthread_mutex_unlock(&s->lock);
	if (letter == 'h')
		readable(s, fd);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (answers[i].letter != letter)
			continue;
		snprintf(reply, sizeof(reply), "HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\nok", answers[i].status);
		return write(fd, reply, strlen(reply)) > 0;
	}
	return false;
}

static void *serve(void *arg)
{
	struct server *s = arg;
	size_t size = 1 << 20;
	char *request = malloc(size), *body;
	while (readable(s, s->fd)) {
		int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
		while (fd >= 0 && read_request(s, fd, request, size, &body) && answer(s, fd, request, body))
			;
		close(fd);
	}
	free(request);
	return NULL;
}

/* A port of 127.0.0.1 where nobody listens yet. */
static int bind_any(unsigned *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static void server_bind(struct server *s, const char *script)
{
	unsigned port;
	*s = (struct server){.script = script, .seen = json_array()};
	pthread_mutex_init(&s->lock, NULL);
	s->fd = bind_any(&port);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u/alerts?key=secret", port);
}

static void server_listen(struct server *s)
{
	assert_int_equal(listen(s->fd, 16), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
	close(s->fd);
	json_decref(s->seen);
	pthread_mutex_destroy(&s->lock);
}

static struct alert_output *webhook(struct fixture *f, const char *url, unsigned timeout_ms, unsigned retries)
{
	return open_output(f, &(struct alert_output_config){
				      .kind = ALERT_WEBHOOK, .url = url, .timeout_ms = timeout_ms, .retries = retries});
}

static void assert_seen(struct server *s, int from, int n)
{
	assert_int_equal(json_array_size(s->seen), n);
	for (int i = 0; i < n; i++) {
		json_t *alert = json_array_get(s->seen, (size_t)i);
		assert_int_equal(atoi(json_string_value(json_object_get(alert, "output"))), from + i);
	}
}

static void delivers(void **state)
{
	struct fixture *f = *state;
	static const char *const headers[] = {"Authorization: Bearer x", "X-Other: 1", NULL};
	struct server s;
	server_bind(&s, "2");
	server_listen(&s);
	struct alert_output *o =
		open_output(f, &(struct alert_output_config){.kind = ALERT_WEBHOOK, .url = s.url, .headers = headers});
	put_numbers(o, 0, 1000);
	struct alert_output_counts c = close_output(o, PATIENCE_MS);
	assert_int_equal(c.written, 1000);
	assert_int_equal(c.errors, 0);
	assert_seen(&s, 0, 1000);
	assert_in_range(atomic_load(&s.requests), 10, 50); /* arrays of up to a hundred */
	assert_memory_equal(s.head, "POST /alerts?key=secret HTTP/1.1\r\n", 34);
	assert_non_null(strstr(s.head, "\r\nAuthorization: Bearer x\r\n"));
	assert_non_null(strstr(s.head, "\r\nX-Other: 1\r\n"));
	assert_non_null(strstr(s.head, "\r\nContent-Type: application/json\r\n"));
	server_stop(&s);
}

/* A connection that breaks, 500 twice, 429, then 200: the same alerts again, each told once. */
static void retries(void **state)
{
	struct fixture *f = *state;
	struct server s;
	server_bind(&s, "c5592");
	server_listen(&s);
	uint64_t begin = now_ms();
	struct alert_output *o = webhook(f, s.url, 0, 4);
	put_numbers(o, 0, 1);
	UNTIL(counts(o).errors == 1);
	assert_string_equal(counts(o).last_error, "Empty reply from server");
	put_numbers(o, 1, 20); /* don't join what is on its way */
	UNTIL(counts(o).written == 21);
	assert_true(now_ms() - begin >= 100 + 200 + 400 + 800);
	struct alert_output_counts c = close_output(o, PATIENCE_MS);
	assert_int_equal(c.errors, 4);
	assert_int_equal(c.lost, 0);
	assert_seen(&s, 0, 21);
	server_stop(&s);
}

static void gives_up(void **state)
{
	struct fixture *f = *state;
	struct server s;
	server_bind(&s, "5552");
	server_listen(&s);
	struct alert_output *o = webhook(f, s.url, 0, 2);
	put_numbers(o, 0, 1);
	UNTIL(counts(o).lost == 1);
	put_numbers(o, 1, 1);
	assert_int_equal(close_output(o, PATIENCE_MS).written, 1);
	assert_seen(&s, 1, 1);
	server_stop(&s);
}

/* What another attempt would not better is not tried again, and no redirect is followed. */
static void refuses(void **state)
{
	struct fixture *f = *state;
	struct server s;
	server_bind(&s, "432");
	server_listen(&s);
	struct alert_output *o = webhook(f, s.url, 0, 10);
	put_numbers(o, 0, 1);
	UNTIL(counts(o).lost == 1);
	assert_string_equal(counts(o).last_error, "HTTP status 404");
	put_numbers(o, 1, 1);
	UNTIL(counts(o).lost == 2);
	assert_string_equal(counts(o).last_error, "HTTP status 302: redirects are not followed");
	put_numbers(o, 2, 1);
	assert_int_equal(close_output(o, PATIENCE_MS).written, 1);
	assert_int_equal(atomic_load(&s.requests), 3);
	server_stop(&s);
}

/* A server that takes connections and never answers: attempts time out, put never waits, closing is in time. */
static void hangs(void **state)
{
	struct fixture *f = *state;
	struct server s;
	server_bind(&s, "h");
	server_listen(&s);
	struct alert_output *o = webhook(f, s.url, 100, 1);
	put_numbers(o, 0, 1);
	UNTIL(counts(o).lost == 1);
	assert_int_equal(counts(o).errors, 2);
	assert_non_null(strstr(counts(o).last_error, "timed out"));
	close_output(o, 0);

	o = webhook(f, s.url, 60000, 1);
	put_numbers(o, 0, FLOOD);
	unsigned before = atomic_load(&s.requests);
	UNTIL(atomic_load(&s.requests) > before || before > 2);
	assert_int_equal(counts(o).taken, FLOOD);
	assert_true(counts(o).lost >= FLOOD - 1024);
	struct alert_output_counts c = close_output(o, 100); /* in the midst of an attempt */
	assert_int_equal(c.lost, FLOOD);
	server_stop(&s);
}

/* Nobody listens; later somebody does. */
static void comes_up(void **state)
{
	struct fixture *f = *state;
	struct server s;
	server_bind(&s, "2");
	struct alert_output *o = webhook(f, s.url, 1000, 100);
	put_numbers(o, 0, 10);
	UNTIL(counts(o).errors >= 2);
	assert_null(strstr(counts(o).last_error, "secret"));
	server_listen(&s);
	assert_int_equal(close_output(o, PATIENCE_MS).written, 10);
	assert_seen(&s, 0, 10);
	server_stop(&s);

	server_bind(&s, "2");
	o = webhook(f, s.url, 1000, 100);
	put_numbers(o, 0, 10);
	UNTIL(counts(o).errors);
	assert_int_equal(close_output(o, 50).lost, 10);
	close(s.fd);
	json_decref(s.seen);
}

static void bad_config(void **state)
{
	struct fixture *f = *state;
	static const char *const urls[] = {"file:///etc/passwd", "ftp://host/x", "", "http://", "no url", NULL};
	static const char *const split[] = {"X: 1\r\nY: 2", NULL}, *const no_colon[] = {"X", NULL};
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		assert_int_equal(refused(f, &(struct alert_output_config){.kind = ALERT_WEBHOOK, .url = urls[i]}),
				 EINVAL);
	const char *const *bad[] = {split, no_colon};
	for (int i = 0; i < 2; i++) {
		assert_int_equal(refused(f, &(struct alert_output_config){.kind = ALERT_WEBHOOK,
									  .url = "http://localhost/",
									  .headers = bad[i]}),
				 EINVAL);
		assert_non_null(strstr(f->why, "header"));
	}
}

static pid_t spawn(const char *const *argv)
{
	extern char **environ;
	posix_spawn_file_actions_t files;
	pid_t pid;
	posix_spawn_file_actions_init(&files);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
	assert_int_equal(posix_spawnp(&pid, argv[0], &files, NULL, (char *const *)argv, environ), 0);
	posix_spawn_file_actions_destroy(&files);
	return pid;
}

/* Somebody else's idea of HTTP and JSON. */
static void python(void **state)
{
	struct fixture *f = *state;
	char script[900], port[160], url[64], *text;
	int status;
	snprintf(port, sizeof(port), "%s.1", f->path);
	snprintf(script, sizeof(script),
		 "import http.server, json\n"
		 "class H(http.server.BaseHTTPRequestHandler):\n"
		 "    def do_POST(self):\n"
		 "        body = self.rfile.read(int(self.headers['Content-Length']))\n"
		 "        open('%s', 'a').write(''.join(a['output'] + '\\n' for a in json.loads(body)))\n"
		 "        self.send_response(204)\n"
		 "        self.end_headers()\n"
		 "s = http.server.HTTPServer(('127.0.0.1', 0), H)\n"
		 "open('%s', 'w').write('%%d\\n' %% s.server_port)\n"
		 "s.serve_forever()\n",
		 f->path, port);
	pid_t pid = spawn((const char *const[]){"python3", "-c", script, NULL});
	UNTIL(!access(port, R_OK));
	UNTIL((text = contents(port), strchr(text, '\n') || (free(text), false)));
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", atoi(text));
	free(text);
	struct alert_output *o = webhook(f, url, 0, 0);
	put_text(o, "\xc3\xa9 \x01 \xff");
	put_text(o, "second");
	assert_int_equal(close_output(o, PATIENCE_MS).written, 2);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	text = contents(f->path);
	assert_string_equal(text, "\xc3\xa9 \x01 \xef\xbf\xbd\nsecond\n");
	free(text);
}

/* A certificate that nobody known signed. */
static void tls(void **state)
{
	struct fixture *f = *state;
	char key[160], cert[160], accept[32], url[64];
	unsigned port;
	int status;
	snprintf(key, sizeof(key), "%s.1", f->path);
	snprintf(cert, sizeof(cert), "%s.2", f->path);
	pid_t pid = spawn((const char *const[]){"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
						key, "-out", cert, "-days", "2", "-subj", "/CN=localhost", NULL});
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	close(bind_any(&port));
	snprintf(accept, sizeof(accept), "127.0.0.1:%u", port);
	snprintf(url, sizeof(url), "https://localhost:%u/", port);
	pid = spawn((const char *const[]){"openssl", "s_server", "-accept", accept, "-key", key, "-cert", cert, "-www",
					  NULL});
	struct alert_output *o = webhook(f, url, 0, 1000);
	put_text(o, "x");
	UNTIL(strstr(counts(o).last_error, "certificate"));
	assert_int_equal(close_output(o, 0).lost, 1);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(delivers), TEST(retries),    TEST(gives_up), TEST(refuses), TEST(hangs),
		TEST(comes_up), TEST(bad_config), TEST(python),   TEST(tls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
