/* SPDX-License-Identifier: MIT */
/*
 * The rules with state in scripts/rules, and the examples of docs/lua.md, against the streams of the plugins: what is
 * to fire does, its near miss doesn't. Events are made from lines: "tcp.connect pid=7 daddr=10.0.0.1 dport=80".
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ruleset.h"
#include "host/catalogue.h"

struct world {
	struct catalogue all;
	struct field *computed;
	struct ruleset *set;
	struct buf said;
	unsigned alerts;
	uint64_t now;
	char exe[64]; /* of every actor */
	char image[64];
};

static void on_alert(void *context, const struct rule *rule, const struct alert *alert)
{
	struct world *w = context;
	w->alerts++;
	buf_printf(&w->said, "%u %.*s\n", rule ? rule->number : 0, (int)alert->message_len, alert->message);
}

static void on_emit(void *context, const char *stream, const char *json, size_t len)
{
	buf_printf(&((struct world *)context)->said, "%s %.*s\n", stream, (int)len, json);
}

static void on_say(void *context, const char *text)
{
	buf_printf(&((struct world *)context)->said, "%s\n", text);
}

static bool get_exe(const struct view *view, const struct field *field, struct value *out)
{
	const struct world *w = field->context;
	(void)view;
	out->ptr = w->exe;
	out->len = (uint32_t)strlen(w->exe);
	return true;
}

static bool get_image(const struct view *view, const struct field *field, struct value *out)
{
	const struct world *w = field->context;
	(void)view;
	out->ptr = w->image;
	out->len = (uint32_t)strlen(w->image);
	return w->image[0];
}

/* Known of every event's actor, instead of what is known of processes and containers. */
static const struct {
	const char *name;
	bool (*get)(const struct view *view, const struct field *field, struct value *out);
} known[] = {{"exe", get_exe}, {"container.image", get_image}};

static void add_number(const struct field *f, char *at, const char *text)
{
	uint64_t n = 0;
	char copy[128], *rest;
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok_r(copy, "|", &rest); word; word = strtok_r(NULL, "|", &rest)) {
		const struct eun_label *l = f->labels;
		while (l && l->name && strcmp(l->name, word))
			l++;
		n |= l && l->name ? l->value : (uint64_t)strtoll(word, NULL, 0);
	}
	memcpy(at, &n, f->size);
}

/* Sets a field from its text. Returns the record's new length. */
static uint32_t set_field(const struct stream *stream, char *record, uint32_t len, const char *name, const char *text)
{
	const struct field *f = stream_field(stream, name);
	if (!f || f->get)
		fail_msg("%s has no field %s", stream->name, name);
	char *at = record + f->offset;
	uint32_t n = (uint32_t)strlen(text);
	if (type_is_ref(f->type)) {
		eun_ref ref = EUN_REF(len, n);
		memcpy(record + len, text, n);
		memcpy(at, &ref, sizeof(ref));
		return len + n;
	}
	if (f->type == EUN_CHARS) {
		snprintf(at, f->size, "%s", text);
	} else if (f->type == EUN_IP) {
		struct eun_ip ip = {{[10] = 0xff, [11] = 0xff}};
		assert_int_equal(inet_pton(AF_INET, text, ip.b + 12), 1);
		memcpy(at, &ip, sizeof(ip));
	} else {
		add_number(f, at, text);
	}
	return len;
}

static void event(struct world *w, const char *fmt, ...)
{
	static _Alignas(8) char record[EUN_RECORD_MAX];
	char line[1024], *rest;
	va_list args;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	char *name = strtok_r(line, " ", &rest);
	const struct stream *stream = schema_find(&w->all.schema, name);
	if (!stream)
		fail_msg("no stream %s", name);
	memset(record, 0, stream->record_size);
	struct eun_event *head = (struct eun_event *)record;
	*head = (struct eun_event){.time = w->now, .stream = stream->id, .pid = 100, .tid = 100, .cgroup = 1};
	uint32_t len = stream->record_size;
	for (char *word; (word = strtok_r(NULL, " ", &rest));) {
		char *value = strchr(word, '=');
		*value++ = '\0';
		len = set_field(stream, record, len, word, value);
	}
	head->len = len;
	struct view view;
	assert_true(view_init(&view, record, len, &w->all.schema));
	ruleset_event(w->set, &view);
}

