/* SPDX-License-Identifier: MIT */
/* The text forms, escaping, Accept, and the file. With PROMTOOL in the environment's PATH it is asked too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metric/metric.h"

static const char *const labels[] = {"comm", "family"};
static const double bounds[] = {0.0005, 1, 1024};

static void fill(struct metrics *m)
{
	char why[256];
	const struct metric_desc sent = {
		"tcp_sent_bytes_total", "Bytes \\ sent,\nwith \"quotes\".", METRIC_COUNTER, labels, 2, NULL, 0, 0};
	const struct metric_desc wait = {"wait_seconds", "Waiting.", METRIC_HISTOGRAM, NULL, 0, bounds, 3, 0};
	const struct metric_desc level = {"level_ratio", "A level.", METRIC_GAUGE, NULL, 0, NULL, 0, 0};
	const struct metric_desc none = {"none_total", "Nothing yet.", METRIC_COUNTER, labels, 1, NULL, 0, 0};
	struct metric *f = metric_new(m, &sent, why, sizeof(why));
	series_add(metric_at(f, (const char *const[]){"curl", "inet"}), 9007199254740991.0);
	series_add(metric_at(f, (const char *const[]){"a\"b\\c\n\x1b[31m\xff</script>", "inet6"}), 0.1);
	f = metric_new(m, &wait, why, sizeof(why));
	series_observe(metric_series(f, NULL), 0.0001);
	series_observe(metric_series(f, NULL), 2000);
	series_set(metric_series(metric_new(m, &level, why, sizeof(why)), NULL), -0.25);
	metric_new(m, &none, why, sizeof(why));
}

#define SENT(name)                                                        \
	name "{comm=\"curl\",family=\"inet\"} 9007199254740991\n" name    \
	     "{comm=\"a\\\"b\\\\\\\\c\\\\n\\\\x1b[31m\\\\xff</script>\"," \
	     "family=\"inet6\"} 0.1\n"
#define WAIT                                     \
	"wait_seconds_bucket{le=\"0.0005\"} 1\n" \
	"wait_seconds_bucket{le=\"1\"} 1\n"      \
	"wait_seconds_bucket{le=\"1024\"} 1\n"   \
	"wait_seconds_bucket{le=\"+Inf\"} 2\n"   \
	"wait_seconds_sum 2000.0001\n"           \
	"wait_seconds_count 2\n"
#define ITSELF                                                                                                    \
	"# HELP eunomia_metric_series Series that there are, of all families but this one and what was folded.\n" \
	"# TYPE eunomia_metric_series gauge\neunomia_metric_series 4\n"
#define FOLDED "Updates that went to the series \"other\" as their family was full, by family.\n"

static void test_text(void **state)
{
	(void)state;
	struct metrics *m = metrics_new(NULL, NULL, NULL);
	struct buf out = {0};
	fill(m);
	assert_int_equal(metrics_write(m, METRICS_TEXT, &out), 0);
	buf_char(&out, '\0');
	assert_string_equal(
		out.data,
		"# HELP tcp_sent_bytes_total Bytes \\\\ sent,\\nwith \"quotes\".\n"
		"# TYPE tcp_sent_bytes_total counter\n" SENT(
			"tcp_sent_bytes_total") "# HELP wait_seconds Waiting.\n# TYPE wait_seconds histogram\n" WAIT
						"# HELP level_ratio A level.\n# TYPE level_ratio gauge\n"
						"level_ratio -0.25\n"
						"# HELP none_total Nothing yet.\n# TYPE none_total counter\n"
						"# HELP eunomia_metric_folded_total " FOLDED
						"# TYPE eunomia_metric_folded_total counter\n" ITSELF);
	buf_free(&out);
	metrics_free(m);
}

static void test_openmetrics(void **state)
{
	(void)state;
	struct metrics *m = metrics_new(NULL, NULL, NULL);
	struct buf out = {0};
	fill(m);
	assert_int_equal(metrics_write(m, METRICS_OPENMETRICS, &out), 0);
	buf_char(&out, '\0');
	assert_non_null(strstr(out.data, "# HELP tcp_sent_bytes Bytes \\\\ sent,\\nwith \\\"quotes\\\".\n"
					 "# TYPE tcp_sent_bytes counter\n"
					 "# UNIT tcp_sent_bytes bytes\n" SENT("tcp_sent_bytes_total")));
	assert_non_null(strstr(out.data, "# TYPE wait_seconds histogram\n# UNIT wait_seconds seconds\n" WAIT));
	assert_non_null(strstr(out.data, "# UNIT level_ratio ratio\n"));
	assert_string_equal(out.data + strlen(out.data) - strlen(ITSELF "# EOF\n"), ITSELF "# EOF\n");
	buf_free(&out);
	metrics_free(m);
}

static void set_level(void *context)
{
	series_add(metric_series(context, NULL), 1);
}

/* Families of joined registries are under one heading; one of another shape is left out; collectors are asked. */
static void test_joined(void **state)
{
	const struct metric_desc hits = {"hits_total", "Hits.", METRIC_COUNTER, NULL, 0, NULL, 0, 0};
	const struct metric_desc other = {"hits_total", "Hits.", METRIC_COUNTER, labels, 1, NULL, 0, 0};
	(void)state;
	char why[256];
	struct metrics *m = metrics_new(NULL, NULL, NULL);
	struct metrics *a = metrics_new("s_", "script", "a.lua"), *b = metrics_new("s_", "script", "b\".lua");
	struct metrics *c = metrics_new("s_", "script", "c.lua");
	struct metric *f = metric_new(a, &hits, why, sizeof(why));
	series_add(metric_series(metric_new(b, &hits, why, sizeof(why)), NULL), 7);
	series_add(metric_at(metric_new(c, &other, why, sizeof(why)), labels), 9);
	metrics_collect(m, set_level, f);
	metrics_join(m, a);
	metrics_join(m, b);
	metrics_join(m, c);
	struct buf out = {0};
	metrics_write(m, METRICS_TEXT, &out);
	metrics_uncollect(m, f);
	metrics_write(m, METRICS_TEXT, &out);
	buf_char(&out, '\0');
	const char *said = strstr(out.data, "# HELP s_hits_total Hits.\n# TYPE s_hits_total counter\n"
					    "s_hits_total{script=\"a.lua\"} 1\n"
					    "s_hits_total{script=\"b\\\".lua\"} 7\n# HELP eunomia_metric");
	assert_non_null(said);
	assert_non_null(strstr(said + 1, "s_hits_total{script=\"a.lua\"} 1\n"));
	buf_free(&out);
	metrics_free(m);
	metrics_free(a);
	metrics_free(b);
	metrics_free(c);
}

