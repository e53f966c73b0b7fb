/* SPDX-License-Identifier: MIT */
/* What an alert looks like: JSON (read by jansson), text, and the datagrams of syslog and the journal. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <jansson.h>

#include "event_fixture.h"
#include "sink/alert.h"

#define HOSTILE "a\nb\x1b[31m\xff\"\\"
#define UNIT_LINES 32

static const struct alert_style style = {.clock_offset = CLOCK_OFFSET, .hostname = "web\"1"};
static const char *const tags[] = {"container", "T1059"};

static struct alert plain(void)
{
	return (struct alert){
		.time = BOOT_NS,
		.rule = "Shell in container",
		.severity = SEVERITY_CRITICAL,
		.source = "process.exec",
		.message = HOSTILE,
		.message_len = strlen(HOSTILE),
		.tags = tags,
		.n_tags = 2,
		.count = 1,
	};
}

typedef int render(const struct alert *alert, const struct alert_style *style, struct buf *out);

/* NUL-terminated; the caller frees. */
static char *rendered(render *how, const struct alert *alert)
{
	struct buf out = {0};
	assert_int_equal(how(alert, &style, &out), 0);
	buf_char(&out, '\0');
	return out.data;
}

static json_t *as_json(const struct alert *alert)
{
	json_error_t error;
	char *line = rendered(alert_json, alert);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("%s: %s", error.text, line);
	free(line);
	return json;
}

