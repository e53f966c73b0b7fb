/* SPDX-License-Identifier: MIT */
#include "start.h"

#include <errno.h>
#include <fnmatch.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/template.h"

#define MEMBERS_MAX 64        /* of an array */
#define DURATION_MAX_S 604800 /* a week */

struct start {
	const struct shelf *shelf;
	const json_t *body;
	struct job_spec *spec;
	struct start_view *view;
	struct config_error *error;
	struct buf where; /* what the tool and its options ask */
	size_t n_options;
};

#define WRONG(s, member, ...) config_error_at((s)->error, member, 0, 0, __VA_ARGS__)

static int wrong_type(const struct start *s, const char *member, const char *expected)
{
	return WRONG(s, member, "'%s' is to be %s", member, expected);
}

/* Members that mean nothing are mistakes. */
static int check_members(const struct start *s, const json_t *object, const char *const *names, size_t n)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key, value)
	{
		size_t i = 0;
		while (i < n && strcmp(names[i], key) != 0)
			i++;
		if (i < n)
			continue;
		const char *near = nearest_name(key, names, n);
		char place[64];
		snprintf(place, sizeof(place), "%s", key);
		return WRONG(s, place, "unknown member '%.64s'%s%s%s", key, near ? ", did you mean '" : "",
			     near ? near : "", near ? "'?" : "");
	}
	return 0;
}

/* ---- target ---- */

static int read_texts(const struct start *s, const json_t *array, const char *member, char ***out)
{
	size_t n = json_array_size(array);
	if (!array)
		return 0;
	if (!json_is_array(array) || n > MEMBERS_MAX)
		return wrong_type(s, member, "an array of at most 64 texts");
	*out = calloc(n + 1, sizeof(char *));
	for (size_t i = 0; *out && i < n; i++) {
		const char *text = json_string_value(json_array_get(array, i));
		if (!text || !*text)
			return wrong_type(s, member, "an array of texts");
		(*out)[i] = strdup(text);
		if (!(*out)[i])
			return -ENOMEM;
	}
	return *out ? 0 : -ENOMEM;
}

static bool read_id(const json_t *value, bool user, uint32_t *out)
{
	json_int_t n = json_integer_value(value);
	const struct passwd *pw = user && json_is_string(value) ? getpwnam(json_string_value(value)) : NULL;
	*out = pw ? pw->pw_uid : (uint32_t)n;
	return pw || (json_is_integer(value) && n >= !user && n <= (user ? UINT32_MAX : INT32_MAX));
}

