/* SPDX-License-Identifier: MIT */
/* `eunomia rules check` and `list`, and the way to the others. */
#include "rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "daemon/share.h"
#include "event/escape.h"
#include "host/catalogue.h"
#include "say.h"
#include "sink/output.h"

static void no_alert(void *context, const struct rule *rule, const struct alert *alert)
{
	(void)context, (void)rule, (void)alert;
}

static void no_say(void *context, const char *text)
{
	(void)context, (void)text;
}

const struct ruleset_host quiet_host = {.alert = no_alert, .say = no_say};

int rules_wrong(int err, const struct config_error *error)
{
	if (err == -ENOMEM) {
		say("no memory");
		return EXIT_RUN;
	}
	say_error(error);
	return EXIT_CONFIG;
}

int rules_load(struct ruleset **out, const struct ruleset_host *host, const struct alert_style *style,
	       const char *const *paths, size_t n)
{
	struct config_error error;
	char *lib = share_path("lib");
	struct ruleset *set = ruleset_new(host, style, lib);
	int err = set ? 0 : -ENOMEM;
	for (size_t i = 0; i < n && !err; i++)
		err = ruleset_read(set, paths[i], &error);
	free(lib);
	if (err) {
		ruleset_free(set);
		return rules_wrong(err, &error);
	}
	*out = set;
	return EXIT_OK;
}

/* ---- check ---- */

#define MISTAKES_MAX 20 /* told of a file */
#define FILES_MAX 64    /* with mistakes; of what is in further ones nothing is told */

/* How many mistakes were told of each file. */
struct told {
	struct {
		char file[256];
		size_t n;
	} files[FILES_MAX];
	size_t n;
};

static void tell_mistake(void *context, const struct config_error *error)
{
	struct told *told = context;
	size_t i = 0;
	while (i < told->n && strcmp(told->files[i].file, error->file) != 0)
		i++;
	if (i == FILES_MAX)
		return;
	if (i == told->n)
		snprintf(told->files[told->n++].file, sizeof(told->files[i].file), "%s", error->file);
	if (told->files[i].n++ < MISTAKES_MAX)
		say_error(error);
	else if (told->files[i].n == MISTAKES_MAX + 1)
		say("%s: there are more mistakes", error->file);
}

/* All of the paths, with all mistakes told. NULL: `status`. */
static struct ruleset *read_all(const struct request *r, struct rules_mistakes *mistakes, int *status)
{
	const struct alert_style style = {0, ""};
	struct config_error error;
	char *lib = share_path("lib");
	struct ruleset *set = ruleset_new(&quiet_host, &style, lib);
	int err = set ? 0 : -ENOMEM;
	free(lib);
	if (set)
		ruleset_collect(set, mistakes);
	for (size_t i = 1; i < r->operands.n && err != -ENOMEM; i++) {
		err = set ? ruleset_read(set, r->operands.items[i], &error) : -ENOMEM;
		if (!err || err == -ENOMEM)
			continue;
		mistakes->n++; /* there is no such file, or the like */
		tell_mistake(mistakes->context, &error);
	}
	if (err != -ENOMEM)
		return set;
	*status = rules_wrong(err, &error);
	ruleset_free(set);
	return NULL;
}

static int check(struct ruleset *set, char *const *paths, const struct rules_mistakes *mistakes)
{
	struct catalogue all;
	struct config_error error;
	char why[512];
	int err = catalogue_init(&all, paths, why, sizeof(why));
	if (err) {
		say("%s", why);
		catalogue_free(&all);
		ruleset_free(set);
		return EXIT_RUN;
	}
	err = ruleset_check(set, &all.schema, &error);
	if (!err)
		err = ruleset_bind(set, &all.schema, &error);
	int status = err ? rules_wrong(err, &error) : mistakes->n ? EXIT_CONFIG : EXIT_OK;
	ruleset_free(set); /* before the streams that it is bound to */
	catalogue_free(&all);
	return status;
}

static int rules_check_files(const struct request *r, char *const *paths)
{
	struct told *told = calloc(1, sizeof(*told));
	struct rules_mistakes mistakes = {tell_mistake, told, 0};
	struct output out;
	char why[512];
	size_t enabled, skipped;
	int status = EXIT_RUN;
	struct ruleset *set = told ? read_all(r, &mistakes, &status) : NULL;
	if (!set) {
		free(told);
		return status;
	}
	size_t n = ruleset_rules(set, &enabled, &skipped), scripts = ruleset_scripts(set);
	status = check(set, paths, &mistakes);
	free(told);
	if (status)
		return status;
	output_open(&out, NULL, why, sizeof(why));
	buf_printf(&out.buf,
		   r->format == FORMAT_JSON ? "{\"rules\":%zu,\"enabled\":%zu,\"scripts\":%zu}\n"
					    : "%zu rules, %zu of them enabled; %zu scripts\n",
		   n, enabled, scripts);
	return say_closed(&out, status);
}

