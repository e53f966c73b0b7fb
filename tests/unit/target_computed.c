/* SPDX-License-Identifier: MIT */
/* The computed fields: their values, that they are found as all fields are, and how they are written. */
#include "target_fixture.h"

#include <stdio.h>
#include <time.h>

#include "event/writer.h"
#include "filter/filter.h"
#include "target/computed.h"

#define TS                                                                                                    \
	"{\"ts\":\"1970-01-01T00:00:01.000000000Z\",\"stream\":\"life.other\",\"event_flags\":[],"            \
	"\"cpu\":0,\"pid\":102,\"tid\":102,\"ppid\":101,\"uid\":0,\"gid\":0,\"comm\":\"comm\",\"cgroup\":%d," \
	"\"pidns\":0,\"mntns\":0,\"container\":"

struct who {
	struct life life;
	struct containers *containers;
	struct computed computed;
};

/* init -> sh -> cat, 1 -> 101 -> 102; cgroup 7 is a container, 8 one of which the id alone is known, 9 not even that.
 */
static int setup(void **state)
{
	struct who *w = calloc(1, sizeof(*w));
	life_begin(&w->life, 100, 1 << 20);
	life_exec(&w->life, 10 * MS, 1, "/sbin/init", "init");
	life_fork(&w->life, 100 * MS, 1, 101);
	life_exec(&w->life, 110 * MS, 101, "/bin/sh", "sh\0-c\0cat; true");
	life_fork(&w->life, 200 * MS, 101, 102);
	life_exec(&w->life, 210 * MS, 102, "/bin/cat", "cat");
	w->containers = containers_new(NULL, NULL);
	assert_non_null(w->containers);
	struct container known = {.info = {.id = "0123456789abcdef",
					   .name = "web\n",
					   .image = "nginx:1",
					   .runtime = "docker",
					   .pod = "pod-1",
					   .pod_namespace = "default"},
				  .state = CONTAINER_RUNNING,
				  .cgroup = 7};
	struct container half = {.info = {.id = "fedcba9876543210"}, .cgroup = 8}, dark = {.cgroup = 9};
	assert_int_equal(containers_learn(w->containers, &known), 0);
	assert_int_equal(containers_learn(w->containers, &half), 0);
	assert_int_equal(containers_learn(w->containers, &dark), 0);
	assert_int_equal(computed_init(&w->computed), 0);
	computed_offer(&w->computed, &w->life.schema);
	w->computed.procs = w->life.procs;
	w->computed.containers = w->containers;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct who *w = *state;
	computed_free(&w->computed);
	containers_destroy(w->containers);
	life_end(&w->life);
	free(w);
	return 0;
}

/* Of pid 102, which cat runs. */
static const struct view *event(struct who *w, uint64_t cgroup)
{
	const struct view *view = life_event(&w->life, OTHER, 1000 * MS, 102, 101);
	w->life.r.h.cgroup = cgroup;
	return view;
}

static void assert_value(const struct view *view, const char *name, const char *want)
{
	struct buf out = {0};
	const struct field *field = stream_field(view->stream, name);
	if (!field)
		fail_msg("%s: no such field", name);
	assert_int_equal(value_text(view, field, 0, &out), 0);
	buf_char(&out, '\0');
	if (strcmp(out.data, want) != 0)
		fail_msg("%s: %s instead of %s", name, out.data, want);
	buf_free(&out);
}

struct want {
	const char *name, *value;
};

static void assert_values(const struct view *view, const struct want *wants, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_value(view, wants[i].name, wants[i].value);
}

static void processes(void **state)
{
	static const struct want wants[] = {
		{"exe", "/bin/cat"},
		{"argv", "cat"},
		{"parent.exe", "/bin/sh"},
		{"parent.argv", "sh -c \"cat; true\""},
		{"parent.comm", "sh"},
		{"parent.pid", "101"},
		{"ancestor.exe", "/bin/sh /sbin/init"},
		{"proc.duration_ns", "800000000"},
	};
	static const struct want unknown[] = {
		{"exe", "-"},         {"argv", "-"},       {"parent.exe", "-"},   {"parent.argv", "-"},
		{"parent.comm", "-"}, {"parent.pid", "-"}, {"ancestor.exe", "-"}, {"proc.duration_ns", "-"},
		{"proc.start", "-"},
	};
	struct who *w = *state;
	const struct view *view = event(w, 0);
	assert_values(view, wants, COUNT(wants));
	struct value v;
	assert_true(view_read(view, stream_field(view->stream, "proc.start"), &v));
	assert_int_equal(v.u, 200 * MS);
	w->life.r.h.pid = 999;
	assert_values(view, unknown, COUNT(unknown));
	w->life.r.h.pid = 0;
	assert_values(view, unknown, COUNT(unknown));
	w->life.r.h.pid = 1; /* nobody made it */
	assert_value(view, "exe", "/sbin/init");
	assert_value(view, "ancestor.exe", "-");
	assert_value(view, "parent.exe", "-");
	w->computed.procs = NULL;
	w->life.r.h.pid = 102;
	assert_values(view, unknown, COUNT(unknown));
}

