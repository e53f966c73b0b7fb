/* SPDX-License-Identifier: MIT */
#include "plugin_check.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attach_row.h"
#include "metric_row.h"
#include "option.h"
#include "refuse.h"
#include "reserved.h"

#define LABELS_MAX 4096
#define NAME_MAX_BYTES 31
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A row of ABI 1.0 ends with its member `last`; later members come behind it. */
#define ROW(type, last) .least = offsetof(type, last) + sizeof(((type *)0)->last), .size = sizeof(type)
#define SOME(type, m) #m, offsetof(type, m), TEXT_SOME
#define ANY(type, m) #m, offsetof(type, m), TEXT
#define MAYBE(type, m) #m, offsetof(type, m), TEXT_OR_NULL

static const struct row_kind head_kind = {
	.texts = {{SOME(struct eun_plugin, name)},
		  {SOME(struct eun_plugin, version)},
		  {SOME(struct eun_plugin, license)},
		  {ANY(struct eun_plugin, help)}},
};
static const struct row_kind stream_kind = {
	.noun = "stream",
	.most = EUN_STREAMS_MAX,
	ROW(struct eun_stream, help),
	.unique = true,
	.texts = {{SOME(struct eun_stream, name)},
		  {ANY(struct eun_stream, columns)},
		  {MAYBE(struct eun_stream, role)},
		  {ANY(struct eun_stream, help)}},
};
static const struct row_kind field_kind = {
	.noun = "field",
	.most = 256,
	ROW(struct eun_field, help), /* stream_new() finds fields that are there twice */
	.texts = {{SOME(struct eun_field, name)}, {ANY(struct eun_field, help)}},
};
static const struct row_kind option_kind = {
	.noun = "option",
	.most = 256,
	ROW(struct eun_option, map),
	.unique = true,
	.texts = {{SOME(struct eun_option, key)},
		  {ANY(struct eun_option, def)},
		  {ANY(struct eun_option, help)},
		  {MAYBE(struct eun_option, var)},
		  {MAYBE(struct eun_option, map)}},
};
static const struct row_kind program_kind = {
	.noun = "program",
	.most = 1024,
	ROW(struct eun_program, choice),
	.texts = {{SOME(struct eun_program, name)},
		  {MAYBE(struct eun_program, at)},
		  {MAYBE(struct eun_program, option)},
		  {MAYBE(struct eun_program, rate)}},
};
static const struct row_kind aggregate_kind = {
	.noun = "aggregate",
	.most = 256,
	ROW(struct eun_aggregate, flags),
	.unique = true,
	.texts = {{SOME(struct eun_aggregate, map)}},
};
static const struct row_kind tool_kind = {
	.noun = "tool",
	.most = 256,
	ROW(struct eun_tool, key),
	.unique = true,
	.texts = {{SOME(struct eun_tool, name)},
		  {ANY(struct eun_tool, help)},
		  {MAYBE(struct eun_tool, where)},
		  {MAYBE(struct eun_tool, unless)},
		  {MAYBE(struct eun_tool, sort)},
		  {MAYBE(struct eun_tool, key)}},
};
static const struct row_kind column_kind = {
	.noun = "column",
	.most = 128,
	ROW(struct eun_column, divisor),
	.texts = {{SOME(struct eun_column, header)}, {SOME(struct eun_column, field)}},
};
static const struct row_kind tool_option_kind = {
	.noun = "option",
	.most = 128,
	ROW(struct eun_tool_option, columns),
	.unique = true,
	.texts = {{SOME(struct eun_tool_option, name)},
		  {MAYBE(struct eun_tool_option, value)},
		  {ANY(struct eun_tool_option, help)},
		  {MAYBE(struct eun_tool_option, where)},
		  {MAYBE(struct eun_tool_option, set)},
		  {MAYBE(struct eun_tool_option, columns)},
		  {MAYBE(struct eun_tool_option, key)},
		  {MAYBE(struct eun_tool_option, sort)},
		  {MAYBE(struct eun_tool_option, lists)}},
};