/* ---- list ---- */

static void json_text(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, ",\"%s\":", name);
	if (text)
		escape_json(out, text, strlen(text));
	else
		buf_str(out, "null");
}

static void json_list(struct buf *out, const char *name, const char *const *texts, size_t n)
{
	buf_printf(out, ",\"%s\":[", name);
	for (size_t i = 0; i < n; i++) {
		buf_str(out, i ? "," : "");
		escape_json(out, texts[i], strlen(texts[i]));
	}
	buf_char(out, ']');
}

static void list_json(struct buf *out, const struct rule *rule)
{
	buf_str(out, "{\"rule\":");
	escape_json(out, rule->name, strlen(rule->name));
	if (rule->number)
		buf_printf(out, ",\"number\":%u", rule->number);
	else
		buf_str(out, ",\"number\":null");
	json_text(out, "severity", severity_names[rule->severity]);
	buf_printf(out, ",\"enabled\":%s", rule->enabled ? "true" : "false");
	json_list(out, "streams", rule->streams, rule->n_streams);
	json_list(out, "tags", rule->tags, rule->n_tags);
	json_text(out, "where", rule->where);
	json_text(out, "message", rule->message);
	json_list(out, "key", rule->key, rule->n_key);
	buf_printf(out, ",\"window_ms\":%llu", (unsigned long long)rule->window_ms);
	json_list(out, "actions", rule->actions, rule->n_actions);
	json_text(out, "description", rule->description);
	json_text(out, "cost", rule->cost);
	json_text(out, "file", rule->file);
	buf_printf(out, ",\"line\":%u}\n", rule->line);
}

static void column(struct buf *out, const char *text, size_t width)
{
	size_t start = out->len;
	escape_text(out, text, strlen(text));
	size_t used = out->len - start;
	buf_pad(out, ' ', used < width ? width - used + 1 : 1);
}

static void list_text(struct buf *out, const struct rule *rule)
{
	char number[16] = "";
	if (rule->number)
		snprintf(number, sizeof(number), "%u", rule->number);
	column(out, number, 3);
	column(out, rule->name, 40);
	column(out, severity_names[rule->severity], 13);
	column(out, rule->enabled ? "on" : "off", 3);
	for (size_t i = 0; i < rule->n_streams; i++) {
		buf_str(out, i ? "," : "");
		escape_text(out, rule->streams[i], strlen(rule->streams[i]));
	}
	for (size_t i = 0; i < rule->n_tags; i++) {
		buf_str(out, i ? "," : " ");
		escape_text(out, rule->tags[i], strlen(rule->tags[i]));
	}
	buf_char(out, '\n');
}

/* Those of the paths, else the ones that are installed. */
static int rules_list(const struct request *r, char *const *paths)
{
	const struct alert_style style = {0, ""};
	struct ruleset *set;
	struct output out;
	char why[512], *installed = share_path("rules");
	const char *const all[] = {installed};
	bool given = r->operands.n > 1;
	(void)paths;
	int status = installed ? rules_load(&set, &quiet_host, &style, given ? r->operands.items + 1 : all,
					    given ? r->operands.n - 1 : 1)
			       : EXIT_RUN;
	if (!status) {
		output_open(&out, NULL, why, sizeof(why));
		for (size_t i = 0; i < rules_count(ruleset_all(set)); i++)
			(r->format == FORMAT_JSON ? list_json : list_text)(&out.buf, rules_at(ruleset_all(set), i));
		ruleset_free(set);
		status = say_closed(&out, status);
	}
	free(installed);
	return status;
}

/* ---- all of them ---- */

int command_rules(const struct request *r, char *const *paths)
{
	static const struct {
		const char *name, *usage;
		size_t least;
		int (*run)(const struct request *r, char *const *paths);
	} commands_of[] = {
		{"check", "check PATH...", 2, rules_check_files},
		{"list", "list [PATH...] [--fmt json]", 1, rules_list},
		{"test", "test DIR...", 2, rules_test},
		{"bench", "bench PATH... --replay FILE", 2, rules_bench},
		{"import", "import FALCO.yaml [-o FILE]", 2, rules_import},
	};
	for (size_t i = 0; i < sizeof(commands_of) / sizeof(commands_of[0]); i++) {
		if (strcmp(commands_of[i].name, r->operands.items[0]) != 0)
			continue;
		bool imports = commands_of[i].run == rules_import;
		if (r->operands.n >= commands_of[i].least && (imports ? r->operands.n == 2 : !r->output))
			return commands_of[i].run(r, paths);
		say("usage: eunomia rules %s", commands_of[i].usage);
		return EXIT_USAGE;
	}
	say("usage: eunomia rules check|list|test|bench|import PATH... (see eunomia rules --help)");
	return EXIT_USAGE;
}
