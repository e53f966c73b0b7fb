/* SPDX-License-Identifier: MIT */
/* Annotations that the Lua language server reads: what the API is, and a class for each stream. */
#include <errno.h>
#include <string.h>

#include "impl.h"

static const char api[] =
	"---@meta\n"
	"-- Eunomia's API for Lua: written by `eunomia list lua`, read by editors, never run.\n"
	"\n"
	"---@alias Severity \"emergency\"|\"alert\"|\"critical\"|\"error\"|\"warning\"|\"notice\"|\"informational\"|"
	"\"debug\"\n"
	"---@alias Key string|number|boolean|nil\n"
	"\n"
	"---@class Rule\n"
	"---@field name string\n"
	"---@field on string|string[] streams\n"
	"---@field message string with {field}\n"
	"---@field where? string\n"
	"---@field when? fun(ev: Event): boolean? asked for events that passed where\n"
	"---@field severity? Severity\n"
	"---@field key? string|string[] fields that events of one kind agree in\n"
	"---@field window? string|number\n"
	"---@field tags? string|string[]\n"
	"---@field description? string\n"
	"---@field cost? string what it costs others: told when it is on\n"
	"---@field number? integer\n"
	"---@field enabled? boolean\n"
	"---@field actions? string|string[]\n"
	"---@param r Rule\n"
	"function rule(r) end\n"
	"\n"
	"---@param streams string|string[]\n"
	"---@param options {where: string}\n"
	"---@param fn fun(ev: Event)\n"
	"---@overload fun(streams: string|string[], fn: fun(ev: Event))\n"
	"function on(streams, options, fn) end\n"
	"\n"
	"---@param period string|number \"5s\"\n"
	"---@param fn fun()\n"
	"function every(period, fn) end\n"
	"\n"
	"---@class Alert\n"
	"---@field message string\n"
	"---@field rule? string\n"
	"---@field severity? Severity\n"
	"---@field tags? string[]\n"
	"---@field event? Event\n"
	"---@field fields? table\n"
	"---@param a Alert\n"
	"function alert(a) end\n"
	"\n"
	"---@param stream string\n"
	"---@param fields table\n"
	"function emit(stream, fields) end\n"
	"function log(...) end\n"
	"---@return integer ns boot clock\n"
	"function now() end\n"
	"---@type table plain data that survives a reload\n"
	"state = {}\n"
	"\n"
	"---@class CountWithin\n"
	"local CountWithin = {}\n"
	"---@param key Key\n"
	"---@param n? integer\n"
	"---@return integer\n"
	"function CountWithin:add(key, n) end\n"
	"---@param key Key\n"
	"---@return integer\n"
	"function CountWithin:count(key) end\n"
	"---@param key Key\n"
	"function CountWithin:forget(key) end\n"
	"---@param span string|number\n"
	"---@param options? {keys: integer}\n"
	"---@return CountWithin\n"
	"function count_within(span, options) end\n"
	"\n"
	"---@class DistinctWithin\n"
	"local DistinctWithin = {}\n"
	"---@param key Key\n"
	"---@param value Key\n"
	"---@return integer\n"
	"function DistinctWithin:add(key, value) end\n"
	"---@param key Key\n"
	"---@return integer\n"
	"function DistinctWithin:count(key) end\n"
	"---@param key Key\n"
	"function DistinctWithin:forget(key) end\n"
	"---@param span string|number\n"
	"---@param options? {keys: integer, values: integer}\n"
	"---@return DistinctWithin\n"
	"function distinct_within(span, options) end\n"
	"\n"
	"---@class Sequence\n"
	"local Sequence = {}\n"
	"---@param key Key\n"
	"---@param step string\n"
	"---@return boolean whole\n"
	"function Sequence:step(key, step) end\n"
	"---@param key Key\n"
	"---@return string?\n"
	"function Sequence:at(key) end\n"
	"---@param key Key\n"
	"function Sequence:forget(key) end\n"
	"---@param span string|number\n"
	"---@param steps string[]\n"
	"---@param options? {keys: integer}\n"
	"---@return Sequence\n"
	"function sequence(span, steps, options) end\n"
	"\n"
	"---@class Counter\n"
	"local Counter = {}\n"
	"---@param n? number\n"
	"function Counter:add(n, ...) end\n"
	"---@class Gauge\n"
	"local Gauge = {}\n"
	"---@param n number\n"
	"function Gauge:set(n, ...) end\n"
	"---@class Histogram\n"
	"local Histogram = {}\n"
	"---@param n number\n"
	"function Histogram:observe(n, ...) end\n"
	"metric = {}\n"
	"---@param name string\n"
	"---@param help? string\n"
	"---@param ... string labels\n"
	"---@return Counter\n"
	"function metric.counter(name, help, ...) end\n"
	"---@param name string\n"
	"---@param help? string\n"
	"---@param ... string labels\n"
	"---@return Gauge\n"
	"function metric.gauge(name, help, ...) end\n"
	"---@param name string\n"
	"---@param help? string\n"
	"---@param ... string labels\n"
	"---@return Histogram\n"
	"function metric.histogram(name, help, ...) end\n";

