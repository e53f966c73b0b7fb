/* SPDX-License-Identifier: MIT */
/*
 * `eunomia rules test DIR`: the rules of a folder against its recordings. NAME.rec is replayed, its alerts are those of
 * NAME.expect: an object a line, of which each member must be in the alert as it is; objects in it likewise. TAP.
 */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/escape.h"
#include "host/catalogue.h"
#include "player.h"
#include "rules.h"
#include "say.h"
#include "sink/output.h"

#define TICK_NS 100000000u

struct testing {
	struct output out;
	unsigned n, failed;
	struct alert_style style;
	json_t *alerts; /* of the recording at hand */
	char *const *paths;
	char why[8192];
};

static void on_alert(void *context, const struct rule *rule, const struct alert *alert)
{
	struct testing *t = context;
	struct buf line = {0};
	(void)rule;
	if (!alert_json(alert, &t->style, &line))
		json_array_append_new(t->alerts, json_loadb(line.data, line.len, 0, NULL));
	buf_free(&line);
}

static void on_say(void *context, const char *text)
{
	struct testing *t = context;
	buf_str(&t->out.buf, "# ");
	escape_text(&t->out.buf, text, strlen(text));
	buf_char(&t->out.buf, '\n');
}

/* All that is expected is there; more may be. */
static bool fits(json_t *expected, json_t *got)
{
	const char *key;
	json_t *value;
	if (!json_is_object(expected))
		return json_equal(expected, got);
	json_object_foreach(expected, key, value) if (!fits(value, json_object_get(got, key))) return false;
	return json_is_object(got);
}

static void comment(struct testing *t, const char *what, json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	buf_printf(&t->out.buf, "# %s: ", what);
	buf_str(&t->out.buf, text ? text : "nothing");
	buf_char(&t->out.buf, '\n');
	free(text);
}

/* Lines of objects; blank ones and those that begin with # are left out. NULL: why. */
static json_t *read_expected(struct testing *t, const char *path)
{
	FILE *file = fopen(path, "re");
	json_t *all = file ? json_array() : NULL;
	char *line = NULL;
	size_t room = 0;
	if (!file)
		snprintf(t->why, sizeof(t->why), "%s: %s", path, strerror(errno));
	for (unsigned n = 1; all && getline(&line, &room, file) > 0; n++) {
		json_error_t error;
		if (!line[strspn(line, " \t\r\n")] || line[0] == '#')
			continue;
		json_t *value = json_loads(line, JSON_REJECT_DUPLICATES, &error);
		if (!value || !json_is_object(value)) {
			snprintf(t->why, sizeof(t->why), "%s:%u:%d: %s", path, n, value ? 1 : error.column,
				 value ? "no object" : error.text);
			json_decref(value);
			json_decref(all);
			all = NULL;
		} else {
			json_array_append_new(all, value);
		}
	}
	free(line);
	if (file)
		fclose(file);
	return all;
}

static bool play(struct testing *t, struct ruleset *set, struct player *player)
{
	struct recording_item item;
	uint64_t ticked = 0;
	int more;
	ruleset_idle(set);
	while ((more = player_next(player, &item, t->why, sizeof(t->why))) > 0) {
		if (item.kind != RECORDING_EVENT)
			continue;
		if (item.view.rec->time - ticked >= TICK_NS) {
			ticked = item.view.rec->time;
			ruleset_tick(set, ticked);
		}
		ruleset_event(set, &item.view);
	}
	ruleset_flush(set);
	return !more;
}

