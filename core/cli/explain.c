/* SPDX-License-Identifier: MIT */
/*
 * `eunomia explain`: what of a filter or a rule is asked in the kernel, what in the host, what in Lua; and, with a
 * recording, what each conjunct says of its events.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choose.h"
#include "cli.h"
#include "event/escape.h"
#include "event/writer.h"
#include "host/catalogue.h"
#include "host/where.h"
#include "player.h"
#include "rules.h"
#include "say.h"
#include "sink/output.h"
#include "where.h"

#define EVENTS_SHOWN 10

/* What is explained: filters of one schema. */
struct subject {
	const struct filter *filter;
	const struct engine *engine; /* of a rule, whose exceptions are shown; else NULL */
	const struct rule *rule;
	size_t index;
};

struct explaining {
	const struct request *request;
	struct output out;
	struct subject subject;
	const struct stream **streams; /* n_streams: of which events are meant */
	size_t n_streams;
	uint64_t most; /* events that are shown */
	char why[512];
};

static void line(struct buf *out, const char *where, const struct clause *clause)
{
	buf_printf(out, "  %-22s", where);
	clause_dump(clause, out);
	buf_char(out, '\n');
}

static void each_conjunct(void *context, const struct clause *clause, enum where_place place)
{
	static const char *const places[] = {
		[WHERE_HOST] = "host", [WHERE_WIDER] = "kernel, then host", [WHERE_KERNEL] = "kernel"};
	line(context, places[place], clause);
}

/* ---- where it is decided ---- */

static void explain_filter(struct explaining *e, const struct filter *filter, const struct stream *stream)
{
	const struct program *program = filter_program(filter, stream);
	if (program->clause->kind == CLAUSE_TRUE)
		buf_str(&e->out.buf, "  every event\n");
	else if (program->clause->kind == CLAUSE_FALSE)
		buf_str(&e->out.buf, "  no event, whatever it is\n");
	where_explain(filter, stream, each_conjunct, &e->out.buf);
}

static void explain_exceptions(struct explaining *e, const struct stream *stream)
{
	const struct filter *filter;
	for (size_t i = 0; e->subject.engine && engine_exception(e->subject.engine, e->subject.index, i, &filter); i++)
		line(&e->out.buf, "host, exception", filter_program(filter, stream)->clause);
	if (e->subject.rule && e->subject.rule->when)
		buf_printf(&e->out.buf, "  %-22sits function `when`\n", "Lua");
}

static void explain_places(struct explaining *e)
{
	size_t silent = 0;
	for (size_t i = 0; i < e->n_streams; i++) {
		/* of all that there are only those that it can be about */
		if (filter_program(e->subject.filter, e->streams[i])->clause->kind == CLAUSE_FALSE &&
		    e->n_streams > 1) {
			silent++;
			continue;
		}
		buf_printf(&e->out.buf, "%s\n", e->streams[i]->name);
		explain_filter(e, e->subject.filter, e->streams[i]);
		explain_exceptions(e, e->streams[i]);
	}
	if (silent)
		buf_printf(&e->out.buf, "of no event of %zu other streams\n", silent);
}

/* ---- what it says of events ---- */

static bool is_true(const struct clause *clause, const struct view *view)
{
	if (clause->kind == CLAUSE_TEST)
		return test_run(&clause->test, view) != clause->invert;
	bool all = clause->kind == CLAUSE_AND || clause->kind == CLAUSE_TRUE;
	for (const struct clause *child = clause->first; child && clause->kind >= CLAUSE_AND; child = child->next)
		if (is_true(child, view) != all)
			return !all;
	return all;
}

/* The values of the fields that a clause asks about, each once. */
static void values(struct buf *out, const struct clause *clause, const struct view *view, int64_t clock,
		   const struct field **seen, size_t *n)
{
	if (clause->kind != CLAUSE_TEST) {
		for (const struct clause *child = clause->kind >= CLAUSE_AND ? clause->first : NULL; child;
		     child = child->next)
			values(out, child, view, clock, seen, n);
		return;
	}
	for (size_t i = 0; i < *n; i++)
		if (seen[i] == clause->test.field)
			return;
	if (*n == 16)
		return;
	seen[(*n)++] = clause->test.field;
	buf_printf(out, "%s%s=", *n > 1 ? ", " : "", clause->test.field->name);
	value_text(view, clause->test.field, clock, out);
}

static void judge_clause(struct buf *out, const struct clause *clause, const struct view *view, int64_t clock)
{
	const struct field *seen[16];
	size_t n = 0;
	buf_printf(out, "  %-5s", is_true(clause, view) ? "yes" : "no");
	clause_dump(clause, out);
	buf_str(out, "   (");
	values(out, clause, view, clock, seen, &n);
	buf_str(out, ")\n");
}