/* process.exec says its exe and argv itself, also of an exec that failed. */
static void own_first(void **state)
{
	struct who *w = *state;
	const struct view *view = life_event(&w->life, IMAGE, 1000 * MS, 102, 101);
	w->life.r.image.exe = life_text(&w->life, "/no/such", 8);
	w->life.r.image.ret = -2;
	assert_value(view, "exe", "/no/such");
	assert_value(view, "argv", "-");
	assert_value(view, "parent.exe", "/bin/sh");
	assert_false(computed_of_process(stream_field(view->stream, "exe")));
	view = event(w, 0);
	assert_true(computed_of_process(stream_field(view->stream, "exe")));
	assert_true(computed_of_process(stream_field(view->stream, "ancestor.exe")));
	assert_false(computed_of_process(stream_field(view->stream, "container.id")));
	assert_false(computed_of_process(stream_field(view->stream, "pid")));
}

/* More ancestors than are looked at, with names as long as they get. */
static void many_ancestors(void **state)
{
	struct who *w = *state;
	struct life l;
	char exe[4000];
	struct value v;
	memset(exe, '/', sizeof(exe) - 1);
	exe[sizeof(exe) - 1] = '\0';
	life_begin(&l, 1000, 1 << 20);
	for (uint32_t pid = 1000; pid < 1050; pid++) {
		life_exec_n(&l, 10 * MS * pid, pid, pid & 1 ? exe : "/even", "x", 2);
		life_fork(&l, 10 * MS * pid + 1, pid, pid + 1);
	}
	w->computed.procs = l.procs;
	const struct view *view = event(w, 0);
	w->life.r.h.pid = 1050;
	w->life.r.h.time = UINT64_MAX;
	const struct field *field = stream_field(view->stream, "ancestor.exe");
	assert_true(view_read(view, field, &v));
	size_t n = 0, len;
	const char *string;
	for (uint32_t at = 0; strings_next(&v, &at, &string, &len); n++)
		assert_int_equal(len, n & 1 ? 5 : 3999);
	assert_int_equal(n, 32);
	/* all long: what fits */
	for (uint32_t pid = 1000; pid < 1050; pid++)
		life_exec_n(&l, 20000 * MS, pid, exe, "x", 2);
	assert_true(view_read(view, field, &v));
	for (n = 0, len = 0; n <= v.len; n += 4000)
		len++;
	assert_int_equal(len, (64 << 10) / 4000);
	life_end(&l);
}

static void containers(void **state)
{
	static const struct want known[] = {
		{"container", "web\\n"},        {"container.id", "0123456789abcdef"},   {"container.name", "web\\n"},
		{"container.image", "nginx:1"}, {"container.runtime", "docker"},        {"container.state", "running"},
		{"container.pod", "pod-1"},     {"container.pod_namespace", "default"},
	};
	static const struct want half[] = {
		{"container", "fedcba987654"}, {"container.id", "fedcba9876543210"}, {"container.name", "-"},
		{"container.image", "-"},      {"container.state", "pending"},       {"container.pod", "-"},
	};
	static const struct want dark[] = {
		{"container", "pending"}, {"container.id", "-"}, {"container.state", "pending"}};
	static const struct want host[] = {{"container", "-"}, {"container.id", "-"}, {"container.state", "-"}};
	struct who *w = *state;
	assert_values(event(w, 7), known, COUNT(known));
	assert_values(event(w, 8), half, COUNT(half));
	assert_values(event(w, 9), dark, COUNT(dark));
	assert_values(event(w, 6), host, COUNT(host));
	const struct view *view = event(w, 6);
	w->life.r.h.flags = EUN_CONTAINER;
	assert_values(view, dark, COUNT(dark));
	containers_unlearn(w->containers, 7);
	containers_unlearn(w->containers, 77);
	assert_values(event(w, 7), host, COUNT(host));
	w->computed.containers = NULL;
	assert_values(event(w, 8), host, COUNT(host));
}

static void assert_filter(struct who *w, const struct view *view, const char *text, bool want)
{
	const struct stream *streams[] = {w->life.streams[OTHER], w->life.streams[IMAGE]};
	struct filter *filter;
	struct filter_error error = {0};
	if (filter_compile(&filter, text, NULL, streams, 2, NULL, &error))
		fail_msg("%s: %s", text, error.text);
	if (filter_match(filter, view) != want)
		fail_msg("%s: not %d", text, want);
	filter_destroy(filter);
}