static const struct row_kind metric_kind = {
	.noun = "metric",
	.most = 256,
	ROW(struct eun_metric, flags),
	.unique = true,
	.texts = {{SOME(struct eun_metric, name)},
		  {SOME(struct eun_metric, help)},
		  {MAYBE(struct eun_metric, field)},
		  {MAYBE(struct eun_metric, sum)},
		  {MAYBE(struct eun_metric, labels)},
		  {MAYBE(struct eun_metric, where)}},
};

static const struct row_kind attach_kind = {
	.noun = "probe",
	.most = 1024,
	ROW(struct eun_attach, path),
	.texts = {{SOME(struct eun_attach, program)},
		  {SOME(struct eun_attach, file)},
		  {MAYBE(struct eun_attach, symbol)},
		  {MAYBE(struct eun_attach, probe)},
		  {MAYBE(struct eun_attach, option)},
		  {MAYBE(struct eun_attach, path)}},
};

/* The fields that a stream must have to play a role, each of one of some types. */
#define TYPE(type) (1u << (type))
#define INTEGERS                                                                                                       \
	(TYPE(EUN_U8) | TYPE(EUN_U16) | TYPE(EUN_U32) | TYPE(EUN_U64) | TYPE(EUN_S8) | TYPE(EUN_S16) | TYPE(EUN_S32) | \
	 TYPE(EUN_S64))
#define ENDS(role) /* of a connection */                                                    \
	{role, "sock", TYPE(EUN_U64), "u64"}, {role, "saddr", TYPE(EUN_IP), "ip"},          \
		{role, "sport", TYPE(EUN_U16), "u16"}, {role, "daddr", TYPE(EUN_IP), "ip"}, \
	{                                                                                   \
		role, "dport", TYPE(EUN_U16), "u16"                                         \
	}
static const struct {
	const char *role, *field;
	uint32_t types;
	const char *like;
} role_fields[] = {
	ENDS("connection.open"),
	{"connection.open", "ret", TYPE(EUN_ERRNO), "errno"},
	{"connection.open", "latency_ns", TYPE(EUN_U64), "u64"},
	ENDS("connection.accept"),
	ENDS("connection.close"),
	{"connection.close", "tx_bytes", TYPE(EUN_U64), "u64"},
	{"connection.close", "rx_bytes", TYPE(EUN_U64), "u64"},
	{"connection.close", "duration_ns", TYPE(EUN_U64), "u64"},
	ENDS("connection.retransmit"),
	{"connection.traffic", "saddr", TYPE(EUN_IP), "ip"},
	{"connection.traffic", "sport", TYPE(EUN_U16), "u16"},
	{"connection.traffic", "daddr", TYPE(EUN_IP), "ip"},
	{"connection.traffic", "dport", TYPE(EUN_U16), "u16"},
	{"connection.traffic", "tx_bytes", TYPE(EUN_U64), "u64"},
	{"connection.traffic", "rx_bytes", TYPE(EUN_U64), "u64"},
	{"process.exec", "exe", TYPE(EUN_PATH) | TYPE(EUN_STRING), "path"},
	{"process.exec", "argv", TYPE(EUN_STRINGS), "strings"},
	{"process.fork", "child_pid", TYPE(EUN_U32), "u32"},
	{"process.fork", "child_tid", TYPE(EUN_U32), "u32"},
	{"process.exit", "exit_code", INTEGERS, "s32"},
	{"seccomp.learn", "abi", TYPE(EUN_ENUM), "enum"},
	{"seccomp.learn", "nr", TYPE(EUN_U32), "u32"},
	{"seccomp.learn", "what", TYPE(EUN_ENUM), "enum"},
	{"seccomp.learn", "arg", TYPE(EUN_U8), "u8"},
	{"seccomp.learn", "value", TYPE(EUN_U32), "u32"},
	{"seccomp.denied", "abi", TYPE(EUN_ENUM), "enum"},
	{"seccomp.denied", "nr", TYPE(EUN_U32), "u32"},
};

