/* SPDX-License-Identifier: MIT */
/* Alerts as JSON arrays to an HTTP server. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>

#include "alert_curl.h"
#include "alert_output_impl.h"

#define BATCH 100 /* alerts in an array */
#define BATCH_BYTES (256u << 10)

struct webhook {
	struct alert_curl curl;
	bool ready; /* its global state is initialised */
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	struct buf body;
	size_t n;        /* alerts in it; 0: none is on its way */
	unsigned failed; /* attempts with it */
	char error[CURL_ERROR_SIZE];
};

static size_t ignore(char *bytes, size_t size, size_t n, void *context)
{
	(void)bytes;
	(void)context;
	return size * n;
}

/* No program that is started meanwhile inherits it. */
static curl_socket_t cloexec_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)context;
	(void)purpose;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Only http and https, with a host. Messages don't show the URL: it may hold a secret. */
static int check_url(const struct alert_curl *curl, const char *url, char *why, size_t why_size)
{
	char *scheme = NULL, *host = NULL;
	CURLU *parts = curl->url();
	CURLUcode code = parts ? curl->url_set(parts, CURLUPART_URL, url ? url : "", 0) : CURLUE_OUT_OF_MEMORY;
	if (!code)
		code = curl->url_get(parts, CURLUPART_SCHEME, &scheme, 0);
	if (!code)
		code = curl->url_get(parts, CURLUPART_HOST, &host, 0);
	bool web = !code && (!strcmp(scheme, "http") || !strcmp(scheme, "https"));
	if (code)
		snprintf(why, why_size, "url: %s", curl->url_strerror(code));
	else if (!web)
		snprintf(why, why_size, "url: scheme '%.16s' is neither http nor https", scheme);
	curl->free(scheme);
	curl->free(host);
	curl->url_cleanup(parts);
	return web ? 0 : -EINVAL;
}

static int add_header(struct webhook *w, const char *header)
{
	struct curl_slist *list = w->curl.slist_append(w->headers, header);
	if (!list)
		return -ENOMEM;
	w->headers = list;
	return 0;
}

static bool has_header(const char *const *headers, const char *name)
{
	for (; headers && *headers; headers++)
		if (!strncasecmp(*headers, name, strlen(name)) && (*headers)[strlen(name)] == ':')
			return true;
	return false;
}

static int add_headers(struct webhook *w, const char *const *headers, char *why, size_t why_size)
{
	/* curl would wait for leave to send a large body */
	int err = add_header(w, "Expect:");
	if (!err && !has_header(headers, "Content-Type"))
		err = add_header(w, "Content-Type: application/json");
	for (; !err && headers && *headers; headers++) {
		if (!strchr(*headers, ':') || strpbrk(*headers, "\r\n")) {
			snprintf(why, why_size, "header: '%.*s' is no Name: value", (int)strcspn(*headers, ":\r\n"),
				 *headers);
			return -EINVAL;
		}
		err = add_header(w, *headers);
	}
	return err;
}

static int set_options(struct alert_output *o, struct webhook *w)
{
	const struct alert_curl *curl = &w->curl;
	long timeout = (long)o->config.timeout_ms;
	/* TLS is verified and redirects are not followed by default, which is said here all the same. */
	CURLcode codes[] = {
		curl->easy_setopt(w->easy, CURLOPT_URL, o->config.url),
		curl->easy_setopt(w->easy, CURLOPT_PROTOCOLS_STR, "http,https"),
		curl->easy_setopt(w->easy, CURLOPT_FOLLOWLOCATION, 0L),
		curl->easy_setopt(w->easy, CURLOPT_SSL_VERIFYPEER, 1L),
		curl->easy_setopt(w->easy, CURLOPT_SSL_VERIFYHOST, 2L),
		curl->easy_setopt(w->easy, CURLOPT_NOSIGNAL, 1L),
		curl->easy_setopt(w->easy, CURLOPT_TIMEOUT_MS, timeout),
		curl->easy_setopt(w->easy, CURLOPT_CONNECTTIMEOUT_MS, timeout),
		curl->easy_setopt(w->easy, CURLOPT_HTTPHEADER, w->headers),
		curl->easy_setopt(w->easy, CURLOPT_USERAGENT, "eunomia/" EUNOMIA_VERSION),
		curl->easy_setopt(w->easy, CURLOPT_WRITEFUNCTION, ignore),
		curl->easy_setopt(w->easy, CURLOPT_OPENSOCKETFUNCTION, cloexec_socket),
		curl->easy_setopt(w->easy, CURLOPT_ERRORBUFFER, w->error),
		curl->easy_setopt(w->easy, CURLOPT_POST, 1L),
	};
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i])
			return codes[i] == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
	return 0;
}