static int read_ids(const struct start *s, const json_t *array, const char *member, bool user, uint32_t **out,
		    size_t *out_n)
{
	size_t n = json_array_size(array);
	if (!array)
		return 0;
	if (!json_is_array(array) || n > MEMBERS_MAX)
		return wrong_type(s, member, "an array of at most 64 numbers");
	*out = calloc(n + 1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (; *out_n < n; ++*out_n)
		if (!read_id(json_array_get(array, *out_n), user, &(*out)[*out_n]))
			return wrong_type(s, member,
					  user ? "an array of users, by id or name" : "an array of process ids");
	return 0;
}

static int read_target(const struct start *s)
{
	static const char *const members[] = {"pids", "uids", "comms", "containers", "follow"};
	const json_t *t = json_object_get(s->body, "target");
	struct job_spec *spec = s->spec;
	if (!t)
		return 0;
	if (!json_is_object(t))
		return wrong_type(s, "target", "an object");
	int err = check_members(s, t, members, 5);
	if (!err)
		err = read_ids(s, json_object_get(t, "pids"), "target.pids", false, &spec->pids, &spec->n_pids);
	if (!err)
		err = read_ids(s, json_object_get(t, "uids"), "target.uids", true, &spec->uids, &spec->n_uids);
	if (!err)
		err = read_texts(s, json_object_get(t, "comms"), "target.comms", &spec->comms);
	if (!err)
		err = read_texts(s, json_object_get(t, "containers"), "target.containers", &spec->containers);
	const json_t *follow = json_object_get(t, "follow");
	if (!err && follow && !json_is_boolean(follow))
		return wrong_type(s, "target.follow", "true or false");
	spec->follow = json_is_true(follow);
	if (!err && spec->follow && !spec->n_pids)
		return WRONG(s, "target.follow", "needs pids to begin with");
	return err;
}

/* ---- options ---- */

/* A text, a number, true: as the command line would have it. */
static const char *option_text(const json_t *value, char *room, size_t size)
{
	if (json_is_integer(value))
		snprintf(room, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		snprintf(room, size, "%s", json_is_true(value) ? "true" : "false");
	else
		return json_string_value(value);
	return room;
}

static int add_option(struct start *s, char *text)
{
	char **grown = text ? realloc(s->spec->options, (s->n_options + 2) * sizeof(char *)) : NULL;
	if (!grown) {
		free(text);
		return -ENOMEM;
	}
	s->spec->options = grown;
	grown[s->n_options++] = text;
	grown[s->n_options] = NULL;
	return 0;
}

/* One part alone first, so that a mistake is told of who brought it. */
static int add_where(struct start *s, const char *member, const char *text)
{
	bool *wants = calloc(s->shelf->schema.n_streams + 1, sizeof(bool));
	struct filter *filter = NULL;
	if (!wants)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->spec->plugin->plugin->abi.streams.count; i++)
		wants[s->spec->plugin->streams[i]->id] = s->spec->streams & EUN_BIT(i);
	int err = start_filter(s->shelf, wants, text, &filter, s->error);
	filter_destroy(filter);
	free(wants);
	if (err == -EINVAL)
		snprintf(s->error->file, sizeof(s->error->file), "%s", member);
	if (!err)
		buf_printf(&s->where, "%s(%s)", s->where.len ? " and " : "", text);
	return err;
}

static int tool_option(struct start *s, const char *name, const json_t *value)
{
	const struct eun_tool *tool = s->spec->tool;
	const char *names[128], *text;
	char room[32], place[96];
	struct eun_tool_option o = {0};
	uint32_t n = 0;
	for (; n < tool->options.count && n < 128; n++) {
		table_row(&tool->options, n, &o, sizeof(o));
		names[n] = o.name;
		if (!strcmp(o.name, name))
			break;
	}
	snprintf(place, sizeof(place), "options.%.64s", name);
	if (n == tool->options.count) {
		const char *near = nearest_name(name, names, n);
		return WRONG(s, place, "tool %s has no option '%.64s'%s%s%s", tool->name, name,
			     near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	if (!o.value && json_is_false(value))
		return 0;
	text = o.value ? option_text(value, room, sizeof(room)) : NULL;
	if (o.value ? !text : !json_is_true(value))
		return WRONG(s, place,
			     o.value ? "option %s needs a text or a number" : "option %s takes no value: true", name);
	int err = o.set ? add_option(s, template_fill(o.set, text)) : 0;
	char *where = o.where ? template_fill(o.where, text) : NULL;
	if (!err && o.where)
		err = where ? add_where(s, place, where) : -ENOMEM;
	free(where);
	if (o.key)
		free(s->view->key), s->view->key = strdup(o.key);
	if (o.sort)
		free(s->view->sort), s->view->sort = strdup(o.sort);
	return err;
}

static int read_options(struct start *s)
{
	json_t *options = json_object_get(s->body, "options"), *value;
	const char *name, *text;
	char room[32], *line;
	if (options && !json_is_object(options))
		return wrong_type(s, "options", "an object");
	json_object_foreach(options, name, value)
	{
		int err = s->spec->tool ? tool_option(s, name, value) : 0;
		if (!s->spec->tool) {
			text = option_text(value, room, sizeof(room));
			if (!text)
				return WRONG(s, "options", "option %.64s needs a text, a number, true or false", name);
			err = asprintf(&line, "%s=%s", name, text) < 0 ? -ENOMEM : add_option(s, line);
		}
		if (err)
			return err;
	}
	return 0;
}

/* ---- what ---- */

static int read_tool(struct start *s, const char *name)
{
	char why[256];
	struct job_spec *spec = s->spec;
	const struct eun_tool *t = spec->tool = shelf_tool(s->shelf, name, &spec->plugin, why, sizeof(why));
	if (!t)
		return WRONG(s, "tool", "%s", why);
	spec->streams = EUN_BIT(t->stream) | t->streams;
	s->view->key = t->key ? strdup(t->key) : NULL;
	s->view->sort = t->sort ? strdup(t->sort) : NULL;
	const json_t *options = json_object_get(s->body, "options");
	if (!t->where || (t->unless && (json_object_get(options, t->unless) || json_object_get(s->body, t->unless))))
		return 0;
	return add_where(s, "tool", t->where);
}

static int read_streams(struct start *s)
{
	const struct plugin *p = s->spec->plugin->plugin;
	const json_t *list = json_object_get(s->body, "streams");
	const char *names[EUN_STREAMS_MAX];
	for (uint32_t i = 0; i < p->abi.streams.count; i++) {
		names[i] = strchr(p->streams[i].name, '.') + 1;
		if (!list && p->streams[i].flags & EUN_STREAM_DEFAULT)
			s->spec->streams |= EUN_BIT(i);
	}
	if (list && !json_is_array(list))
		return wrong_type(s, "streams", "an array of names");
	for (size_t k = 0; k < json_array_size(list); k++) {
		const char *pattern = json_string_value(json_array_get(list, k));
		uint64_t found = 0;
		for (uint32_t i = 0; pattern && i < p->abi.streams.count; i++)
			if (!fnmatch(pattern, p->streams[i].name, 0) || !fnmatch(pattern, names[i], 0))
				found |= EUN_BIT(i);
		if (!found) {
			const char *near = pattern ? nearest_name(pattern, names, p->abi.streams.count) : NULL;
			return WRONG(s, "streams", "plugin %s has no stream '%.64s'%s%s%s", p->abi.name,
				     pattern ? pattern : "", near ? ", did you mean '" : "", near ? near : "",
				     near ? "'?" : "");
		}
		s->spec->streams |= found;
	}
	return s->spec->streams ? 0 : WRONG(s, "streams", "none of the plugin's streams is meant");
}

static int read_plugin(struct start *s, const char *name)
{
	char why[256];
	s->spec->plugin = shelf_plugin(s->shelf, name, why, sizeof(why));
	return s->spec->plugin ? read_streams(s) : WRONG(s, "plugin", "%s", why);
}

static int read_duration(const struct start *s)
{
	const json_t *d = json_object_get(s->body, "duration");
	double seconds = json_number_value(d);
	if (!d || json_is_null(d))
		return 0;
	if (!json_is_number(d) || seconds < 0.1 || seconds > DURATION_MAX_S)
		return wrong_type(s, "duration", "a number of seconds from 0.1 to 604800");
	s->spec->duration_ms = (uint64_t)(seconds * 1000);
	return 0;
}

static int read_filter(struct start *s)
{
	const json_t *f = json_object_get(s->body, "filter");
	const char *text = json_string_value(f);
	if (f && !json_is_null(f) && !text)
		return wrong_type(s, "filter", "a text");
	int err = text && *text ? add_where(s, "filter", text) : 0;
	if (err || !s->where.len)
		return err;
	buf_char(&s->where, '\0');
	s->spec->filter = s->where.failed ? NULL : strdup(s->where.data);
	return s->spec->filter ? 0 : -ENOMEM;
}

int start_parse(const struct shelf *shelf, const json_t *body, struct job_spec *spec, struct start_view *view,
		struct config_error *error)
{
	static const char *const members[] = {"tool",   "plugin", "streams",  "options",
					      "target", "filter", "duration", "label"};
	struct start s = {shelf, body, spec, view, error, {0}, 0};
	const char *tool = json_string_value(json_object_get(body, "tool"));
	const char *plugin = json_string_value(json_object_get(body, "plugin"));
	const char *label = json_string_value(json_object_get(body, "label"));
	*spec = (struct job_spec){0};
	*view = (struct start_view){0};
	int err = check_members(&s, body, members, sizeof(members) / sizeof(members[0]));
	if (!err && !tool == !plugin)
		err = WRONG(&s, "tool", "either a tool or a plugin is to be named");
	if (!err && tool && json_object_get(body, "streams"))
		err = WRONG(&s, "streams", "a tool has its own");
	if (!err)
		err = tool ? read_tool(&s, tool) : read_plugin(&s, plugin);
	if (!err)
		err = read_options(&s);
	if (!err)
		err = read_target(&s);
	if (!err)
		err = read_duration(&s);
	if (!err)
		err = read_filter(&s);
	if (!err && label && !(spec->label = strndup(label, 64)))
		err = -ENOMEM;
	buf_free(&s.where);
	return err;
}

void start_view_free(struct start_view *v)
{
	free(v->key);
	free(v->sort);
}

/* ---- lists of streams, filters of what is shown ---- */

static void want(void *context, const struct shelf_plugin *plugin, uint32_t stream)
{
	((bool *)context)[plugin->streams[stream]->id] = true;
}

int start_wants(const struct shelf *shelf, const char *text, bool **wants, char *why, size_t why_size)
{
	*wants = calloc(shelf->schema.n_streams + 1, sizeof(bool));
	if (!*wants)
		return -ENOMEM;
	int err = text ? 0 : shelf_each(shelf, "*", want, *wants, why, why_size);
	while (text && *text && !err) {
		char name[64];
		size_t n = strcspn(text, ",");
		snprintf(name, sizeof(name), "%.*s", (int)n, text);
		err = shelf_each(shelf, name, want, *wants, why, why_size);
		text += n + (text[n] == ',');
	}
	return err;
}

int start_filter(const struct shelf *shelf, const bool *wants, const char *text, struct filter **out,
		 struct config_error *error)
{
	const struct stream **streams = calloc(shelf->schema.n_streams + 1, sizeof(*streams));
	struct filter_error wrong;
	uint32_t n = 0;
	*out = NULL;
	for (uint32_t i = 0; streams && i < shelf->schema.n_streams; i++)
		if (wants[i] && shelf->schema.streams[i])
			streams[n++] = shelf->schema.streams[i];
	int err = !streams ? -ENOMEM : text && n ? filter_compile(out, text, NULL, streams, n, NULL, &wrong) : 0;
	if (err == -EINVAL)
		config_error_at(error, "filter", wrong.line, wrong.column, "%s", wrong.text);
	free(streams);
	return err;
}