struct check {
	struct plugin *plugin;
	const struct image *image;
	struct stream *streams[EUN_STREAMS_MAX];
	char *why;
	size_t why_size;
};

#define REFUSE(check, ...) refuse((check)->why, (check)->why_size, __VA_ARGS__)

static bool name_valid(const char *name, const char *more)
{
	size_t len = strlen(name);
	for (const char *p = name; *p; p++)
		if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && !strchr(more, *p))
			return false;
	return len && len <= NAME_MAX_BYTES;
}

static int head_check(struct check *c, const char *stem)
{
	const struct eun_plugin *abi = &c->plugin->abi;
	if (row_check(c->image, &head_kind, abi, "the plugin", c->why, c->why_size))
		return -EINVAL;
	if (!name_valid(abi->name, "_-"))
		return REFUSE(c, "the plugin's name '%s' is not 1 to %d of [a-z0-9_-]; rename it", abi->name,
			      NAME_MAX_BYTES);
	if (strcmp(abi->name, stem))
		return REFUSE(c, "the plugin in it is called %s; rename the file to %s.so", abi->name, abi->name);
	const struct {
		const char *name;
		uintptr_t address;
	} callbacks[] = {
		{"open", (uintptr_t)abi->open}, {"tick", (uintptr_t)abi->tick},   {"format", (uintptr_t)abi->format},
		{"stop", (uintptr_t)abi->stop}, {"close", (uintptr_t)abi->close},
	};
	for (size_t i = 0; i < COUNT(callbacks); i++)
		if (callbacks[i].address && !image_has(c->image, (const void *)callbacks[i].address, 1))
			return REFUSE(c, "its callback %s points outside the file; name a function of it or NULL",
				      callbacks[i].name);
	if (abi->tick && !abi->tick_ms)
		return REFUSE(c, "it has a tick callback and tick_ms 0; set the milliseconds between ticks");
	return 0;
}

static int object_check(struct check *c)
{
	const struct eun_plugin *abi = &c->plugin->abi;
	uintptr_t start = (uintptr_t)abi->object, end = (uintptr_t)abi->object_end;
	Elf64_Ehdr h;
	if (!start || end <= start)
		return REFUSE(c, "its BPF object is empty; embed it with EUN_OBJECT()");
	if (!image_has(c->image, abi->object, end - start))
		return REFUSE(c, "its BPF object is not in the file; embed it with EUN_OBJECT()");
	if (end - start < sizeof(h))
		return REFUSE(c, "its BPF object has %zu bytes, an ELF header alone has %zu; embed a .bpf.o",
			      (size_t)(end - start), sizeof(h));
	memcpy(&h, abi->object, sizeof(h));
	if (memcmp(h.e_ident, ELFMAG, SELFMAG) || h.e_ident[EI_CLASS] != ELFCLASS64)
		return REFUSE(c, "its BPF object is not a 64-bit ELF file; embed a .bpf.o");
	if (h.e_machine != EM_BPF)
		return REFUSE(c, "its BPF object is for machine %u, not for BPF (%u); compile it with -target bpf",
			      h.e_machine, EM_BPF);
	return 0;
}

/* The first of the streams that lacks a field of that name; with `any`, only when all do. NULL: none. */
static const struct stream *lacking(const struct check *c, uint64_t streams, const char *name, bool any)
{
	const struct stream *first = NULL;
	for (uint32_t i = 0; i < c->plugin->abi.streams.count; i++) {
		if (!(streams & EUN_BIT(i)))
			continue;
		if (!stream_field(c->streams[i], name))
			first = first ? first : c->streams[i];
		else if (any)
			return NULL;
	}
	return first;
}

