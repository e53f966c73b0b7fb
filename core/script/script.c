/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event/clock.h"

#include "impl.h"

static const struct script_limits defaults = {
	.memory = 16u << 20,
	.instructions = 1000000,
	.wall_ns = 15000000,
	.strikes = 3,
	.alerts = 1000,
};

static uint64_t boot_clock(void *context)
{
	(void)context;
	return clock_ns(CLOCK_BOOTTIME);
}

static int fail(struct config_error *error, const char *path, uint32_t line, const char *text)
{
	*error = (struct config_error){.line = line};
	snprintf(error->file, sizeof(error->file), "%s", path);
	snprintf(error->text, sizeof(error->text), "%s", text);
	return -EINVAL;
}

/* Lua says "FILE:LINE: what" of the file that is wrong, which may be one that was required. */
static int fail_lua(struct script *s, int status, struct config_error *error)
{
	char text[512];
	const char *message = lua_type(s->L, -1) == LUA_TSTRING ? lua_tostring(s->L, -1) : "an error that is no text";
	if (status == LUA_ERRMEM && !s->tripped) {
		snprintf(text, sizeof(text), "over its limit of memory (%llu bytes)",
			 (unsigned long long)s->limits.memory);
		return fail(error, s->path, 0, text);
	}
	char over[256];
	if (s->tripped) {
		snprintf(over, sizeof(over), "%s: over its limit of %s", s->where, s->tripped);
		message = over;
	}
	const char *at = strstr(message, ".lua:");
	char *end;
	unsigned long line = at ? strtoul(at + 5, &end, 10) : 0;
	if (!line || strncmp(end, ": ", 2) || at + 4 - message >= (ptrdiff_t)sizeof(error->file))
		return fail(error, s->path, 0, message);
	fail(error, "", (uint32_t)line, end + 2);
	memcpy(error->file, message, (size_t)(at + 4 - message));
	return -EINVAL;
}

static int open_state(lua_State *L)
{
	sandbox_open(L);
	declare_open(L);
	report_open(L);
	windows_open(L);
	metric_open(L);
	require_open(L);
	lua_newtable(L);
	lua_setglobal(L, "state");
	lua_pushinteger(L, 1);
	lua_setglobal(L, "API");
	return 0;
}

static int make_state(struct script *s)
{
	s->L = lua_newstate(limits_alloc, s);
	if (!s->L)
		return -ENOMEM;
	*(struct script **)lua_getextraspace(s->L) = s;
	if (!lua_checkstack(s->L, EVENTS + LUA_MINSTACK))
		return -ENOMEM;
	int err = events_open(s);
	if (err)
		return err;
	lua_pushcfunction(s->L, open_state);
	return lua_pcall(s->L, 0, 0, 0) == LUA_OK ? 0 : -ENOMEM;
}

static int run_chunk(struct script *s, struct config_error *error)
{
	uint32_t line = 0;
	char chunk[sizeof(error->file) + 1];
	snprintf(chunk, sizeof(chunk), "@%s", s->path);
	int err = source_read(s->path, &s->sources, &line);
	if (err == -EFBIG)
		return fail(error, s->path, 0, "a script has at most 1 MiB");
	if (err == -ENOEXEC)
		return fail(error, s->path, 0, "bytecode is not run: give the script's text");
	if (err == -EILSEQ)
		return fail(error, s->path, line, "not UTF-8");
	if (err) {
		fail(error, s->path, 0, strerror(-err));
		return err;
	}
	limits_begin(s);
	limits_enter(s, s->L);
	int status = luaL_loadbufferx(s->L, s->sources.data ? s->sources.data : "", s->sources.len, chunk, "t");
	if (status == LUA_OK)
		status = lua_pcall(s->L, 0, 0, 0);
	s->running = NULL;
	if (status != LUA_OK || s->tripped)
		return fail_lua(s, status, error);
	s->loaded = true;
	return 0;
}