static void filtered(void **state)
{
	struct who *w = *state;
	const struct view *view = event(w, 7);
	assert_filter(w, view, "ancestor.exe = /sbin/init and parent.exe endswith /sh and exe = /bin/cat", true);
	assert_filter(w, view, "ancestor.exe in (/bin/bash, /bin/sh)", true);
	assert_filter(w, view, "ancestor.exe startswith /bin and not ancestor.exe startswith /usr", true);
	assert_filter(w, view, "ancestor.exe = /bin/cat", false); /* itself */
	assert_filter(w, view, "parent.argv has -c and argv = cat", true);
	assert_filter(w, view, "proc.duration_ns > 799ms and proc.duration_ns < 801ms", true);
	assert_filter(w, view, "container.state = running and container.image startswith nginx", true);
	assert_filter(w, view, "container.state in (pending, ended)", false);
	assert_filter(w, view, "container exists and life.other.parent.pid = 101", true);
	assert_filter(w, event(w, 6), "container.id exists or container.id != x", false);
	struct filter *filter;
	struct filter_error error;
	const struct stream *stream = w->life.streams[OTHER];
	assert_int_equal(filter_compile(&filter, "ancestor.exec = x", NULL, &stream, 1, NULL, &error), -22);
	assert_string_equal(error.text, "unknown field 'ancestor.exec' (did you mean 'ancestor.exe'?)");
	assert_int_equal(filter_compile(&filter, "container.state = up", NULL, &stream, 1, NULL, &error), -22);
}

static void assert_written(const struct view *view, const struct writer_options *options, const char *want)
{
	struct buf out = {0};
	struct writer *writer = writer_new(options);
	assert_non_null(writer);
	assert_int_equal(writer_event(writer, view, &out), 0);
	buf_char(&out, '\0');
	assert_string_equal(out.data, want);
	buf_free(&out);
	writer_destroy(writer);
}

static void json(void **state)
{
	static const struct {
		int cgroup;
		const char *container;
	} cases[] = {
		{6, "null"},
		{7, "{\"id\":\"0123456789abcdef\",\"name\":\"web\\n\",\"image\":\"nginx:1\",\"runtime\":\"docker\","
		    "\"state\":\"running\",\"pod\":\"pod-1\",\"pod_namespace\":\"default\"}"},
		{8,
		 "{\"id\":\"fedcba9876543210\",\"name\":null,\"image\":null,\"runtime\":null,\"state\":\"pending\"}"},
		{9, "{\"id\":null,\"name\":null,\"image\":null,\"runtime\":null,\"state\":\"pending\"}"},
	};
	struct who *w = *state;
	const struct writer_options options = {.format = FORMAT_JSON};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char want[1024];
		int n = snprintf(want, sizeof(want), TS "%s}\n", cases[i].cgroup, cases[i].container);
		assert_true(n > 0 && n < (int)sizeof(want));
		assert_written(event(w, (uint64_t)cases[i].cgroup), &options, want);
	}
	static const struct column columns[] = {{.header = "", .field = "exe"},
						{.header = "", .field = "ancestor.exe"},
						{.header = "", .field = "container"}};
	assert_written(
		event(w, 7), &(struct writer_options){.format = FORMAT_JSON, .columns = columns, .n_columns = 3},
		"{\"exe\":\"/bin/cat\",\"ancestor.exe\":[\"/bin/sh\",\"/sbin/init\"],\"container\":\"web\\n\"}\n");
}

static void text(void **state)
{
	struct who *w = *state;
	setenv("TZ", "UTC", 1);
	tzset();
	struct writer_options options = {.format = FORMAT_TEXT, .container = true};
	struct writer *writer = writer_new(&options);
	struct buf out = {0};
	assert_int_equal(writer_head(writer, &out), 0);
	assert_int_equal(writer_event(writer, event(w, 7), &out), 0);
	assert_int_equal(writer_event(writer, event(w, 6), &out), 0);
	buf_char(&out, '\0');
	assert_string_equal(out.data, "TIME         PID COMM             CONTAINER    STREAM\n"
				      "00:00:01     102 comm             web\\n        life.other\n"
				      "00:00:01     102 comm             -            life.other\n");
	buf_free(&out);
	writer_destroy(writer);
	options.format = FORMAT_WIDE;
	writer = writer_new(&options);
	assert_int_equal(writer_event(writer, event(w, 8), &out), 0);
	buf_char(&out, '\0');
	assert_non_null(strstr(out.data, " container.id=fedcba9876543210 container.name=- container.image=- "
					 "container.runtime=- container.state=pending\n"));
	buf_free(&out);
	writer_destroy(writer);
}

/* The document has each of them in its table. */
static void documented(void **state)
{
	static char text[1 << 16];
	struct who *w = *state;
	FILE *f = fopen(DOCUMENT, "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	for (uint32_t i = 0; i < w->computed.n_fields; i++) {
		char name[64];
		snprintf(name, sizeof(name), "`%s`", w->computed.fields[i].name);
		if (!strstr(strstr(text, "| field |"), name))
			fail_msg("%s is not in docs/filter.md", name);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(processes), TEST(own_first), TEST(many_ancestors), TEST(containers),
		TEST(filtered),  TEST(json),      TEST(text),           TEST(documented),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