static int webhook_open(struct alert_output *o, char *why, size_t why_size)
{
	struct webhook *w = o->state;
	const struct alert_curl *curl = &w->curl;
	const char *wrong = alert_curl_load(&w->curl);
	if (!wrong && curl->global_init(CURL_GLOBAL_DEFAULT))
		wrong = "libcurl can't be initialised";
	if (wrong) {
		snprintf(why, why_size, "%s", wrong);
		return -EIO;
	}
	w->ready = true;
	int err = check_url(curl, o->config.url, why, why_size);
	if (!err)
		err = add_headers(w, o->config.headers, why, why_size);
	if (err)
		return err;
	w->multi = curl->multi_init();
	w->easy = curl->easy_init();
	if (!w->multi || !w->easy)
		return -ENOMEM;
	err = set_options(o, w);
	if (err == -EINVAL)
		snprintf(why, why_size, "libcurl lacks an option that is needed");
	return err;
}

static void webhook_close(struct alert_output *o)
{
	struct webhook *w = o->state;
	const struct alert_curl *curl = &w->curl;
	if (!w->ready)
		return;
	curl->easy_cleanup(w->easy);
	curl->multi_cleanup(w->multi);
	curl->slist_free_all(w->headers);
	buf_free(&w->body);
	curl->global_cleanup();
}

/* The array of the first items, which stays until it is delivered or given up. */
static int make_body(struct webhook *w, const struct alert_item *first)
{
	w->body.len = 0;
	w->failed = 0;
	size_t n = 0;
	for (; first && n < BATCH && (!n || w->body.len + first->len < BATCH_BYTES); first = first->next, n++) {
		buf_char(&w->body, n ? ',' : '[');
		buf_add(&w->body, first->bytes, first->len - 1); /* without its newline */
	}
	buf_char(&w->body, ']');
	int err = buf_commit(&w->body, 0);
	w->n = err ? 0 : n;
	return err;
}

/* One attempt; ended early when closing is over. */
static CURLcode perform(struct alert_output *o, struct webhook *w)
{
	CURLcode result = CURLE_OPERATION_TIMEDOUT;
	const struct alert_curl *curl = &w->curl;
	uint64_t until = alert_output_until(o);
	int running = 1, left;
	w->error[0] = '\0';
	curl->easy_setopt(w->easy, CURLOPT_POSTFIELDS, w->body.data);
	curl->easy_setopt(w->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)w->body.len);
	if (curl->multi_add_handle(w->multi, w->easy))
		return CURLE_OUT_OF_MEMORY;
	while (!curl->multi_perform(w->multi, &running) && running && (left = alert_output_left_ms(o, until))) {
		struct curl_waitfd wake = {.fd = o->wake, .events = CURL_WAIT_POLLIN};
		curl->multi_poll(w->multi, &wake, 1, left, NULL);
		if (wake.revents)
			alert_output_woken(o);
	}
	CURLMsg *message = curl->multi_info_read(w->multi, &running);
	if (message && message->msg == CURLMSG_DONE)
		result = message->data.result;
	curl->multi_remove_handle(w->multi, w->easy);
	return result;
}

/* Another attempt may do better. */
static bool is_passing(long status)
{
	return status == 408 || status == 429 || status >= 500;
}

static int webhook_deliver(struct alert_output *o, const struct alert_item *first, struct alert_delivery *done)
{
	struct webhook *w = o->state;
	const struct alert_curl *curl = &w->curl;
	long status = 0;
	if (!w->n && make_body(w, first)) {
		alert_output_fail(o, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	CURLcode code = perform(o, w);
	if (!code)
		curl->easy_getinfo(w->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300) {
		done->written = w->n;
		w->n = 0;
		return 0;
	}
	if (code)
		alert_output_fail(o, "%s", w->error[0] ? w->error : curl->easy_strerror(code));
	else
		alert_output_fail(o, "HTTP status %ld%s", status,
				  status / 100 == 3 ? ": redirects are not followed" : "");
	if (w->failed++ < o->config.retries && (code || is_passing(status)))
		return -EAGAIN;
	done->lost = w->n;
	w->n = 0;
	return -EIO;
}

const struct alert_output_ops alert_webhook_ops = {
	.render = alert_json,
	.state_size = sizeof(struct webhook),
	.open = webhook_open,
	.deliver = webhook_deliver,
	.close = webhook_close,
};