int script_open(struct script **out, const char *path, const struct script_limits *limits,
		const struct script_host *host, struct config_error *error)
{
	struct script *s = calloc(1, sizeof(*s));
	const char *slash = strrchr(path, '/');
	int err = -ENOMEM;
	if (!s || !(s->path = strdup(path)) || !(s->name = strdup(slash ? slash + 1 : path)))
		goto fail;
	s->host = *host;
	s->limits = limits ? *limits : defaults;
#define OR_DEFAULT(member) s->limits.member = s->limits.member ? s->limits.member : defaults.member
	OR_DEFAULT(memory);
	OR_DEFAULT(instructions);
	OR_DEFAULT(wall_ns);
	OR_DEFAULT(strikes);
	OR_DEFAULT(alerts);
	s->hooks = s->limits.instructions != SCRIPT_UNLIMITED;
	s->count = LIMITS_COUNT;
	s->text.limit = TEXT_MAX;
	if (!s->host.now)
		s->host.now = boot_clock;
	s->now = s->host.now(s->host.context);
	s->seed = s->now * 0x9e3779b97f4a7c15ull ^ (uintptr_t)s;
	err = make_state(s);
	if (!err)
		err = run_chunk(s, error);
	else
		fail(error, path, 0, "no memory for a state of Lua, or its limit is too low");
	if (!err) {
		*out = s;
		return 0;
	}
fail:
	if (!s || !s->name)
		fail(error, path, 0, "no memory");
	script_close(s);
	return err;
}

static void unbind(struct script *s)
{
	for (size_t i = 0; i < s->n_handlers; i++) {
		filter_destroy(s->handlers[i].filter);
		s->handlers[i].filter = NULL;
	}
	for (uint32_t i = 0; i < s->n_wanted; i++)
		free(s->wanted[i]);
	free(s->wanted);
	s->wanted = NULL;
	s->n_wanted = 0;
}

void script_close(struct script *s)
{
	if (!s)
		return;
	if (s->L)
		lua_close(s->L);
	unbind(s);
	for (size_t i = 0; i < s->n_handlers; i++) {
		free(s->handlers[i].streams);
		free(s->handlers[i].where);
	}
	for (size_t i = 0; i < s->n_names; i++)
		free((char *)s->names[i]);
	free(s->names);
	free(s->handlers);
	free(s->timers);
	free(s->whens);
	events_close(s);
	metrics_free(s->metrics);
	buf_free(&s->sources);
	buf_free(&s->text);
	free(s->name);
	free(s->path);
	free(s);
}

const char *script_name(const struct script *s)
{
	return s->name;
}