static void pass(struct world *w, double seconds)
{
	w->now += (uint64_t)(seconds * 1e9);
	ruleset_tick(w->set, w->now);
}

static void read_file(struct world *w, const char *path)
{
	struct config_error error = {0};
	if (ruleset_read(w->set, path, &error))
		fail_msg("%s:%u: %s", error.file, error.line, error.text);
}

static void bind_all(struct world *w)
{
	struct config_error error = {0};
	if (ruleset_check(w->set, &w->all.schema, &error) || ruleset_bind(w->set, &w->all.schema, &error))
		fail_msg("%s:%u: %s", error.file, error.line, error.text);
}

static void use(struct world *w, const char *script)
{
	char path[256];
	const char *const files[] = {"00-lists.ini", "60-state.ini", script};
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", RULES, files[i]);
		read_file(w, path);
	}
	bind_all(w);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char why[256], *paths[] = {PLUGINS, NULL};
	assert_non_null(w);
	if (catalogue_init(&w->all, paths, why, sizeof(why)))
		fail_msg("%s", why);
	uint32_t n = w->all.schema.n_computed;
	w->computed = calloc(n, sizeof(*w->computed));
	memcpy(w->computed, w->all.schema.computed, n * sizeof(*w->computed));
	for (uint32_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (!strcmp(w->computed[i].name, known[k].name)) {
				w->computed[i].get = known[k].get;
				w->computed[i].context = w;
			}
	w->all.schema.computed = w->computed;
	strcpy(w->exe, "/usr/bin/x");
	w->now = 1000000000000;
	const struct ruleset_host host = {w, on_alert, on_say, on_emit};
	const struct alert_style style = {0, "host"};
	w->set = ruleset_new(&host, &style, NULL);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	ruleset_free(w->set);
	catalogue_free(&w->all);
	free(w->computed);
	buf_free(&w->said);
	free(w);
	return 0;
}

static void expect(struct world *w, unsigned alerts, const char *text)
{
	buf_char(&w->said, '\0');
	if (w->alerts != alerts || (text && !strstr(w->said.data, text)))
		fail_msg("%u alerts, not %u with '%s':\n%s", w->alerts, alerts, text ? text : "", w->said.data);
	w->said.len--;
}

static void test_port_scan(void **state)
{
	struct world *w = *state;
	use(w, "port_scan.lua");
	for (int i = 0; i < 5000; i++) { /* one place again and again; many processes; few in time */
		event(w, "tcp.connect pid=%d daddr=10.0.0.1 dport=%d ret=-111", i % 50 + 1, i % 99);
		if (i % 99 == 0)
			pass(w, 0.2);
	}
	pass(w, 60);
	for (int i = 0; i < 300; i++) {
		event(w, "tcp.connect pid=7 daddr=10.%d.%d.1 dport=80 ret=0", i / 200, i % 200);
		pass(w, 0.15);
	}
	expect(w, 0, NULL);
	pass(w, 60);
	for (int i = 0; i < 99; i++)
		event(w, "tcp.connect pid=7 daddr=10.0.0.1 dport=%d ret=-111", i + 1);
	expect(w, 0, NULL);
	event(w, "tcp.connect pid=7 daddr=10.0.0.1 dport=100 ret=-111");
	expect(w, 1, "34 ");
	for (int i = 0; i < 500; i++) /* one alert */
		event(w, "tcp.connect pid=7 daddr=10.0.0.1 dport=%d ret=-111", i + 1);
	expect(w, 1, NULL);
	strcpy(w->exe, "/usr/sbin/squid");
	for (int i = 0; i < 500; i++)
		event(w, "tcp.connect pid=8 daddr=10.0.0.1 dport=%d", i + 1);
	expect(w, 1, NULL);
}

