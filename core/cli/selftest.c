/* SPDX-License-Identifier: MIT */
/*
 * `eunomia selftest`: does each rule see what it is for? Another eunomia is run with the rules, on two stages where
 * harmless acts set them off one by one.
 */
#include "selftest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "daemon/share.h"
#include "event/escape.h"
#include "event/stamp.h"
#include "pipeline/loop.h"
#include "rules.h"
#include "say.h"
#include "sink/output.h"

#define TOLD_MS 3000
#define WINDOWS_FILE "/tmp/eunomia-selftest-XXXXXX.ini"

struct selftest {
	const struct request *request;
	struct ruleset *set;
	char *shipped;
	char windows[sizeof(WINDOWS_FILE)]; /* "": not made */
	struct stage *stages[2];
	struct watcher *watcher;
	struct output out;
	struct stamp stamp;
	unsigned caught, missed, impossible;
};

static const struct act_kind *act_of(const char *rule)
{
	const struct act_kind *const tables[] = {acts_of_kernel, acts_of_process, acts_of_files};
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct act_kind *kind = tables[i]; kind->rule; kind++)
			if (!strcmp(kind->rule, rule))
				return kind;
	return NULL;
}

/* ---- one rule ---- */

static void report(struct selftest *t, const struct rule *rule, const char *result, double ms, const char *reason)
{
	struct buf *b = &t->out.buf;
	if (t->request->format == FORMAT_JSON) {
		buf_str(b, "{\"rule\":");
		escape_json(b, rule->name, strlen(rule->name));
		buf_printf(b, ",\"number\":%u,\"result\":\"%s\",\"ms\":%.3f,\"reason\":", rule->number, result, ms);
		escape_json(b, reason, strlen(reason));
		buf_str(b, "}\n");
	} else {
		buf_printf(b, "%-7s %8.1f ms %3u ", result, ms, rule->number);
		escape_text(b, rule->name, strlen(rule->name));
		buf_str(b, *reason ? ": " : "");
		escape_text(b, reason, strlen(reason));
		buf_char(b, '\n');
	}
	output_flush(&t->out);
}

static void test_rule(struct selftest *t, const struct rule *rule)
{
	const struct act_kind *kind = act_of(rule->name);
	char why[ACT_WHY_MAX];
	struct buf since = {0};
	if (!kind && !rule->number) /* a user's own */
		return;
	if (!rule->enabled || !kind) {
		t->impossible++;
		report(t, rule, "n/a", 0, rule->enabled ? "nothing sets it off harmlessly and soon" : "it is off");
		return;
	}
	uint64_t begun = clock_boot_ns();
	stamp_utc(&t->stamp, begun, &since);
	buf_char(&since, '\0');
	bool done = !stage_do(t->stages[kind->place], kind, why);
	bool told = done && !since.failed && watcher_told(t->watcher, rule->name, since.data, TOLD_MS);
	double ms = (double)(clock_boot_ns() - begun) / 1e6;
	unsigned *count = told ? &t->caught : done ? &t->missed : &t->impossible;
	++*count;
	report(t, rule, told ? "caught" : done ? "missed" : "n/a", ms, done ? "" : why);
	free(since.data);
}

/* ---- what it takes ---- */

/* Each alert is to be told, whatever came before. A rule of a script has its window there. */
static int write_windows(struct selftest *t)
{
	const struct rules *rules = ruleset_all(t->set);
	memcpy(t->windows, WINDOWS_FILE, sizeof(t->windows));
	int fd = mkstemps(t->windows, 4);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file) {
		t->windows[0] = '\0';
		return -errno;
	}
	for (size_t i = 0; i < rules_count(rules); i++) {
		const struct rule *rule = rules_at(rules, i);
		if (!rule->when)
			fprintf(file, "[rule %s]\nwindow = 0s\n", rule->name);
	}
	return fclose(file) ? -errno : 0;
}

static int open_stages(struct selftest *t)
{
	for (int place = ACT_INSIDE; place <= ACT_OUTSIDE; place++) {
		const char *what = "memory";
		int err = stage_open(&t->stages[place], place, &what);
		if (err) {
			say("selftest: %s: %s", what, strerror(-err));
			return err == -EPERM || err == -EACCES ? EXIT_KERNEL : EXIT_RUN;
		}
	}
	return EXIT_OK;
}

static int open_watcher(struct selftest *t, const struct texts *rules)
{
	const struct texts *folders = &t->request->plugin_paths;
	char pids[2][16];
	int status = EXIT_RUN;
	size_t n = 0;
	const char **argv = calloc(2 * (rules->n + folders->n) + 16, sizeof(*argv));
	if (!argv)
		return EXIT_RUN;
	argv[n++] = "eunomia";
	for (size_t i = 0; i < folders->n; i++)
		argv[n++] = "--plugin-path", argv[n++] = folders->items[i];
	for (size_t i = 0; i < rules->n; i++)
		argv[n++] = "--rules", argv[n++] = rules->items[i];
	argv[n++] = "--rules", argv[n++] = t->windows;
	for (int place = ACT_INSIDE; place <= ACT_OUTSIDE; place++) {
		snprintf(pids[place], sizeof(pids[place]), "%d", stage_pid(t->stages[place]));
		argv[n++] = "-p", argv[n++] = pids[place];
	}
	argv[n++] = "--follow", argv[n++] = "--fmt", argv[n++] = "json";
	argv[n++] = "--set", argv[n++] = "process.env=true";
	t->watcher = watcher_open((char *const *)argv, &status);
	free(argv);
	return t->watcher ? EXIT_OK : status;
}

static int prepare(struct selftest *t)
{
	const struct alert_style style = {0};
	struct texts rules = t->request->rules;
	const char *shipped;
	if (!rules.n) {
		shipped = t->shipped = share_path("rules");
		rules = (struct texts){&shipped, 1};
	}
	if (!rules.items[0])
		return EXIT_RUN;
	int err, status = rules_load(&t->set, &quiet_host, &style, rules.items, rules.n);
	if (!status && (err = write_windows(t))) {
		say("selftest: %s: %s", WINDOWS_FILE, strerror(-err));
		status = EXIT_RUN;
	}
	if (!status)
		status = open_stages(t);
	return status ? status : open_watcher(t, &rules);
}

int command_selftest(const struct request *request, char *const *paths)
{
	struct selftest t = {.request = request};
	char why[256];
	(void)paths;
	output_open(&t.out, NULL, why, sizeof(why));
	stamp_init(&t.stamp, clock_offset_ns());
	int status = prepare(&t);
	const struct rules *rules = status ? NULL : ruleset_all(t.set);
	for (size_t i = 0; !status && i < rules_count(rules); i++)
		test_rule(&t, rules_at(rules, i));
	if (!status) {
		say("%u caught, %u missed, %u not possible here", t.caught, t.missed, t.impossible);
		status = t.missed ? EXIT_RUN : EXIT_OK;
	}
	watcher_close(t.watcher);
	stage_close(t.stages[ACT_INSIDE]);
	stage_close(t.stages[ACT_OUTSIDE]);
	if (t.windows[0])
		unlink(t.windows);
	ruleset_free(t.set);
	free(t.shipped);
	return say_closed(&t.out, status);
}