size_t script_streams(const struct script *s, const char *const **names)
{
	*names = s->names;
	return s->n_names;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool has_word(const struct buf *text, const char *word)
{
	size_t n = strlen(word);
	const char *at = text->data, *end = text->data + text->len;
	while (at && (at = memmem(at, (size_t)(end - at), word, n))) {
		if ((at == text->data || !is_word(at[-1])) && (at + n == end || !is_word(at[n])))
			return true;
		at++;
	}
	return false;
}

bool script_names(const struct script *s, const char *field)
{
	char identifier[64];
	snprintf(identifier, sizeof(identifier), "%s", field);
	char *dot = strchr(identifier, '.');
	if (dot)
		*dot = '_';
	return has_word(&s->sources, field) || has_word(&s->sources, identifier);
}

static bool has_glob(const char *name)
{
	return name[strcspn(name, "*?[")] != '\0';
}

/* A stream that its own plugin doesn't have is a mistake; that of a plugin that isn't there is not. */
static int check_stream(const struct script *s, const struct handler *h, const char *name, const struct schema *schema,
			struct config_error *error)
{
	char text[256];
	size_t n = 0, plugin = strcspn(name, ".");
	const char **names = calloc(schema->n_streams + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	bool there = false;
	for (uint32_t i = 0; i < schema->n_streams; i++) {
		const struct stream *stream = schema->streams[i];
		if (!stream)
			continue;
		names[n++] = stream->name;
		there |= strlen(stream->plugin) == plugin && !strncmp(stream->plugin, name, plugin);
	}
	const char *nearest = nearest_name(name, names, n);
	free(names);
	if (!there || has_glob(name))
		return 0;
	snprintf(text, sizeof(text), "unknown stream '%.64s'%s%s%s", name, nearest ? " (did you mean '" : "",
		 nearest ? nearest : "", nearest ? "'?)" : "");
	return fail(error, s->path, (uint32_t)h->line, text);
}

/* The streams that a handler names: as many into `out` as the schema has. */
static int resolve(const struct script *s, const struct handler *h, const struct schema *schema,
		   const struct stream **out, uint32_t *n, struct config_error *error)
{
	*n = 0;
	for (size_t j = 0; j < h->n_streams; j++) {
		bool found = false;
		for (uint32_t i = 0; i < schema->n_streams; i++)
			found |= schema->streams[i] && !fnmatch(h->streams[j], schema->streams[i]->name, 0);
		int err = found ? 0 : check_stream(s, h, h->streams[j], schema, error);
		if (err)
			return err;
	}
	for (uint32_t i = 0; i < schema->n_streams; i++) {
		bool wanted = false;
		for (size_t j = 0; schema->streams[i] && j < h->n_streams; j++)
			wanted |= !fnmatch(h->streams[j], schema->streams[i]->name, 0);
		if (wanted)
			out[(*n)++] = schema->streams[i];
	}
	return 0;
}

static int want(struct script *s, uint16_t stream, size_t handler)
{
	size_t n = 0;
	while (s->wanted[stream] && s->wanted[stream][n] >= 0)
		n++;
	int *grown = realloc(s->wanted[stream], (n + 2) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[n] = (int)handler;
	grown[n + 1] = -1;
	s->wanted[stream] = grown;
	return 0;
}

static int bind_handler(struct script *s, size_t i, const struct schema *schema, const struct stream **streams,
			struct config_error *error)
{
	struct handler *h = &s->handlers[i];
	struct filter_source source = {.name = s->name, .line = (uint32_t)h->line, .column = 1};
	struct filter_error wrong = {0};
	uint32_t n;
	int err = resolve(s, h, schema, streams, &n, error);
	if (!err && n && h->where)
		err = filter_compile(&h->filter, h->where, &source, streams, n, s->host.defs, &wrong);
	if (err == -EINVAL && wrong.line) {
		char text[400];
		snprintf(text, sizeof(text), "where: %s", wrong.text);
		fail(error, s->path, wrong.line, text);
		error->column = wrong.column;
	}
	for (uint32_t j = 0; !err && j < n; j++)
		err = want(s, streams[j]->id, i);
	return err;
}

int script_bind(struct script *s, const struct schema *schema, struct config_error *error)
{
	unbind(s);
	events_forget(s);
	*error = (struct config_error){0};
	s->schema = schema;
	s->wanted = calloc(schema->n_streams + 1, sizeof(*s->wanted));
	const struct stream **streams = calloc(schema->n_streams + 1, sizeof(*streams));
	int err = s->wanted && streams ? 0 : -ENOMEM;
	s->n_wanted = s->wanted ? schema->n_streams : 0;
	for (size_t i = 0; !err && i < s->n_handlers; i++)
		err = bind_handler(s, i, schema, streams, error);
	free(streams);
	if (err == -ENOMEM)
		fail(error, s->path, 0, "no memory");
	if (err)
		unbind(s);
	return err;
}

bool script_wants(const struct script *s, uint16_t stream)
{
	return stream < s->n_wanted && s->wanted[stream] && !s->stopped;
}

size_t script_filters(const struct script *s, uint16_t stream, const struct filter **out, size_t most)
{
	size_t n = 0;
	for (const int *i = script_wants(s, stream) ? s->wanted[stream] : NULL; i && *i >= 0; i++, n++)
		if (n < most)
			out[n] = s->handlers[*i].filter;
	return n;
}

static bool call_event(struct script *s, int function, const struct view *view, int results)
{
	s->now = view->rec->time;
	lua_rawgeti(s->L, FUNCTIONS_AT, function);
	event_push(s, view);
	bool fine = limits_call(s, 1, results, view->stream->name);
	event_end(s);
	return fine;
}

void script_event(struct script *s, const struct view *view)
{
	if (!script_wants(s, view->stream->id))
		return;
	for (const int *i = s->wanted[view->stream->id]; *i >= 0 && !s->stopped; i++) {
		const struct handler *h = &s->handlers[*i];
		if (!h->filter || filter_match(h->filter, view))
			call_event(s, h->function, view, 0);
	}
}

bool script_has_when(const struct script *s, size_t rule)
{
	return rule < s->n_whens && s->whens[rule];
}

bool script_when(struct script *s, size_t rule, const struct view *view)
{
	if (s->stopped || !script_has_when(s, rule) || !call_event(s, s->whens[rule], view, 1))
		return false;
	bool yes = lua_toboolean(s->L, -1);
	lua_pop(s->L, 1);
	return yes;
}

void script_tick(struct script *s, uint64_t now)
{
	s->now = now;
	for (size_t i = 0; i < s->n_timers && !s->stopped; i++) {
		struct timer *t = &s->timers[i];
		if (!t->due) {
			t->due = now + t->period;
		} else if (now >= t->due) {
			t->due = now - t->due > t->period ? now + t->period : t->due + t->period;
			lua_rawgeti(s->L, FUNCTIONS_AT, t->function);
			limits_call(s, 0, 0, "every");
		}
	}
}

void script_stats(const struct script *s, struct script_stats *out)
{
	*out = s->stats;
	out->memory = s->memory;
	out->memory_most = s->memory_most;
	out->stopped = s->stopped;
}
