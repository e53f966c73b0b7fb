/* SPDX-License-Identifier: MIT */
/*
 * Events as Lua sees them: a userdata whose fields are read from the record when they are asked for. What a name means
 * in a stream is remembered by the address of Lua's one copy of it; texts that were seen lately are not made again.
 */
#include <errno.h>
#include <stdlib.h>

#include "event/address.h"
#include "event/layout.h"
#include "event/names.h"
#include "event/writer.h"
#include "impl.h"

/* Of the closure of __index: what it reads without a look at the registry. */
#define STRINGS_UP lua_upvalueindex(1)
#define METHODS_UP lua_upvalueindex(2)
#define NAMES_UP lua_upvalueindex(3)

/* How a field becomes a Lua value. */
enum kind { NUMBER_8, NUMBER_16, NUMBER_32, NUMBER_64, SIGNED_32, CHARS, TEXT, GENERAL, METHOD, ABSENT };

struct cached_field {
	const char *name; /* Lua's, kept alive by the table of names */
	const struct stream *stream;
	const struct field *field;
	enum kind kind;
	uint32_t offset, size;
};

/* What one event was read as by the script, in one table: the metatable's name. */
#define EVENT_TYPE "event"

static uint64_t hash_text(const char *s, uint32_t len)
{
	uint64_t h = len * 0x9e3779b97f4a7c15ull, w = 0;
	for (; len >= 8; s += 8, len -= 8) {
		memcpy(&w, s, 8);
		h = (h ^ w) * 0x9fb21c651e98df25ull;
		h ^= h >> 32;
	}
	w = 0;
	memcpy(&w, s, len);
	h = (h ^ w) * 0x9fb21c651e98df25ull;
	return h ^ h >> 29;
}

/* Texts come again and again: those are found by their bytes. `table`: where the stack has what keeps them alive. */
static void push_text(lua_State *L, int table, const char *s, uint32_t len)
{
	if (len > STRING_CACHED_MAX) {
		lua_pushlstring(L, s, len);
		return;
	}
	unsigned i = hash_text(s, len) % STRINGS;
	struct cached_string *c = &script_of(L)->strings[i];
	if (c->s && c->len == len && !memcmp(c->s, s, len)) {
		lua_rawgeti(L, table, (lua_Integer)i + 1);
		return;
	}
	c->s = NULL; /* the next line may fail */
	const char *made = lua_pushlstring(L, s, len);
	lua_pushvalue(L, -1);
	lua_rawseti(L, table, (lua_Integer)i + 1);
	c->s = made;
	c->len = len;
}