enum list { LIST_COLUMNS = 1, LIST_SORT = 2 }; /* in one of the streams is enough; "-" may stand before a name */

/* Each name of a list "a,b" must be a field of the streams. */
static int list_check(struct check *c, uint64_t streams, const char *list, unsigned kind, const char *what,
		      const char *of)
{
	char name[64];
	for (const char *p = list; p && *p;) {
		if (kind & LIST_SORT && *p == '-')
			p++;
		size_t len = strcspn(p, ",");
		size_t kept = len < sizeof(name) ? len : sizeof(name) - 1;
		memcpy(name, p, kept);
		name[kept] = 0;
		const struct stream *without = lacking(c, streams, name, kind & LIST_COLUMNS);
		if (without)
			return REFUSE(c, "%s of %s: stream %s has no field '%s'; name one of its fields", what, of,
				      without->name, name);
		p += len + (p[len] == ',');
	}
	return 0;
}

static int labels_check(struct check *c, const char *stream, const struct eun_field *field)
{
	const struct eun_label *l = field->labels;
	for (uint32_t i = 0; l; i++, l++) {
		if (i > LABELS_MAX || !image_has(c->image, l, sizeof(*l)))
			return REFUSE(c, "the labels of field %s.%s have no end; close the table with name NULL",
				      stream, field->name);
		if (!l->name)
			break;
		if (!image_has_text(c->image, l->name))
			return REFUSE(c, "label %u of field %s.%s points outside the file; give it a string constant",
				      i, stream, field->name);
	}
	return 0;
}

static int role_check(struct check *c, const struct stream *s)
{
	for (size_t i = 0; s->role && i < COUNT(role_fields); i++) {
		if (strcmp(s->role, role_fields[i].role))
			continue;
		const struct field *f = stream_field(s, role_fields[i].field);
		if (!f || !(TYPE(f->type) & role_fields[i].types))
			return REFUSE(c, "stream %s has the role %s, which needs a field '%s' of type %s; add it",
				      s->name, s->role, role_fields[i].field, role_fields[i].like);
	}
	return 0;
}

static int stream_check(struct check *c, uint32_t i)
{
	const struct eun_stream *row = &c->plugin->streams[i];
	const char *plugin = c->plugin->abi.name;
	size_t len = strlen(plugin);
	if (strncmp(row->name, plugin, len) || row->name[len] != '.')
		return REFUSE(c, "stream %s: its name must start with '%s.'; rename it", row->name, plugin);
	struct eun_field *fields = rows_copy(c->image, &field_kind, &row->fields, row->name, c->why, c->why_size);
	int err = fields ? 0 : -EINVAL;
	for (uint32_t j = 0; !err && j < row->fields.count; j++)
		err = labels_check(c, row->name, &fields[j]);
	free(fields);
	if (err)
		return err;
	c->streams[i] = stream_new(row, c->why, c->why_size);
	if (!c->streams[i]) {
		size_t said = strlen(c->why);
		return refuse(c->why + said, c->why_size - said, "; correct it");
	}
	err = list_check(c, EUN_BIT(i), row->columns, LIST_COLUMNS, "the columns", row->name);
	return err ? err : role_check(c, c->streams[i]);
}

static int option_check(struct check *c, uint32_t i)
{
	const struct eun_option *o = &c->plugin->options[i];
	struct option_value value;
	if (!name_valid(o->key, "_-"))
		return REFUSE(c, "option '%s': its key is not 1 to %d of [a-z0-9_-]; rename it", o->key,
			      NAME_MAX_BYTES);
	if (o->min > o->max)
		return REFUSE(c, "option %s: its bounds %llu to %llu are none; exchange them", o->key, o->min, o->max);
	if (o->map && (o->type != EUN_OPTION_UINT || o->max > UINT32_MAX || !o->min))
		return REFUSE(c,
			      "option %s sets the size of map %s: it must be a number between 1 and %u; set its bounds",
			      o->key, o->map, UINT32_MAX);
	int err = option_parse(o, o->def, &value, c->why, c->why_size);
	if (err && err != -ENOTSUP)
		refuse_prefix(c->why, c->why_size, "its default");
	return err;
}

