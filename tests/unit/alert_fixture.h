/* SPDX-License-Identifier: MIT */
/* For the tests of outputs for alerts: opening one, feeding it, waiting for what its counters say. */
#ifndef TESTS_UNIT_ALERT_FIXTURE_H
#define TESTS_UNIT_ALERT_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sink/alert_output.h"

#define PATIENCE_MS 10000 /* no test takes so long, unless it fails */
#define FLOOD 100000

static const struct alert_style style = {.hostname = "host"};

/* A folder for one test, below TMPDIR. */
struct fixture {
	char folder[64];
	char path[128]; /* "out" in it */
	char why[256];
};

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	snprintf(f->folder, sizeof(f->folder), "/tmp/eunomia-alert-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/out", f->folder);
	alarm(100); /* what waits for ever is killed */
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	static const char *const names[] = {"out", "out.1", "out.2", "out.3", "out.4", "folder"};
	struct fixture *f = *state;
	char path[160];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->folder, names[i]);
		remove(path);
	}
	assert_int_equal(rmdir(f->folder), 0);
	free(f);
	return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static inline struct alert_output *open_output(struct fixture *f, const struct alert_output_config *config)
{
	struct alert_output_config named = *config;
	named.name = "output test";
	if (!named.least)
		named.least = SEVERITY_DEBUG;
	struct alert_output *o = alert_output_open(&named, &style, f->why, sizeof(f->why));
	if (!o)
		fail_msg("%s", f->why);
	return o;
}

/* The errno with which it doesn't open; f->why tells. */
static inline int refused(struct fixture *f, const struct alert_output_config *config)
{
	struct alert_output_config named = *config;
	named.name = "output test";
	assert_null(alert_output_open(&named, &style, f->why, sizeof(f->why)));
	assert_memory_equal(f->why, "output test: ", 13);
	return errno;
}

static inline void put_text(struct alert_output *o, const char *text)
{
	alert_output_put(o, &(struct alert){.rule = "r",
					    .source = "s",
					    .severity = SEVERITY_ERROR,
					    .message = text,
					    .message_len = strlen(text),
					    .count = 1});
}

/* Alerts "from", "from + 1"... */
static inline void put_numbers(struct alert_output *o, int from, int n)
{
	char text[16];
	for (int i = from; i < from + n; i++) {
		snprintf(text, sizeof(text), "%d", i);
		put_text(o, text);
	}
}

static inline uint64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A condition that must come true. */
#define UNTIL(condition)                                           \
	do {                                                       \
		uint64_t until_end = now_ms() + 30000;             \
		while (!(condition)) {                             \
			if (now_ms() > until_end)                  \
				fail_msg("never: %s", #condition); \
			usleep(2000);                              \
		}                                                  \
	} while (0)

static inline struct alert_output_counts counts(const struct alert_output *o)
{
	struct alert_output_counts c;
	alert_output_counts(o, &c);
	return c;
}

/* Closes, and sees that no alert is unaccounted for. */
static inline struct alert_output_counts close_output(struct alert_output *o, unsigned patience_ms)
{
	struct alert_output_counts c;
	alert_output_close(o, patience_ms, &c);
	assert_int_equal(c.taken, c.written + c.lost);
	return c;
}

/* What is in a file, NUL-terminated; the caller frees. */
static inline char *contents(const char *path)
{
	char *text = calloc(1, 1 << 20);
	FILE *file = fopen(path, "re");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	size_t n = fread(text, 1, (1 << 20) - 1, file);
	assert_true(n < (1 << 20) - 1);
	fclose(file);
	return text;
}

static inline size_t lines_in(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* True: the lines' messages are the numbers from `from` on, each once and in order. */
static inline bool are_numbers(const char *text, int from, int n)
{
	char message[32];
	for (int i = from; i < from + n; i++) {
		snprintf(message, sizeof(message), "\"output\":\"%d\"", i);
		text = strstr(text, message);
		if (!text)
			return false;
		text += strlen(message);
	}
	return !strstr(text, "\"output\":");
}

#endif