static void test_download_exec(void **state)
{
	struct world *w = *state;
	use(w, "download_exec.lua");
	/* Connected to itself; written by another; not executed; late. */
	event(w, "tcp.connect pid=7 daddr=127.0.0.1 dport=80 ret=0");
	event(w, "tcp.connect pid=9 daddr=10.0.0.1 dport=80 ret=-111");
	event(w, "files.open pid=7 path=/tmp/a flags=O_WRONLY|O_CREAT type=regular dev=1 inode=5 ret=3");
	event(w, "files.open pid=9 path=/tmp/a flags=O_WRONLY|O_CREAT type=regular dev=1 inode=5 ret=3");
	event(w, "process.exec pid=8 exe=/tmp/a dev=1 inode=5 ret=0");
	event(w, "tcp.connect pid=10 daddr=10.0.0.1 dport=80 ret=0");
	event(w, "files.open pid=10 path=/tmp/b flags=O_RDONLY type=regular dev=1 inode=6 ret=3");
	event(w, "process.exec pid=8 exe=/tmp/b dev=1 inode=6 ret=0");
	event(w, "files.open pid=10 path=/tmp/c flags=O_RDWR type=regular dev=1 inode=7 ret=3");
	event(w, "process.exec pid=8 exe=/tmp/c dev=2 inode=7 ret=0");
	event(w, "process.exec pid=8 exe=/tmp/c dev=1 inode=7 ret=-13");
	pass(w, 61);
	event(w, "process.exec pid=8 exe=/tmp/c dev=1 inode=7 ret=0");
	expect(w, 0, NULL);
	event(w, "tcp.connect pid=10 daddr=10.0.0.1 dport=80 ret=-115");
	event(w, "files.open pid=10 path=/tmp/d flags=O_WRONLY|O_CREAT type=regular dev=1 inode=8 ret=3");
	pass(w, 30);
	event(w, "process.exec pid=8 comm=d exe=/tmp/d dev=1 inode=8 ret=0");
	expect(w, 1, "35 d executes /tmp/d, which");
}

static void test_fork_bomb(void **state)
{
	struct world *w = *state;
	use(w, "fork_bomb.lua");
	for (int i = 0; i < 5000; i++) { /* a build; threads; others' processes */
		event(w, "process.fork pid=%d child_pid=%d", 50 + i % 9, 1000 + i);
		event(w, "process.exit pid=%d", 1000 + i);
		event(w, "process.fork pid=50 child_pid=50 thread=1");
		event(w, "process.fork pid=60 uid=%d child_pid=9", 1000 + i);
		if (i % 10 == 0)
			pass(w, 0.01);
	}
	for (int i = 0; i < 1000; i++) { /* a server that starts slowly */
		event(w, "process.fork pid=70 cgroup=2 child_pid=%d", 20000 + i);
		pass(w, 0.02);
	}
	expect(w, 0, NULL);
	for (int i = 0; i < 1000; i++)
		event(w, "process.fork pid=%d cgroup=3 child_pid=%d", 30000 + i / 2, 30000 + i);
	expect(w, 1, "36 ");
}