/* "category/name": it becomes a path in tracefs. */
static bool at_valid(const char *at)
{
	const char *slash = strchr(at, '/');
	for (const char *p = at; *p; p++)
		if (p != slash && !isalnum((unsigned char)*p) && *p != '_' && *p != '-')
			return false;
	return slash && slash != at && slash[1];
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static __u64 streams_known(const struct check *c)
{
	uint32_t n = c->plugin->abi.streams.count;
	return n == 64 ? ~0ull : EUN_BIT(n) - 1;
}

static bool switch_known(const struct plugin *p, const char *key)
{
	for (uint32_t i = 0; i < p->abi.options.count; i++)
		if (!strcmp(p->options[i].key, key))
			return p->options[i].type == EUN_OPTION_BOOL;
	return false;
}

/* Also a bound, or the kernel would be asked for more than it has time for. */
static bool rate_known(const struct plugin *p, const char *key)
{
	for (uint32_t i = 0; i < p->abi.options.count; i++)
		if (!strcmp(p->options[i].key, key))
			return p->options[i].type == EUN_OPTION_UINT && p->options[i].min && p->options[i].max <= 10000;
	return false;
}

static int program_check(struct check *c, uint32_t i)
{
	const struct eun_program *p = &c->plugin->programs[i];
	if (p->at && !at_valid(p->at))
		return REFUSE(c, "program %s: '%s' is not a tracepoint; write category/name", p->name, p->at);
	if (!p->streams || p->streams & ~streams_known(c))
		return REFUSE(c,
			      "program %s serves the streams 0x%llx, the plugin has %u (0x%llx); use EUN_BIT(stream)",
			      p->name, p->streams, c->plugin->abi.streams.count, streams_known(c));
	if (p->option && !switch_known(c->plugin, p->option))
		return REFUSE(
			c, "program %s is switched on by '%s', no option of the plugin that is true or false; name one",
			p->name, p->option);
	if (p->rate && (!rate_known(c->plugin, p->rate) || p->at))
		return REFUSE(c, "program %s runs at the rate '%s', no option of the plugin that is a number; name one",
			      p->name, p->rate);
	if (!p->group && p->choice)
		return REFUSE(c, "program %s is choice %u of no group; give it a group over 0", p->name, p->choice);
	for (uint32_t j = 0; j < i; j++) {
		const struct eun_program *o = &c->plugin->programs[j];
		if (!strcmp(o->name, p->name) && same(o->at, p->at) && o->group == p->group && o->choice == p->choice)
			return REFUSE(c,
				      "program %s at %s is there twice (rows %u and %u): its events would double; "
				      "remove one",
				      p->name, p->at ? p->at : "its own place", j, i);
	}
	return 0;
}

static int aggregate_check(struct check *c, uint32_t i)
{
	const struct eun_aggregate *a = &c->plugin->aggregates[i];
	if (a->stream >= c->plugin->abi.streams.count)
		return REFUSE(c, "aggregate %s is of stream %u, the plugin has %u; use the stream's index", a->map,
			      a->stream, c->plugin->abi.streams.count);
	const struct stream *s = c->streams[a->stream];
	if (!(s->flags & EUN_STREAM_AGGREGATE))
		return REFUSE(c, "aggregate %s is of stream %s, which is not flagged EUN_STREAM_AGGREGATE; flag it",
			      a->map, s->name);
	uint32_t size = ((s->record_size + 7) & ~7u) + sizeof(__u64);
	if (a->value_size != size)
		return REFUSE(c,
			      "aggregate %s has values of %u bytes, a record of %s (%u) and a u64 need %u; correct it",
			      a->map, a->value_size, s->name, s->record_size, size);
	const struct field *count = stream_field(s, "count");
	if (!count || count->type != EUN_U64 || !(count->flags & EUN_FIELD_SUM))
		return REFUSE(c, "aggregate %s: stream %s has no field 'count' of type u64 with EUN_FIELD_SUM; add it",
			      a->map, s->name);
	if (!a->key_size)
		return REFUSE(c, "aggregate %s has keys of 0 bytes; use sizeof", a->map);
	return 0;
}

static bool reserved(const char *name)
{
	for (size_t i = 0; i < N_RESERVED_NAMES; i++)
		if (!strcmp(name, reserved_names[i]))
			return true;
	return false;
}

static bool option_known(const struct plugin *p, const char *set)
{
	size_t len = strcspn(set, "=");
	for (uint32_t i = 0; i < p->abi.options.count; i++)
		if (set[len] && strlen(p->options[i].key) == len && !strncmp(p->options[i].key, set, len))
			return true;
	return false;
}

static int columns_check(struct check *c, const struct eun_tool *tool, const struct eun_table *table, const char *of)
{
	struct eun_column *columns = rows_copy(c->image, &column_kind, table, of, c->why, c->why_size);
	int err = columns ? 0 : -EINVAL;
	for (uint32_t i = 0; !err && i < table->count; i++)
		err = list_check(c, EUN_BIT(tool->stream) | tool->streams, columns[i].field, LIST_COLUMNS,
				 columns[i].header, of);
	free(columns);
	return err;
}

static int tool_option_check(struct check *c, const struct eun_tool *tool, const struct eun_tool_option *rows,
			     uint32_t i)
{
	const struct eun_tool_option *o = &rows[i];
	char of[96];
	snprintf(of, sizeof(of), "option --%.32s of tool %.32s", o->name, tool->name);
	if (!name_valid(o->name, "-"))
		return REFUSE(c, "%s: its name is not 1 to %d of [a-z0-9-]; rename it", of, NAME_MAX_BYTES);
	if (reserved(o->name))
		return REFUSE(c, "%s: all tools have an option of that name; rename it", of);
	if (o->letter && (!isalnum((unsigned char)o->letter) || strchr(RESERVED_LETTERS, o->letter)))
		return REFUSE(c,
			      "%s: its letter '%c' is one that all tools have (" RESERVED_LETTERS
			      ") or none; use another or 0",
			      of, o->letter);
	for (uint32_t j = 0; o->letter && j < i; j++)
		if (rows[j].letter == o->letter)
			return REFUSE(c, "%s: its letter '%c' is that of --%s; use another or 0", of, o->letter,
				      rows[j].name);
	if (o->set && !option_known(c->plugin, o->set))
		return REFUSE(c, "%s sets '%s', which names no option of the plugin; write key=$", of, o->set);
	uint64_t streams = EUN_BIT(tool->stream) | tool->streams;
	int err = list_check(c, streams, o->columns, LIST_COLUMNS, "the columns", of);
	if (!err)
		err = list_check(c, streams, o->key, 0, "the key", of);
	if (!err)
		err = list_check(c, streams, o->sort, LIST_SORT, "the sort order", of);
	if (!err)
		err = list_check(c, streams, o->lists, LIST_COLUMNS, "the names listed", of);
	return err ? err : columns_check(c, tool, &o->instead, of);
}

static bool unless_known(const char *name, const struct eun_tool_option *options, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(name, options[i].name))
			return true;
	return reserved(name);
}