static void judge(struct explaining *e, const struct view *view, int64_t clock)
{
	const struct program *program = filter_program(e->subject.filter, view->stream);
	const struct clause *all = program->clause;
	const struct filter *filter;
	for (const struct clause *c = all->kind == CLAUSE_AND ? all->first : all; c;
	     c = all->kind == CLAUSE_AND ? c->next : NULL)
		judge_clause(&e->out.buf, c, view, clock);
	for (size_t i = 0; e->subject.engine && engine_exception(e->subject.engine, e->subject.index, i, &filter);
	     i++) {
		buf_str(&e->out.buf, "  exception:\n");
		judge_clause(&e->out.buf, filter_program(filter, view->stream)->clause, view, clock);
	}
}

static bool excepted(const struct explaining *e, const struct view *view)
{
	const struct filter *filter;
	for (size_t i = 0; e->subject.engine && engine_exception(e->subject.engine, e->subject.index, i, &filter); i++)
		if (filter_match(filter, view))
			return true;
	return false;
}

static int judge_all(struct explaining *e, struct player *player)
{
	const struct writer_options options = {.format = FORMAT_TEXT,
					       .clock_offset = recording_clock(player->recording)};
	struct writer *writer = writer_new(&options);
	struct recording_item item;
	uint64_t n = 0, matched = 0, excluded = 0;
	int more = writer ? 1 : -1;
	snprintf(e->why, sizeof(e->why), "no memory");
	while (more > 0 && !e->out.error && (more = player_next(player, &item, e->why, sizeof(e->why))) > 0) {
		if (item.kind != RECORDING_EVENT || !filter_program(e->subject.filter, item.view.stream))
			continue;
		bool meant = filter_match(e->subject.filter, &item.view), out = meant && excepted(e, &item.view);
		matched += meant;
		excluded += out;
		if (n++ >= e->most)
			continue;
		buf_printf(&e->out.buf, "%s ", out ? "excepted" : meant ? "meant" : "not meant");
		writer_event(writer, &item.view, &e->out.buf);
		judge(e, &item.view, options.clock_offset);
		if (output_full(&e->out))
			output_flush(&e->out);
	}
	writer_destroy(writer);
	buf_printf(&e->out.buf, "%llu events, %llu meant", (unsigned long long)n, (unsigned long long)matched);
	buf_printf(&e->out.buf, e->subject.engine ? ", %llu of them excepted\n" : "\n", (unsigned long long)excluded);
	if (more >= 0)
		return EXIT_OK;
	say("%s", e->why);
	return EXIT_RUN;
}

/* ---- the filter, the rule ---- */

static int explain_expression(struct explaining *e, const struct eun_tool *tool, struct player *player)
{
	struct filter *filter;
	if (where_compile(&filter, e->request, tool, e->streams, e->n_streams, e->why, sizeof(e->why))) {
		say("%s", e->why);
		return EXIT_USAGE;
	}
	if (!filter) {
		say("there is nothing to explain: the tool has no filter, and no --filter is given");
		return EXIT_USAGE;
	}
	e->subject.filter = filter;
	int status = EXIT_OK;
	if (player)
		status = judge_all(e, player);
	else
		explain_places(e);
	filter_destroy(filter);
	return status;
}

static int unknown_rule(const struct explaining *e, const struct rules *rules)
{
	const char **names = calloc(rules_count(rules) + 1, sizeof(*names));
	for (size_t i = 0; names && i < rules_count(rules); i++)
		names[i] = rules_at(rules, i)->name;
	const char *near = names ? nearest_name(e->request->rule, names, rules_count(rules)) : NULL;
	say("unknown rule '%s'%s%s%s", e->request->rule, near ? ", did you mean '" : "", near ? near : "",
	    near ? "'?" : "");
	free(names);
	return EXIT_USAGE;
}

static int explain_bound(struct explaining *e, struct ruleset *set, struct player *player)
{
	const struct rules *rules = ruleset_all(set);
	struct subject *s = &e->subject;
	size_t n = 0;
	while (s->index < rules_count(rules) && strcmp(rules_at(rules, s->index)->name, e->request->rule) != 0)
		s->index++;
	if (s->index == rules_count(rules))
		return unknown_rule(e, rules);
	s->rule = rules_at(rules, s->index);
	s->engine = ruleset_engine(set);
	s->filter = engine_filter(s->engine, s->index);
	for (size_t i = 0; i < e->n_streams; i++)
		if (rule_means(s->rule, e->streams[i]))
			e->streams[n++] = e->streams[i];
	e->n_streams = n;
	if (!s->filter) {
		say("rule '%s': none of its streams is %s", s->rule->name, player ? "in the recording" : "installed");
		return EXIT_RUN;
	}
	buf_printf(&e->out.buf, "rule %s%s, %s:%u\n", s->rule->name, s->rule->enabled ? "" : " (not enabled)",
		   s->rule->file, s->rule->line);
	if (player)
		return judge_all(e, player);
	explain_places(e);
	return EXIT_OK;
}