static void test_mass_rename(void **state)
{
	struct world *w = *state;
	use(w, "mass_rename.lua");
	for (int i = 0; i < 500; i++) {
		/* dpkg's, git's, a build's, mv's */
		event(w, "files.open pid=5 path=/a/%d.dpkg-new flags=O_WRONLY|O_CREAT|O_EXCL type=regular ret=3", i);
		event(w,
		      "files.rename pid=5 old_path=/a/%d.dpkg-new new_path=/a/%d old_name=%d.dpkg-new new_name=%d "
		      "ret=0",
		      i, i, i, i);
		event(w, "files.open pid=6 path=/a/tmp_obj_%d flags=O_RDWR|O_CREAT|O_EXCL type=regular ret=3", i);
		event(w,
		      "files.rename pid=6 old_path=/a/tmp_obj_%d new_path=/a/ab%d old_name=tmp_obj_%d new_name=ab%d "
		      "ret=0",
		      i, i, i, i);
		event(w, "files.open pid=7 path=/a/%d.o.tmp flags=O_WRONLY|O_CREAT|O_TRUNC type=regular ret=3", i);
		event(w,
		      "files.rename pid=7 old_path=/a/%d.o.tmp new_path=/a/%d.o old_name=%d.o.tmp new_name=%d.o ret=0",
		      i, i, i, i);
		event(w, "files.rename pid=8 old_path=/a/%d new_path=/b/%d old_name=%d new_name=%d ret=0", i, i, i, i);
		event(w, "files.rename pid=8 old_path=/a/%d new_path=/b/n%d old_name=%d new_name=n%d ret=0", i, i, i,
		      i);
		/* and what renames a log now and then, or can't */
		event(w, "files.rename pid=9 old_path=/v/log new_path=/v/log.%d old_name=log new_name=log.%d ret=0", i,
		      i);
		event(w, "files.rename pid=10 old_path=/v/%d new_path=/v/%d.x old_name=%d new_name=%d.x ret=-13", i, i,
		      i, i);
	}
	for (int i = 0; i < 29; i++)
		event(w, "files.rename pid=11 old_path=/v/%d new_path=/v/%d.x old_name=%d new_name=%d.x ret=0", i, i, i,
		      i);
	expect(w, 0, NULL);
	event(w, "files.rename pid=11 old_path=/v/29 new_path=/v/29.x old_name=29 new_name=29.x ret=0");
	expect(w, 1, "37 ");
	for (int i = 0; i < 40; i++) {
		event(w, "files.open pid=12 path=/h/%d.doc flags=O_RDWR type=regular ret=3", i);
		event(w, "files.rename pid=12 old_path=/h/%d.doc new_path=/h/x%dq old_name=%d.doc new_name=x%dq ret=0",
		      i, i, i, i);
	}
	expect(w, 2, "now /h/x29q");
}

static void switch_on(struct world *w, const char *on)
{
	struct config_error error = {0};
	struct config *config = NULL;
	assert_int_equal(config_parse(&config, "user.ini", on, strlen(on), &error), 0);
	assert_int_equal(ruleset_add(w->set, config, &error), 0);
	config_free(config);
}

static void test_denied(void **state)
{
	struct world *w = *state;
	switch_on(w, "[rules]\nenable = Refused calls\n");
	use(w, "denied_calls.lua");
	assert_non_null(strstr(w->said.data, "rule 'Refused calls' is on: the end of every system call"));
	for (int i = 0; i < 500; i++) { /* few different ones; other errors; slowly */
		event(w, "syscall.call pid=5 syscall=%d ret=-1", 100 + i % 9);
		event(w, "syscall.call pid=6 syscall=%d ret=-2", 100 + i % 99);
	}
	for (int i = 0; i < 50; i++) {
		event(w, "syscall.call pid=7 syscall=%d ret=-38", 100 + i);
		pass(w, 2);
	}
	expect(w, 0, NULL);
	for (int i = 0; i < 10; i++)
		event(w, "syscall.call pid=8 syscall=%d ret=%d", 100 + i, i % 2 ? -1 : -38);
	expect(w, 1, "38 ");
}

static void test_never_seen(void **state)
{
	struct world *w = *state;
	use(w, "never_seen.lua");
	event(w, "process.exec exe=/host ret=0"); /* no container */
	strcpy(w->image, "nginx:1");
	event(w, "process.exec exe=/bin/a ret=0");
	event(w, "tcp.connect daddr=10.0.0.1 ret=0");
	pass(w, 86000);
	event(w, "process.exec exe=/bin/b ret=0");
	pass(w, 1000);
	event(w, "process.exec exe=/bin/b ret=0"); /* learned */
	event(w, "tcp.connect daddr=10.0.0.1 ret=0");
	event(w, "tcp.connect daddr=10.0.0.2 ret=-111");
	event(w, "process.exec exe=/bin/c ret=-2");
	strcpy(w->image, "other:2");
	event(w, "process.exec exe=/bin/c ret=0"); /* another image, known since now */
	expect(w, 0, NULL);
	strcpy(w->image, "nginx:1");
	event(w, "process.exec exe=/bin/c ret=0");
	expect(w, 1, "39 /bin/c runs in");
	pass(w, 100);
	event(w, "process.exec exe=/bin/c ret=0"); /* once */
	event(w, "tcp.connect daddr=10.0.0.2 dport=80 ret=-115");
	expect(w, 2, "connects to 10.0.0.2:80; image nginx:1 never did");
	/* What always does something else is left alone, and memory is bounded. */
	for (int i = 0; i < 100000; i++)
		event(w, "process.exec exe=/gen/%d ret=0", i);
	expect(w, 2 + 512 - 5, NULL);
}