/* The alerts of a recording into t->alerts. False: why. */
static bool replay(struct testing *t, const char *folder, const char *path)
{
	struct player player;
	struct ruleset *set = NULL;
	struct config_error error;
	const struct ruleset_host host = {t, on_alert, on_say, NULL};
	/* a rule may also name streams that were not recorded */
	if (player_open(&player, path, t->why, sizeof(t->why)) ||
	    catalogue_complete(recording_schema(player.recording), t->paths, t->why, sizeof(t->why))) {
		player_close(&player);
		return false;
	}
	t->style = (struct alert_style){recording_clock(player.recording), "test"};
	bool good = !rules_load(&set, &host, &t->style, &folder, 1);
	if (!good) {
		snprintf(t->why, sizeof(t->why), "bad rules");
	} else if (ruleset_bind(set, recording_schema(player.recording), &error)) {
		snprintf(t->why, sizeof(t->why), "%s:%u:%u: %s", error.file, error.line, error.column, error.text);
		good = false;
	} else {
		engine_clock(ruleset_engine(set), t->style.clock_offset);
		good = play(t, set, &player);
	}
	ruleset_free(set);
	player_close(&player);
	return good;
}

/* The first difference, as comments. */
static bool compare(struct testing *t, json_t *expected)
{
	size_t n = json_array_size(expected), got = json_array_size(t->alerts);
	for (size_t i = 0; i < n || i < got; i++) {
		json_t *e = json_array_get(expected, i), *g = json_array_get(t->alerts, i);
		if (e && g && fits(e, g))
			continue;
		buf_printf(&t->out.buf, "# alert %zu of %zu, expected %zu\n", i + 1, got, n);
		comment(t, "expected", e);
		comment(t, "got", g);
		return false;
	}
	return true;
}

static void test_one(struct testing *t, const char *folder, const char *name)
{
	char recording[4096], expect[4096];
	size_t stem = strlen(name) - 4;
	snprintf(recording, sizeof(recording), "%s/%s", folder, name);
	snprintf(expect, sizeof(expect), "%s/%.*s.expect", folder, (int)stem, name);
	t->alerts = json_array();
	json_t *expected = read_expected(t, expect);
	size_t start = t->out.buf.len;
	bool good = expected && replay(t, folder, recording);
	if (expected && !good)
		on_say(t, t->why);
	else if (!expected)
		on_say(t, t->why);
	else
		good = compare(t, expected);
	/* the verdict goes before what explains it */
	struct buf reasons = {0};
	buf_add(&reasons, t->out.buf.data + start, t->out.buf.len - start);
	t->out.buf.len = start;
	buf_printf(&t->out.buf, "%sok %u - ", good ? "" : "not ", ++t->n);
	escape_text(&t->out.buf, name, stem);
	buf_char(&t->out.buf, '\n');
	buf_add(&t->out.buf, reasons.data, reasons.len);
	buf_free(&reasons);
	t->failed += !good;
	json_decref(expected);
	json_decref(t->alerts);
}

static int is_recording(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);
	return entry->d_name[0] != '.' && n > 4 && !strcmp(entry->d_name + n - 4, ".rec");
}

/* Bad rules end all: each recording would say the same. */
static int check_rules(const char *folder)
{
	const struct alert_style style = {0, ""};
	struct ruleset *set = NULL;
	int status = rules_load(&set, &quiet_host, &style, &folder, 1);
	ruleset_free(set);
	return status;
}

static int test_folder(struct testing *t, const char *folder)
{
	struct dirent **names;
	int status = check_rules(folder);
	int n = status ? 0 : scandir(folder, &names, is_recording, alphasort);
	if (n < 0) {
		say("%s: %s", folder, strerror(errno));
		return EXIT_RUN;
	}
	if (status)
		return status;
	if (!n)
		say("%s: no NAME.rec in it", folder);
	for (int i = 0; i < n; i++) {
		test_one(t, folder, names[i]->d_name);
		free(names[i]);
		output_flush(&t->out);
	}
	free(names);
	return n ? EXIT_OK : EXIT_RUN;
}

int rules_test(const struct request *r, char *const *paths)
{
	struct testing t = {.paths = paths};
	int status = EXIT_OK;
	output_open(&t.out, NULL, t.why, sizeof(t.why));
	for (size_t i = 1; i < r->operands.n && !status; i++)
		status = test_folder(&t, r->operands.items[i]);
	if (!status)
		buf_printf(&t.out.buf, "1..%u\n", t.n);
	return say_closed(&t.out, status ? status : t.failed ? EXIT_RUN : EXIT_OK);
}