static int tool_check(struct check *c, uint32_t i)
{
	const struct eun_tool *t = &c->plugin->tools[i];
	char of[64];
	snprintf(of, sizeof(of), "tool %.48s", t->name);
	if (!name_valid(t->name, "_-"))
		return REFUSE(c, "%s: its name is not 1 to %d of [a-z0-9_-]; rename it", of, NAME_MAX_BYTES);
	if (t->stream >= c->plugin->abi.streams.count)
		return REFUSE(c, "%s is of stream %u, the plugin has %u; use the stream's index", of, t->stream,
			      c->plugin->abi.streams.count);
	if (t->streams & ~streams_known(c))
		return REFUSE(c, "%s is of the streams 0x%llx, the plugin has %u; use EUN_BIT(stream)", of, t->streams,
			      c->plugin->abi.streams.count);
	int err = columns_check(c, t, &t->columns, of);
	struct eun_tool_option *options =
		err ? NULL : rows_copy(c->image, &tool_option_kind, &t->options, of, c->why, c->why_size);
	if (!options)
		return -EINVAL;
	for (uint32_t j = 0; !err && j < t->options.count; j++)
		err = tool_option_check(c, t, options, j);
	if (!err)
		err = list_check(c, EUN_BIT(t->stream) | t->streams, t->sort, LIST_SORT, "the sort order", of);
	if (!err)
		err = list_check(c, EUN_BIT(t->stream) | t->streams, t->key, 0, "the key", of);
	if (!err && t->unless && !unless_known(t->unless, options, t->options.count))
		err = REFUSE(c, "%s: its filter is lifted by --%s, which is no option; name one", of, t->unless);
	free(options);
	return err;
}