static void push_u64s(lua_State *L, const struct value *v, bool until_zero)
{
	uint32_t n = u64s_count(v);
	lua_createtable(L, (int)n, 0);
	for (uint32_t i = 0; i < n && (u64s_at(v, i) || !until_zero); i++) {
		lua_pushinteger(L, (lua_Integer)u64s_at(v, i));
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

/* Arguments joined by one space, as filters compare them. */
static void push_joined(lua_State *L, int table, const struct value *v)
{
	struct buf *text = &script_of(L)->text;
	const char *word;
	size_t n;
	text->len = 0;
	for (uint32_t at = 0; strings_next(v, &at, &word, &n);) {
		if (word != v->ptr)
			buf_char(text, ' ');
		buf_add(text, word, n);
	}
	if (buf_commit(text, 0))
		luaL_error(L, "no memory");
	push_text(L, table, text->data ? text->data : "", (uint32_t)text->len);
}

static void push_made(lua_State *L, int table, const struct buf *text)
{
	push_text(L, table, text->data ? text->data : "", (uint32_t)text->len);
}

static void push_address(lua_State *L, int table, const struct field *f, const struct value *v)
{
	struct buf *text = &script_of(L)->text;
	struct eun_sockaddr addr = {0};
	text->len = 0;
	memcpy(&addr, v->ptr, f->type == EUN_IP ? sizeof(addr.addr) : sizeof(addr));
	if (f->type == EUN_IP)
		address_text(text, &addr.addr, 0);
	else
		address_sockaddr(text, &addr);
	push_made(L, table, text);
}

static void push_enum(lua_State *L, int table, const struct field *f, uint64_t n)
{
	for (const struct eun_label *l = f->labels; l && l->name; l++) {
		if (l->value == n) {
			push_text(L, table, l->name, (uint32_t)strlen(l->name));
			return;
		}
	}
	lua_pushinteger(L, (lua_Integer)n);
}

/* Any field; nil where the event has no value. */
static void push_field(lua_State *L, int table, const struct view *view, const struct field *f)
{
	struct value v;
	if (!view_read(view, f, &v)) {
		lua_pushnil(L);
		return;
	}
	switch (f->type) {
	case EUN_S8:
	case EUN_S16:
	case EUN_S32:
	case EUN_S64:
	case EUN_ERRNO:
		lua_pushinteger(L, v.s);
		break;
	case EUN_BOOL:
		lua_pushboolean(L, v.u != 0);
		break;
	case EUN_CHARS:
	case EUN_STRING:
	case EUN_PATH:
	case EUN_BYTES:
		push_text(L, table, v.ptr ? v.ptr : "", v.len);
		break;
	case EUN_STRINGS:
		push_joined(L, table, &v);
		break;
	case EUN_IP:
	case EUN_SOCKADDR:
		push_address(L, table, f, &v);
		break;
	case EUN_ENUM:
		push_enum(L, table, f, v.u);
		break;
	case EUN_U64S:
	case EUN_HIST:
	case EUN_STACK:
		push_u64s(L, &v, f->type == EUN_STACK);
		break;
	default:
		lua_pushinteger(L, (lua_Integer)v.u);
	}
}

static enum kind kind_of(const struct field *f)
{
	if (f->get)
		return GENERAL;
	switch (f->type) {
	case EUN_CHARS:
		return CHARS;
	case EUN_STRING:
	case EUN_PATH:
		return TEXT;
	case EUN_S32:
	case EUN_ERRNO:
		return f->size == 4 ? SIGNED_32 : GENERAL;
	case EUN_U8:
	case EUN_U16:
	case EUN_U32:
	case EUN_U64:
	case EUN_TIME:
	case EUN_FLAGS:
	case EUN_CAPS:
		return f->size == 1 ? NUMBER_8 : f->size == 2 ? NUMBER_16 : f->size == 4 ? NUMBER_32 : NUMBER_64;
	default:
		return GENERAL;
	}
}

/* Also as an identifier: parent_exe for parent.exe. */
static const struct field *find_field(const struct stream *stream, const char *name)
{
	const struct field *f = stream_field(stream, name);
	char dotted[64];
	char *underscore;
	if (f || strlen(name) >= sizeof(dotted))
		return f;
	strcpy(dotted, name);
	if (!(underscore = strchr(dotted, '_')))
		return NULL;
	*underscore = '.';
	return stream_field(stream, dotted);
}

/* In another stream of the schema: then it is no mistake to ask. */
static bool known_elsewhere(const struct schema *schema, const char *name)
{
	for (uint32_t i = 0; schema && i < schema->n_streams; i++)
		if (schema->streams[i] && find_field(schema->streams[i], name))
			return true;
	return false;
}

static int unknown_field(lua_State *L, const struct stream *stream, const char *name)
{
	const char *names[256];
	size_t n = stream_names(&stream, 1, names, 256);
	const char *nearest = nearest_name(name, names, n < 256 ? n : 256);
	return luaL_error(L, "%s has no field '%s'%s%s%s", stream->name, name, nearest ? " (did you mean '" : "",
			  nearest ? nearest : "", nearest ? "'?)" : "");
}

static void __attribute__((noinline))
fill(lua_State *L, struct cached_field *c, const struct stream *stream, const char *name)
{
	c->name = NULL;
	lua_pushvalue(L, 2);
	bool method = lua_rawget(L, METHODS_UP) != LUA_TNIL;
	lua_pop(L, 1);
	const struct field *f = method ? NULL : find_field(stream, name);
	if (!method && !f && !known_elsewhere(stream->schema, name))
		unknown_field(L, stream, name);
	*c = (struct cached_field){NULL, stream, f, ABSENT, 0, 0};
	if (f)
		*c = (struct cached_field){NULL, stream, f, kind_of(f), f->offset, f->size};
	else if (method)
		c->kind = METHOD;
	/* The name lives as long as the cache: its address means nothing else. */
	lua_pushvalue(L, 2);
	lua_pushboolean(L, 1);
	lua_rawset(L, NAMES_UP);
	c->name = name;
}

#define LOAD(type)                                                          \
	do {                                                                \
		type n;                                                     \
		memcpy(&n, (const char *)view->rec + c->offset, sizeof(n)); \
		lua_pushinteger(L, (lua_Integer)n);                         \
	} while (0)

/* What view_read() does with a reference to a text. */
static void push_reference(lua_State *L, const struct view *view, uint32_t offset)
{
	uint32_t ref;
	memcpy(&ref, (const char *)view->rec + offset, sizeof(ref));
	uint32_t off = EUN_REF_OFF(ref), len = EUN_REF_LEN(ref);
	if (!off || off > view->len || len > view->len - off)
		lua_pushnil(L);
	else
		push_text(L, STRINGS_UP, (const char *)view->rec + off, len);
}

/* Nobody but Lua calls it, and only with an event. */
static int event_index(lua_State *L)
{
	const struct event *event = lua_touserdata(L, 1);
	const struct view *view = event->view;
	if (__builtin_expect(!view, 0))
		return luaL_error(L, "stale event: use ev:copy()");
	const char *name = lua_tostring(L, 2); /* of a number too: it is no field's */
	if (__builtin_expect(!name, 0))
		return luaL_error(L, "an event's field is named by a text, not by a %s", luaL_typename(L, 2));
	uintptr_t h = (uintptr_t)name >> 4;
	struct cached_field *c = &script_of(L)->fields[(h ^ h >> 8 ^ view->stream->id * 37u) % FIELDS];
	if (__builtin_expect(c->name != name || c->stream != view->stream, 0))
		fill(L, c, view->stream, name);
	switch (c->kind) {
	case NUMBER_8:
		LOAD(uint8_t);
		break;
	case NUMBER_16:
		LOAD(uint16_t);
		break;
	case NUMBER_32:
		LOAD(uint32_t);
		break;
	case NUMBER_64:
		LOAD(uint64_t);
		break;
	case SIGNED_32:
		LOAD(int32_t);
		break;
	case TEXT:
		push_reference(L, view, c->offset);
		break;
	case CHARS: {
		const char *s = (const char *)view->rec + c->offset;
		push_text(L, STRINGS_UP, s, (uint32_t)strnlen(s, c->size));
		break;
	}
	case GENERAL:
		push_field(L, STRINGS_UP, view, c->field);
		break;
	case METHOD:
		lua_rawget(L, METHODS_UP);
		break;
	case ABSENT:
		lua_pushnil(L);
		break;
	}
	return 1;
}

const struct view *event_check(lua_State *L, int index)
{
	const struct event *event = luaL_checkudata(L, index, EVENT_TYPE);
	if (!event->view)
		luaL_error(L, "stale event: use ev:copy()");
	return event->view;
}

static const struct field *check_field(lua_State *L, const struct view *view, int index)
{
	const char *name = luaL_checkstring(L, index);
	const struct field *f = find_field(view->stream, name);
	if (!f && !known_elsewhere(view->stream->schema, name))
		unknown_field(L, view->stream, name);
	return f;
}

static void copy_fields(lua_State *L, const struct view *view, const struct field *fields, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (stream_field(view->stream, fields[i].name) != &fields[i])
			continue;
		lua_pushstring(L, fields[i].name);
		push_field(L, lua_upvalueindex(1), view, &fields[i]);
		lua_rawset(L, -3);
	}
}

/* ev:copy(): a table with all fields that have a value. */
static int event_copy(lua_State *L)
{
	const struct view *view = event_check(L, 1);
	const struct stream *s = view->stream;
	lua_createtable(L, 0, (int)(s->n_fields + n_header_fields));
	copy_fields(L, view, header_fields, n_header_fields);
	copy_fields(L, view, s->fields, s->n_fields);
	if (s->schema)
		copy_fields(L, view, s->schema->computed, s->schema->n_computed);
	return 1;
}

/* ev:text("flags"): as every output writes it. */
static int event_text(lua_State *L)
{
	const struct view *view = event_check(L, 1);
	const struct field *f = check_field(L, view, 2);
	struct buf *text = &script_of(L)->text;
	struct value v;
	if (!f || !view_read(view, f, &v))
		return 0;
	text->len = 0;
	if (value_text(view, f, 0, text))
		return luaL_error(L, "no memory");
	push_made(L, lua_upvalueindex(1), text);
	return 1;
}

/* ev:list("argv"): the texts, or numbers, of a field one by one. */
static int event_list(lua_State *L)
{
	const struct view *view = event_check(L, 1);
	const struct field *f = check_field(L, view, 2);
	struct value v;
	const char *word;
	size_t n;
	if (!f || !view_read(view, f, &v))
		return 0;
	if (f->type != EUN_STRINGS) {
		push_field(L, lua_upvalueindex(1), view, f);
		if (lua_istable(L, -1))
			return 1;
		lua_createtable(L, 1, 0);
		lua_insert(L, -2);
		lua_rawseti(L, -2, 1);
		return 1;
	}
	lua_newtable(L);
	lua_Integer i = 1;
	for (uint32_t at = 0; strings_next(&v, &at, &word, &n);) {
		lua_pushlstring(L, word, n);
		lua_rawseti(L, -2, i++);
	}
	return 1;
}

/* ev:has("flags", "O_CREAT"): all bits of that name are set. */
static int event_has(lua_State *L)
{
	const struct view *view = event_check(L, 1);
	const struct field *f = check_field(L, view, 2);
	const char *label = luaL_checkstring(L, 3);
	struct value v;
	uint64_t mask = 0;
	if (f && f->type != EUN_FLAGS && f->type != EUN_CAPS)
		return luaL_argerror(L, 2, "has() is for flags and capabilities");
	for (const struct eun_label *l = f ? f->labels : NULL; l && l->name && !mask; l++)
		mask = strcmp(l->name, label) ? 0 : l->value;
	for (unsigned bit = 0; f && f->type == EUN_CAPS && bit < 64 && cap_name(bit) && !mask; bit++)
		mask = strcmp(cap_name(bit), label) ? 0 : 1ull << bit;
	if (f && !mask)
		return luaL_error(L, "%s has no label '%s'", f->name, label);
	lua_pushboolean(L, f && view_read(view, f, &v) && (v.u & mask) == mask);
	return 1;
}

static int event_tostring(lua_State *L)
{
	const struct event *event = luaL_checkudata(L, 1, EVENT_TYPE);
	lua_pushfstring(L, "event of %s", event->view ? event->view->stream->name : "(stale)");
	return 1;
}

static int event_newindex(lua_State *L)
{
	return luaL_error(L, "an event can't be changed");
}

static int open_events(lua_State *L)
{
	static const luaL_Reg methods[] = {
		{"copy", event_copy}, {"text", event_text}, {"list", event_list}, {"has", event_has}, {NULL, NULL}};
	struct script *s = script_of(L);
	lua_newtable(L); /* the functions */
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, s);
	luaL_newmetatable(L, EVENT_TYPE);
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_createtable(L, STRINGS, 0);
	lua_newtable(L);
	lua_pushvalue(L, -2);
	luaL_setfuncs(L, methods, 1);
	lua_newtable(L);
	lua_pushcclosure(L, event_index, 3);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, event_tostring);
	lua_setfield(L, -2, "__tostring");
	lua_pushcfunction(L, event_newindex);
	lua_setfield(L, -2, "__newindex");
	for (int i = 0; i < EVENTS; i++) {
		s->events[i] = lua_newuserdatauv(L, sizeof(struct event), 0);
		s->events[i]->view = NULL;
		luaL_setmetatable(L, EVENT_TYPE);
		lua_insert(L, -2);
	}
	lua_pop(L, 1);
	return 1 + EVENTS;
}

/* Leaves the table of functions and the events on the main stack. */
int events_open(struct script *s)
{
	s->fields = calloc(FIELDS, sizeof(*s->fields));
	if (!s->fields)
		return -ENOMEM;
	lua_pushcfunction(s->L, open_events);
	return lua_pcall(s->L, 0, 1 + EVENTS, 0) == LUA_OK ? 0 : -ENOMEM;
}

void events_close(struct script *s)
{
	free(s->fields);
}

void events_forget(struct script *s)
{
	memset(s->fields, 0, FIELDS * sizeof(*s->fields));
}

void event_push(struct script *s, const struct view *view)
{
	s->events[s->at]->view = view;
	lua_pushvalue(s->L, EVENTS_AT + (int)s->at);
}

void event_end(struct script *s)
{
	s->events[s->at]->view = NULL;
	s->at = (s->at + 1) % EVENTS;
}