static int explain_rule(struct explaining *e, const struct schema *schema, struct player *player)
{
	const struct alert_style style = {0, ""};
	struct ruleset *set = NULL;
	struct config_error error;
	int status = rules_load(&set, &quiet_host, &style, e->request->rules.items, e->request->rules.n);
	int err = status ? 0 : ruleset_bind(set, schema, &error);
	if (err)
		status = rules_wrong(err, &error);
	if (!status)
		status = explain_bound(e, set, player);
	ruleset_free(set);
	return status;
}

/* ---- the streams ---- */

static bool is_chosen(const struct choices *choices, const struct stream *stream)
{
	for (size_t i = 0; i < choices->n; i++) {
		const struct plugin *p = choices->items[i].plugin;
		for (uint32_t s = 0; s < p->abi.streams.count; s++)
			if (choices->items[i].streams & EUN_BIT(s) && !strcmp(p->streams[s].name, stream->name))
				return true;
	}
	return !choices->n;
}

static int choose(struct choices *choices, const struct request *r, char *const *paths, char *why, size_t why_size)
{
	if (r->operands.n)
		return choose_tool(choices, r->operands.items[0], paths, why, why_size);
	return r->plugins.n ? choose_plugins(choices, r, paths, why, why_size) : 0;
}

static bool is_recorded(const struct player *player, const struct stream *stream)
{
	for (size_t i = 0; i < player->n_streams; i++)
		if (player->streams[i] == stream)
			return true;
	return false;
}

static int explain(struct explaining *e, const struct choices *choices, const struct schema *schema,
		   struct player *player)
{
	e->streams = calloc(schema->n_streams + 1, sizeof(*e->streams));
	for (uint32_t i = 0; e->streams && i < schema->n_streams; i++)
		if (schema->streams[i] && (!player || is_recorded(player, schema->streams[i])) &&
		    is_chosen(choices, schema->streams[i]))
			e->streams[e->n_streams++] = schema->streams[i];
	int status = EXIT_RUN;
	if (e->streams && !e->n_streams)
		say("none of the chosen streams is in the recording");
	else if (e->streams)
		status = e->request->rule ? explain_rule(e, schema, player)
					  : explain_expression(e, choices->tool, player);
	free(e->streams);
	return status;
}

static int explain_recording(struct explaining *e, const struct choices *choices, char *const *paths)
{
	struct player player;
	int status = EXIT_RUN;
	/* a rule may also name streams that were not recorded */
	if (player_open(&player, e->request->replay, e->why, sizeof(e->why)) ||
	    catalogue_complete(recording_schema(player.recording), paths, e->why, sizeof(e->why)))
		say("%s", e->why);
	else
		status = explain(e, choices, recording_schema(player.recording), &player);
	player_close(&player);
	return status;
}

static int explain_installed(struct explaining *e, const struct choices *choices, char *const *paths)
{
	struct catalogue all;
	int status = EXIT_RUN;
	if (catalogue_init(&all, paths, e->why, sizeof(e->why)))
		say("%s", e->why);
	else
		status = explain(e, choices, &all.schema, NULL);
	catalogue_free(&all);
	return status;
}

static int check_request(const struct request *r)
{
	if (r->rule && !r->rules.n)
		say("option --rule: give the file that has it with --rules");
	else if (!r->rule && r->rules.n)
		say("option --rules: give the rule to explain with --rule NAME");
	else if (r->rule && r->filter)
		say("a rule or a filter, not both");
	else if (!r->rule && !r->filter && !r->operands.n)
		say("usage: eunomia explain --filter EXPR | TOOL | --rule NAME --rules FILE [--replay FILE]");
	else if (r->operands.n && r->plugins.n)
		say("a tool or plugins, not both");
	else
		return EXIT_OK;
	return EXIT_USAGE;
}

int command_explain(const struct request *r, char *const *paths)
{
	struct explaining e = {.request = r, .most = r->top ? r->top : EVENTS_SHOWN};
	struct choices choices = {0};
	int status = check_request(r);
	if (status)
		return status;
	output_open(&e.out, NULL, e.why, sizeof(e.why));
	if (choose(&choices, r, paths, e.why, sizeof(e.why))) {
		say("%s", e.why);
		status = EXIT_USAGE;
	} else if (r->replay) {
		status = explain_recording(&e, &choices, paths);
	} else {
		status = explain_installed(&e, &choices, paths);
	}
	choices_free(&choices);
	return say_closed(&e.out, status);
}