static int metric_check(struct check *c, uint32_t i)
{
	const struct eun_metric *m = &c->plugin->metrics[i];
	struct metric_row row;
	if (m->stream >= c->plugin->abi.streams.count)
		return REFUSE(c, "metric %s is of stream %u, the plugin has %u; use the stream's index", m->name,
			      m->stream, c->plugin->abi.streams.count);
	if (m->bounds.count && (m->bounds.row_size != sizeof(__u64) ||
				!image_has(c->image, m->bounds.rows, (uint64_t)m->bounds.count * sizeof(__u64))))
		return REFUSE(c, "metric %s: its bounds are no table of u64 in the file; use EUN_TABLE()", m->name);
	return metric_row_read(&row, m, c->streams[m->stream], c->why, c->why_size);
}

static int attach_check(struct check *c, uint32_t i)
{
	return attach_row_check(c->plugin, i, c->why, c->why_size);
}

int plugin_check(struct plugin *plugin, const struct image *image, const char *stem, char *why, size_t why_size)
{
	struct check c = {.plugin = plugin, .image = image, .why = why, .why_size = why_size};
	const struct eun_plugin *abi = &plugin->abi;
	/* In an order in which each table is checked against those before it. */
	const struct {
		const struct row_kind *kind;
		const struct eun_table *table;
		void **rows;
		int (*check)(struct check *c, uint32_t i);
	} tables[] = {
		{&stream_kind, &abi->streams, (void **)&plugin->streams, stream_check},
		{&option_kind, &abi->options, (void **)&plugin->options, option_check},
		{&program_kind, &abi->programs, (void **)&plugin->programs, program_check},
		{&aggregate_kind, &abi->aggregates, (void **)&plugin->aggregates, aggregate_check},
		{&tool_kind, &abi->tools, (void **)&plugin->tools, tool_check},
		{&metric_kind, &abi->metrics, (void **)&plugin->metrics, metric_check},
		{&attach_kind, &abi->attach, (void **)&plugin->attach, attach_check},
	};
	int err = head_check(&c, stem);
	if (!err)
		err = object_check(&c);
	for (size_t t = 0; !err && t < COUNT(tables); t++) {
		*tables[t].rows = rows_copy(image, tables[t].kind, tables[t].table, abi->name, why, why_size);
		if (!*tables[t].rows)
			err = -EINVAL;
		for (uint32_t i = 0; !err && i < tables[t].table->count; i++)
			err = tables[t].check(&c, i);
	}
	for (uint32_t i = 0; i < EUN_STREAMS_MAX; i++)
		stream_destroy(c.streams[i]);
	return err;
}