static const char *text_of(json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static void severities(void **state)
{
	enum severity s;
	(void)state;
	for (int i = 0; i < SEVERITIES; i++) {
		assert_int_equal(severity_parse(severity_names[i], &s), 0);
		assert_int_equal(s, i);
	}
	assert_int_equal(severity_parse("WARNING", &s), 0);
	assert_int_equal(s, SEVERITY_WARNING);
	assert_int_equal(severity_parse("info", &s), 0);
	assert_int_equal(s, SEVERITY_INFORMATIONAL);
	assert_int_equal(severity_parse("", &s), -EINVAL);
	assert_int_equal(severity_parse("warn", &s), -EINVAL);
}

static void json(void **state)
{
	struct alert alert = plain();
	(void)state;
	alert.count = 3;
	alert.dropped_before = 7;
	json_t *j = as_json(&alert);
	assert_int_equal(json_object_size(j), 10);
	assert_string_equal(text_of(j, "time"), "2026-11-24T10:11:12.123456789Z");
	assert_string_equal(text_of(j, "rule"), "Shell in container");
	assert_string_equal(text_of(j, "priority"), "Critical");
	assert_string_equal(text_of(j, "source"), "process.exec");
	assert_string_equal(text_of(j, "hostname"), "web\"1");
	assert_string_equal(text_of(j, "output"), "a\nb\x1b[31m\xef\xbf\xbd\"\\");
	assert_int_equal(json_array_size(json_object_get(j, "tags")), 2);
	assert_string_equal(json_string_value(json_array_get(json_object_get(j, "tags"), 1)), "T1059");
	assert_int_equal(json_object_size(json_object_get(j, "output_fields")), 0);
	assert_int_equal(json_integer_value(json_object_get(j, "count")), 3);
	assert_int_equal(json_integer_value(json_object_get(j, "dropped_before")), 7);
	json_decref(j);
}

/* Every field of the record of every type, a text of a script, and a name twice. */
static void fields(void **state)
{
	struct fixture *f = *state;
	struct alert_field list[sizeof(every_fields) / sizeof(every_fields[0]) + 3];
	struct alert alert = plain();
	struct view view;
	uint32_t len;
	void *bytes = record_bytes(&f->x, f->stream->id, &len);
	assert_true(view_init(&view, bytes, len, &f->schema));
	for (uint32_t i = 0; i < f->stream->n_fields; i++)
		list[alert.n_fields++] =
			(struct alert_field){.name = f->stream->fields[i].name, .field = &f->stream->fields[i]};
	list[alert.n_fields++] = (struct alert_field){.name = "why \"not\"", .text = HOSTILE, .len = strlen(HOSTILE)};
	list[alert.n_fields++] = (struct alert_field){.name = "path", .text = "second", .len = 6};
	list[alert.n_fields++] = (struct alert_field){.name = "time", .field = &header_fields[0]};
	alert.fields = list;
	alert.view = &view;

	json_t *j = as_json(&alert), *values = json_object_get(j, "output_fields");
	assert_int_equal(json_object_size(values), f->stream->n_fields + 2);
	assert_string_equal(text_of(values, "path"), "/etc/passwd");
	assert_string_equal(text_of(values, "ip"), "10.0.0.1");
	assert_string_equal(text_of(values, "time"), "2026-11-24T10:11:12.123456789Z");
	assert_string_equal(json_string_value(json_array_get(json_object_get(values, "argv"), 1)), "-n");
	assert_string_equal(text_of(values, "why \"not\""), "a\nb\x1b[31m\xef\xbf\xbd\"\\");
	json_decref(j);

	char *datagram = rendered(alert_journal, &alert);
	assert_non_null(strstr(datagram, "\nEUNOMIA_FIELD_PATH=/etc/passwd\n"));
	assert_non_null(strstr(datagram, "\nEUNOMIA_FIELD_ADDR=10.0.0.2:443\n"));
	assert_null(strstr(datagram, "second"));
	free(datagram);

	alert.view = NULL;
	j = as_json(&alert);
	assert_true(json_is_null(json_object_get(json_object_get(j, "output_fields"), "path")));
	json_decref(j);
	free(bytes);
}

static void text(void **state)
{
	struct alert alert = plain();
	(void)state;
	char *line = rendered(alert_text, &alert);
	assert_string_equal(line, "10:11:12.123456789: Critical a\\nb\\x1b[31m\\xff\"\\\\\n");
	free(line);
	alert.message = "shell";
	alert.message_len = 5;
	alert.count = 12;
	alert.dropped_before = 3;
	line = rendered(alert_text, &alert);
	assert_string_equal(line, "10:11:12.123456789: Critical shell (repeated 12 times) (3 dropped before)\n");
	free(line);
}

static void syslog(void **state)
{
	char expected[128], *big = malloc(100000);
	struct alert alert = plain();
	(void)state;
	snprintf(expected, sizeof(expected), "<26>Nov 24 10:11:12 eunomia[%d]: Critical a\\nb\\x1b[31m\\xff\"\\\\",
		 (int)getpid());
	char *line = rendered(alert_syslog, &alert);
	assert_string_equal(line, expected);
	free(line);

	/* cut, and not in the middle of a character, wherever it falls */
	for (size_t shift = 0; shift < 2; shift++) {
		memset(big, 'x', shift);
		for (size_t i = shift; i + 2 <= 100000; i += 2)
			memcpy(big + i, "\xc3\xa9", 2);
		alert.message = big;
		alert.message_len = 100000 - 2 * shift;
		line = rendered(alert_syslog, &alert);
		size_t n = strlen(line);
		assert_in_range(n, 8191, 8192);
		assert_memory_equal(line + n - 2, "\xc3\xa9", 2);
		free(line);
	}
	free(big);
}

/* A datagram of the journal, read as its documentation says: name and value of each field. */
static size_t journal_read(const char *bytes, size_t len, char *lines[], size_t most)
{
	size_t n = 0;
	for (size_t at = 0; at < len;) {
		const char *end = memchr(bytes + at, '\n', len - at), *equals = memchr(bytes + at, '=', len - at);
		char *line = NULL;
		assert_non_null(end);
		assert_true(n < most);
		if (equals && equals < end) {
			line = strndup(bytes + at, (size_t)(end - bytes) - at);
			at = (size_t)(end - bytes) + 1;
		} else {
			uint64_t size = 0;
			for (int i = 7; i >= 0; i--)
				size = size << 8 | (unsigned char)end[1 + i];
			size_t name = (size_t)(end - bytes) - at;
			assert_true(size <= len - at - name - 10);
			assert_true(asprintf(&line, "%.*s=%.*s", (int)name, bytes + at, (int)size, end + 9) > 0);
			at += name + 9 + size;
			assert_int_equal(bytes[at], '\n');
			at++;
		}
		lines[n++] = line;
	}
	return n;
}

static void journal(void **state)
{
	struct alert alert = plain();
	struct buf out = {0};
	char *lines[UNIT_LINES];
	const struct alert_field list[] = {
		{.name = "container.id", .text = "abc", .len = 3},
		{.name = "x\ny=z", .text = "1\nPRIORITY=0\n\n", .len = 14},
		{.name = "a.name.that.is.much.longer.than.the.journal.takes.it.and.is.cut", .text = "v", .len = 1},
		{.name = "none", .text = "", .len = 0},
	};
	static const char *const expected[] = {
		"MESSAGE=a\\nb\\x1b[31m\\xff\"\\\\",
		"PRIORITY=2",
		"SYSLOG_IDENTIFIER=eunomia",
		"EUNOMIA_RULE=two\nlines",
		"EUNOMIA_SOURCE=process.exec",
		"EUNOMIA_TAG=container",
		"EUNOMIA_TAG=T1059",
		"EUNOMIA_COUNT=1",
		"EUNOMIA_DROPPED_BEFORE=0",
		"EUNOMIA_FIELD_CONTAINER_ID=abc",
		"EUNOMIA_FIELD_X_Y_Z=1\nPRIORITY=0\n\n",
		"EUNOMIA_FIELD_A_NAME_THAT_IS_MUCH_LONGER_THAN_THE_JOURNAL_TAKES_=v",
		"EUNOMIA_FIELD_NONE=",
	};
	(void)state;
	alert.rule = "two\nlines";
	alert.fields = list;
	alert.n_fields = 4;
	assert_int_equal(alert_journal(&alert, &style, &out), 0);
	size_t n = journal_read(out.data, out.len, lines, UNIT_LINES);
	assert_int_equal(n, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(lines[i], expected[i]);
		free(lines[i]);
	}
	buf_free(&out);
}

/* Whatever does not fit leaves nothing behind. */
static void too_large(void **state)
{
	render *const all[] = {alert_json, alert_text, alert_syslog, alert_journal};
	static const struct alert_field field = {.name = "f", .text = "0123456789", .len = 10};
	struct alert alert = plain();
	(void)state;
	alert.fields = &field;
	alert.n_fields = 1;
	for (int i = 0; i < 4; i++) {
		struct buf whole = {0};
		assert_int_equal(all[i](&alert, &style, &whole), 0);
		for (size_t limit = 2; limit < whole.len + 2; limit++) {
			struct buf out = {.limit = limit};
			buf_char(&out, '!');
			int err = all[i](&alert, &style, &out);
			/* text that is formatted needs a byte more than it leaves */
			assert_true(err == -ENOMEM || (!err && limit + 1 > whole.len));
			assert_int_equal(out.len, err ? 1 : whole.len + 1);
			buf_free(&out);
		}
		buf_free(&whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(severities), TEST(json), TEST(fields), TEST(text), TEST(syslog), TEST(journal), TEST(too_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
