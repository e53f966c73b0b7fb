/* SPDX-License-Identifier: MIT */
/* Rules from text, and an engine whose alerts are kept as lines "rule severity source count message". */
#ifndef TESTS_UNIT_RULE_FIXTURE_H
#define TESTS_UNIT_RULE_FIXTURE_H

#include "event/buf.h"
#include "event/writer.h"
#include "filter_fixture.h"
#include "rule/engine.h"

struct told {
	struct buf lines;
	struct buf fields; /* of the last alert: "name=value " */
	uint64_t n;
};

static inline void on_alert(void *context, const struct rule *rule, const struct alert *alert)
{
	struct told *told = context;
	assert_string_equal(rule->name, alert->rule);
	told->n++;
	buf_printf(&told->lines, "%s %d %s %u %.*s\n", alert->rule, (int)alert->severity, alert->source,
		   (unsigned)alert->count, (int)alert->message_len, alert->message);
	told->fields.len = 0;
	for (size_t i = 0; i < alert->n_fields; i++) {
		buf_printf(&told->fields, "%s=", alert->fields[i].name);
		value_text(alert->view, alert->fields[i].field, 0, &told->fields);
		buf_char(&told->fields, ' ');
	}
}

static inline void told_check(struct told *told, const char *lines)
{
	buf_char(&told->lines, '\0');
	assert_string_equal(told->lines.data, lines);
	told->lines.len = 0;
}

static inline void told_free(struct told *told)
{
	buf_free(&told->lines);
	buf_free(&told->fields);
}

/* One more file. */
static inline int add_text(struct rules *rules, const char *name, const char *text, struct config_error *error)
{
	struct config *config = NULL;
	*error = (struct config_error){0};
	int err = config_parse(&config, name, text, strlen(text), error);
	if (!err)
		err = rules_add(rules, config, error);
	config_free(config);
	return err;
}

static inline struct rules *rules_of(const char *text)
{
	struct config_error error;
	struct rules *rules = rules_new();
	if (add_text(rules, "x.ini", text, &error))
		fail_msg("%s:%u:%u: %s", error.file, error.line, error.column, error.text);
	return rules;
}

static inline struct engine *engine_of(const struct fixture *f, const struct rules *rules, struct told *told)
{
	struct config_error error = {0};
	struct engine *engine = NULL;
	if (engine_new(&engine, rules, &f->schema, on_alert, told, &error))
		fail_msg("%s:%u:%u: %s", error.file, error.line, error.column, error.text);
	engine_clock(engine, 0);
	return engine;
}

/* The text is wrong at that place. */
static inline void refused(const struct fixture *f, const char *text, uint32_t line, uint32_t column, const char *part)
{
	struct config_error error;
	struct engine *engine = NULL;
	struct told told = {0};
	struct rules *rules = rules_new();
	int err = add_text(rules, "x.ini", text, &error);
	if (!err)
		err = rules_check_streams(rules, &f->schema, &error);
	if (!err)
		err = engine_new(&engine, rules, &f->schema, on_alert, &told, &error);
	assert_int_equal(err, -EINVAL);
	if (error.line != line || error.column != column || !strstr(error.text, part))
		fail_msg("%u:%u: %s (expected %u:%u: %s)", error.line, error.column, error.text, line, column, part);
	assert_string_equal(error.file, "x.ini");
	rules_free(rules);
}

static inline void event(const struct fixture *f, struct engine *engine, struct record *r, uint64_t time)
{
	struct view view;
	r->head.time = time;
	assert_true(view_init(&view, r, r->head.len, &f->schema));
	engine_event(engine, &view);
}

#endif
