/* SPDX-License-Identifier: MIT */
/* All that the tables of core/falco make of Falco's events and fields is right by the plugins' streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ruleset.h"
#include "falco/falco.h"
#include "falco/fields.h"
#include "host/catalogue.h"

struct writing {
	struct buf yaml;
	size_t n;
};

static void rule(struct writing *w, const char *type, const char *name, const char *op, const char *value)
{
	buf_printf(&w->yaml,
		   "- rule: R%zu\n  condition: evt.type = %s and %s %s %s\n  priority: INFO\n"
		   "  output: '%%%s %%fd.name %%container.info'\n",
		   w->n++, type, name, op, value, name);
}

/* A type whose events are of one of the streams; of all, any. */
static const char *type_of(uint64_t streams)
{
	for (size_t i = 0; i < n_falco_events && streams && streams != ALL_STREAMS; i++)
		if (streams >> falco_events[i].stream & 1)
			return falco_events[i].type;
	return "execve";
}

static void write_events(struct writing *w)
{
	for (size_t i = 0; i < n_falco_events; i++)
		rule(w, falco_events[i].type, "proc.name", "=", "x");
}

static const char *label_of(const struct falco_field *field)
{
	static const char *const labels[] = {"PTRACE_ATTACH", "AF_PACKET", "SIGKILL", "PR_SET_NAME", "BPF_PROG_LOAD"};
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (!strncmp(labels[i], field->more, strlen(field->more)))
			return labels[i];
	fail_msg("%s", field->name);
	return NULL;
}

static void write_field(struct writing *w, const struct falco_field *field)
{
	static const char *const texts[] = {"=",        "!=",        "contains", "startswith",
					    "endswith", "icontains", "in (x,",   "pmatch"};
	const char *type = type_of(field->streams);
	switch (field->kind) {
	case FIELD_CONDITION:
		rule(w, type, field->name, "=", "true");
		return;
	case FIELD_NUMBER:
		rule(w, type, field->name, "in (1,", "2)");
		rule(w, type, field->name, ">=", "0");
		rule(w, type, field->name, "!=", "1");
		break;
	case FIELD_ADDRESS:
		rule(w, type, field->name, "in (10.0.0.0/8,", "'::1')");
		rule(w, type, field->name, "!=", "10.1.2.3");
		break;
	case FIELD_LABEL:
		rule(w, type, field->name, "=", label_of(field));
		rule(w, type, field->name, "!=", label_of(field));
		break;
	case FIELD_TEXT:
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			rule(w, type, field->name, texts[i], strchr(texts[i], '(') ? "/y)" : "/x");
		break;
	case FIELD_PROGRAMS:
		rule(w, type, field->name, "startswith", "x");
		rule(w, type, field->name, "in (x,", "123456789012345)");
		break;
	default: /* parts of texts */
		rule(w, type, field->name, "=", "x.y");
		rule(w, type, field->name, "!=", "'x y'");
		rule(w, type, field->name, "endswith", "x");
		rule(w, type, field->name, "startswith", "x");
		rule(w, type, field->name, "in (x,", "y)");
	}
	rule(w, type, field->name, "exists", "");
}

static void write_values(struct writing *w)
{
	for (size_t i = 0; i < n_falco_values; i++) {
		const struct falco_value *v = &falco_values[i];
		if (v->streams)
			rule(w, type_of(v->streams & ~v->unknown), v->name, v->contains ? "contains" : "=", v->value);
		if (v->not )
			rule(w, type_of(v->streams & ~v->unknown), v->name, "!=", v->value);
	}
}

static void tell(void *context, uint32_t line, const char *text)
{
	(void)context, (void)line;
	if (strstr(text, "left out"))
		print_error("%s\n", text);
}

static void check(const struct buf *ini)
{
	static char lib[] = PLUGINS;
	char *const paths[] = {lib, NULL};
	char why[512], path[] = "/tmp/eunomia-falco-XXXXXX.ini";
	const struct ruleset_host host = {0};
	const struct alert_style style = {0, ""};
	struct catalogue all;
	struct config_error error;
	int fd = mkstemps(path, 4);
	assert_int_equal(write(fd, ini->data, ini->len), ini->len);
	close(fd);
	assert_int_equal(catalogue_init(&all, paths, why, sizeof(why)), 0);
	struct ruleset *set = ruleset_new(&host, &style, NULL);
	assert_non_null(set);
	if (ruleset_read(set, path, &error) || ruleset_check(set, &all.schema, &error) ||
	    ruleset_bind(set, &all.schema, &error))
		fail_msg("%s:%u:%u: %s", error.file, error.line, error.column, error.text);
	unlink(path);
	ruleset_free(set);
	catalogue_free(&all);
}

static void test_tables(void **state)
{
	struct writing w = {0};
	const struct falco_host host = {.tell = tell};
	struct buf ini = {0};
	struct falco_counts counts;
	struct falco_error error;
	(void)state;
	write_events(&w);
	for (size_t i = 0; i < n_falco_fields; i++)
		write_field(&w, &falco_fields[i]);
	write_values(&w);
	assert_int_equal(falco_import("t.yaml", w.yaml.data, w.yaml.len, &host, &ini, &counts, &error), 0);
	assert_int_equal(counts.carried, w.n);
	assert_true(w.n > 300);
	check(&ini);
	buf_free(&w.yaml);
	buf_free(&ini);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_tables)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