static void test_accept(void **state)
{
	static const struct {
		const char *accept;
		enum metrics_format format;
	} cases[] = {
		{NULL, METRICS_TEXT},
		{"", METRICS_TEXT},
		{"*/*", METRICS_TEXT},
		{"text/html,*/*;q=0.8", METRICS_TEXT},
		{"text/plain;version=0.0.4", METRICS_TEXT},
		{"application/openmetrics-text", METRICS_OPENMETRICS},
		{"Application/OpenMetrics-Text; version=1.0.0; charset=utf-8", METRICS_OPENMETRICS},
		/* Prometheus 2.42's own */
		{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
		 "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		 METRICS_OPENMETRICS},
		{"text/plain, application/openmetrics-text;q=0.5", METRICS_TEXT},
		{"application/openmetrics-text;q=0", METRICS_TEXT},
		{"application/openmetrics-textual", METRICS_TEXT},
		{",,;;q=,=", METRICS_TEXT},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (metrics_accept(cases[i].accept) != cases[i].format)
			fail_msg("%s", cases[i].accept);
	assert_string_equal(metrics_content_type(METRICS_TEXT), "text/plain; version=0.0.4; charset=utf-8");
}

static void test_file(void **state)
{
	char folder[] = "/tmp/metric.XXXXXX", path[64], aside[80], victim[64], why[256] = "";
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x.prom", folder);
	snprintf(aside, sizeof(aside), "%s.tmp", path);
	snprintf(victim, sizeof(victim), "%s/victim", folder);
	struct metrics *m = metrics_new(NULL, NULL, NULL);
	fill(m);
	close(open(victim, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(symlink(victim, aside), 0); /* is not written through */
	assert_int_equal(metrics_textfile(m, path, why, sizeof(why)), 0);
	struct stat st;
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0644 && st.st_size > 500);
	assert_int_not_equal(access(aside, F_OK), 0);
	unlink(path);
	unlink(victim);
	rmdir(folder);
	assert_int_not_equal(metrics_textfile(m, path, why, sizeof(why)), 0);
	assert_non_null(strstr(why, "x.prom: No such file"));
	metrics_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),   cmocka_unit_test(test_openmetrics), cmocka_unit_test(test_joined),
		cmocka_unit_test(test_accept), cmocka_unit_test(test_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