static const char methods[] = "local Event = {}\n"
			      "---@return table all fields, to be kept\n"
			      "function Event:copy() end\n"
			      "---@param field string\n"
			      "---@return string? as outputs write it\n"
			      "function Event:text(field) end\n"
			      "---@param field string\n"
			      "---@return string[]|integer[]|nil\n"
			      "function Event:list(field) end\n"
			      "---@param field string of flags or capabilities\n"
			      "---@param label string\n"
			      "---@return boolean\n"
			      "function Event:has(field, label) end\n";

static const char *const lua_types[EUN_TYPES] = {
	[EUN_U8] = "integer",          [EUN_U16] = "integer",    [EUN_U32] = "integer",    [EUN_U64] = "integer",
	[EUN_S8] = "integer",          [EUN_S16] = "integer",    [EUN_S32] = "integer",    [EUN_S64] = "integer",
	[EUN_BOOL] = "boolean",        [EUN_TIME] = "integer",   [EUN_CHARS] = "string",   [EUN_STRING] = "string",
	[EUN_STRINGS] = "string",      [EUN_PATH] = "string",    [EUN_IP] = "string",      [EUN_SOCKADDR] = "string",
	[EUN_ENUM] = "string|integer", [EUN_FLAGS] = "integer",  [EUN_ERRNO] = "integer",  [EUN_CAPS] = "integer",
	[EUN_BYTES] = "string",        [EUN_U64S] = "integer[]", [EUN_HIST] = "integer[]", [EUN_STACK] = "integer[]",
};

static void add_fields(struct buf *out, const struct field *fields, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct field *f = &fields[i];
		/* What may be unknown, or is not in each record. */
		bool optional = f->get || type_is_ref(f->type);
		buf_str(out, "---@field ");
		for (const char *c = f->name; *c; c++)
			buf_char(out, *c == '.' ? '_' : *c);
		buf_printf(out, "%s %s %s\n", optional ? "?" : "", lua_types[f->type], f->help ? f->help : "");
	}
}

int script_annotations(const struct schema *schema, struct buf *out)
{
	size_t start = out->len;
	buf_str(out, api);
	buf_str(out, "\n---@class Event\n");
	add_fields(out, header_fields, n_header_fields);
	add_fields(out, schema->computed, schema->n_computed);
	buf_str(out, methods);
	for (uint32_t i = 0; i < schema->n_streams; i++) {
		const struct stream *s = schema->streams[i];
		if (!s)
			continue;
		buf_printf(out, "\n---%s\n---@class %s: Event\n", s->help, s->name);
		add_fields(out, s->fields, s->n_fields);
	}
	return buf_commit(out, start);
}