static void test_never_called(void **state)
{
	struct world *w = *state;
	switch_on(w, "[rules]\nenable = System call never*\n");
	use(w, "never_seen.lua");
	event(w, "syscall.count syscall=41 count=1"); /* no container */
	strcpy(w->image, "nginx:1");
	for (int i = 0; i < 300; i++)
		event(w, "syscall.count syscall=%d count=1", i == 41 ? 0 : i);
	pass(w, 87000);
	event(w, "syscall.count syscall=40 count=1");
	expect(w, 0, NULL);
	event(w, "syscall.count syscall=41 count=1");
	expect(w, 1, "calls socket; image nginx:1 never did before");
	event(w, "syscall.count syscall=41 count=9");
	expect(w, 1, NULL);
}

static void test_analysis(void **state)
{
	struct world *w = *state;
	read_file(w, ANALYSIS);
	bind_all(w);
	pass(w, 1);
	for (int i = 0; i < 9000; i++)
		event(w, "files.io_call path=/f/%d latency_ns=%d", i % 5000, 99000 + i % 50 * 1000);
	event(w, "files.io_call path=/slow latency_ns=5000000000");
	for (int i = 0; i < 70; i++)
		event(w, "process.exit pid=%d exit_code=%d duration_ns=1000000", 100 + i, i < 65);
	pass(w, 6);
	expect(w, 0, "app.slow_file {");
	assert_non_null(strstr(w->said.data, "\"path\":\"/slow\""));
	pass(w, 60);
	expect(w, 1, "/usr/bin/x failed 65 times within a minute");
	assert_non_null(strstr(w->said.data, "\"runs\":70"));
	assert_null(strstr(w->said.data, "error"));
	assert_null(strstr(w->said.data, "over its limit"));
}

/* Each example loads, and its handlers survive an event of each stream they name. */
static void test_document(void **state)
{
	struct world *w = *state;
	FILE *in = fopen(DOCUMENT, "re"), *out = NULL;
	char line[1024], folder[] = "/tmp/eunomia-lua-XXXXXX", path[64];
	unsigned n = 0;
	assert_non_null(in);
	assert_non_null(mkdtemp(folder));
	while (fgets(line, sizeof(line), in)) {
		if (!out && !strcmp(line, "```lua\n")) {
			snprintf(path, sizeof(path), "%s/%u.lua", folder, n++);
			assert_non_null(out = fopen(path, "we"));
		} else if (out && !strcmp(line, "```\n")) {
			fclose(out);
			out = NULL;
			read_file(w, path);
			unlink(path);
		} else if (out) {
			fputs(line, out);
		}
	}
	fclose(in);
	rmdir(folder);
	assert_in_range(n, 6, 50);
	bind_all(w);
	for (int i = 0; i < 100; i++)
		event(w, "files.open path=/a/%d flags=O_RDONLY type=regular ret=3 comm=cat", i);
	expect(w, 1, "cat opened 100 files");
	event(w, "files.open path=/etc/shadow uid=5 comm=cat ret=3");
	expect(w, 2, "cat (100) reads /etc/shadow");
	event(w, "files.io_call path=/a op=write ret=7 latency_ns=200000000");
	event(w, "files.close path=/tmp/x");
	event(w, "process.exec exe=/tmp/x argv=x ret=0");
	expect(w, 3, "/tmp/x was executed right after it was written");
	assert_non_null(strstr(w->said.data, "never seen before\t/tmp/x"));
	pass(w, 1);
	pass(w, 4000);
	assert_null(strstr(w->said.data, "error"));
	assert_null(strstr(w->said.data, "stopped"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_port_scan),    TEST(test_download_exec), TEST(test_fork_bomb),
		TEST(test_mass_rename),  TEST(test_denied),        TEST(test_never_seen),
		TEST(test_never_called), TEST(test_analysis),      TEST(test_document),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
