/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

#define FIELDS_MAX 256
#define LABELS_MAX 4096
#define HIST_SLOTS_MAX 64                                /* a power of two each */
#define FIELD_ROW_MIN offsetof(struct eun_field, labels) /* without it there is no field */

/* What a type is called and which sizes it may have in the fixed part. */
static const struct {
	const char *name;
	uint32_t size;     /* the only size; 0: see multiple */
	uint32_t multiple; /* any positive multiple of it */
} types[EUN_TYPES] = {
	[EUN_NONE] = {"none", 0, 0},
	[EUN_U8] = {"u8", 1, 0},
	[EUN_U16] = {"u16", 2, 0},
	[EUN_U32] = {"u32", 4, 0},
	[EUN_U64] = {"u64", 8, 0},
	[EUN_S8] = {"s8", 1, 0},
	[EUN_S16] = {"s16", 2, 0},
	[EUN_S32] = {"s32", 4, 0},
	[EUN_S64] = {"s64", 8, 0},
	[EUN_BOOL] = {"bool", 1, 0},
	[EUN_TIME] = {"time", 8, 0},
	[EUN_CHARS] = {"chars", 0, 1},
	[EUN_STRING] = {"string", 4, 0},
	[EUN_STRINGS] = {"strings", 4, 0},
	[EUN_PATH] = {"path", 4, 0},
	[EUN_IP] = {"ip", sizeof(struct eun_ip), 0},
	[EUN_SOCKADDR] = {"sockaddr", sizeof(struct eun_sockaddr), 0},
	[EUN_ENUM] = {"enum", 0, 0}, /* 1, 2, 4, 8: checked apart */
	[EUN_FLAGS] = {"flags", 0, 0},
	[EUN_ERRNO] = {"errno", 4, 0},
	[EUN_CAPS] = {"caps", 8, 0},
	[EUN_BYTES] = {"bytes", 4, 0},
	[EUN_U64S] = {"u64s", 0, 8},
	[EUN_HIST] = {"hist", 0, 8},
	[EUN_STACK] = {"stack", 0, 8},
};

static bool stream_name_get(const struct view *view, const struct field *field, struct value *out)
{
	(void)field;
	out->ptr = view->stream->name;
	out->len = (uint32_t)strlen(out->ptr);
	return true;
}

static struct eun_label event_flags[] = {
	{EUN_IA32, "ia32"},
	{EUN_CONTAINER, "container"},
	{EUN_NOT_ACTOR, "not_actor"},
	{EUN_TRUNCATED, "truncated"},
	{EUN_ARGS_CHANGED, "args_changed"},
	{EUN_CHROOTED, "chrooted"},
	{EUN_UNREACHABLE, "unreachable"},
	{0, NULL},
};

#define HEADER(member, kind, text)                                                                         \
	{                                                                                                  \
		.name = #member, .help = text, .type = kind, .offset = offsetof(struct eun_event, member), \
		.size = sizeof(((struct eun_event *)0)->member)                                            \
	}

const struct field header_fields[] = {
	HEADER(time, EUN_TIME, "when"),
	{.name = "stream", .help = "the event's stream", .type = EUN_CHARS, .get = stream_name_get},
	{.name = "event_flags",
	 .help = "what is special about the record",
	 .type = EUN_FLAGS,
	 .offset = offsetof(struct eun_event, flags),
	 .size = 2,
	 .labels = event_flags},
	HEADER(cpu, EUN_U32, "processor it happened on"),
	HEADER(pid, EUN_U32, "process (thread group) id"),
	HEADER(tid, EUN_U32, "thread id"),
	HEADER(ppid, EUN_U32, "the parent's process id"),
	HEADER(uid, EUN_U32, "real user id"),
	HEADER(gid, EUN_U32, "real group id"),
	HEADER(comm, EUN_CHARS, "the thread's name (it can change it)"),
	HEADER(cgroup, EUN_U64, "id of the cgroup v2"),
	HEADER(pidns, EUN_U32, "inode number of the pid namespace"),
	HEADER(mntns, EUN_U32, "inode number of the mount namespace"),
};
const uint32_t n_header_fields = sizeof(header_fields) / sizeof(header_fields[0]);

const char *type_name(enum eun_type type)
{
	return type < EUN_TYPES ? types[type].name : "?";
}

bool type_is_ref(enum eun_type type)
{
	return type == EUN_STRING || type == EUN_STRINGS || type == EUN_PATH || type == EUN_BYTES;
}

bool type_is_text(enum eun_type type)
{
	return type == EUN_CHARS || type == EUN_STRING || type == EUN_STRINGS || type == EUN_PATH;
}

void table_row(const struct eun_table *table, uint32_t i, void *out, size_t size)
{
	memset(out, 0, size);
	memcpy(out, (const char *)table->rows + (size_t)i * table->row_size,
	       table->row_size < size ? table->row_size : size);
}

/* Levenshtein distance in which two neighbours that changed places are one mistake; given up at `most`. */
static size_t distance(const char *a, const char *b, size_t most)
{
	size_t la = strlen(a), lb = strlen(b), rows[3][64];
	if (lb >= 63 || (la > lb ? la - lb : lb - la) > most)
		return most + 1;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		const size_t *before = rows[(i + 1) % 3], *above = rows[(i - 1) % 3];
		size_t *row = rows[i % 3];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
			size_t shift = (above[j] < row[j - 1] ? above[j] : row[j - 1]) + 1;
			row[j] = change < shift ? change : shift;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
	}
	return rows[la % 3][lb];
}

const char *nearest_name(const char *name, const char *const *names, size_t n)
{
	size_t most = strlen(name) / 3 + 1;
	const char *best = NULL;
	for (size_t i = 0; i < n; i++) {
		size_t d = distance(name, names[i], most);
		if (d <= most) {
			best = names[i];
			if (!d)
				break;
			most = d - 1;
		}
	}
	return best;
}

#define NAME_MAX_LEN 63
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_."

/* Only characters of `chars`. */
static bool name_valid(const char *name, const char *chars)
{
	size_t n = name ? strnlen(name, NAME_MAX_LEN + 1) : 0;
	return n && n <= NAME_MAX_LEN && strspn(name, chars) == n;
}

static const struct field *find_field(const struct field *fields, uint32_t n, const char *name)
{
	for (uint32_t i = 0; i < n; i++)
		if (fields[i].name && !strcmp(fields[i].name, name))
			return &fields[i];
	return NULL;
}

static bool size_valid(const struct eun_field *f)
{
	if (f->type == EUN_ENUM || f->type == EUN_FLAGS)
		return f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8;
	if (types[f->type].size)
		return f->size == types[f->type].size;
	if (f->type == EUN_HIST && f->size > HIST_SLOTS_MAX * sizeof(uint64_t))
		return false;
	return f->size && f->size % types[f->type].multiple == 0;
}

static int labels_copy(struct field *to, const struct eun_label *from)
{
	uint32_t n = 0;
	while (from[n].name)
		if (++n > LABELS_MAX)
			return -E2BIG;
	to->labels = calloc(n + 1, sizeof(*to->labels));
	if (!to->labels)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		to->labels[i].value = from[i].value;
		to->labels[i].name = strdup(from[i].name);
		if (!to->labels[i].name)
			return -ENOMEM;
	}
	return 0;
}

static int field_copy(struct stream *s, uint32_t i, const struct eun_field *row, char *why, size_t why_size)
{
	struct field *f = &s->fields[i];
	if (!name_valid(row->name, NAME_CHARS)) {
		snprintf(why, why_size, "field %u of %s has no valid name ([a-z0-9_.], at most %u)", i, s->name,
			 NAME_MAX_LEN);
		return -EINVAL;
	}
	if (row->type == EUN_NONE || row->type >= EUN_TYPES) {
		snprintf(why, why_size, "field %s.%s has the unknown type %u", s->name, row->name, row->type);
		return -EINVAL;
	}
	if (!size_valid(row)) {
		snprintf(why, why_size, "field %s.%s: a %s can't have %u bytes", s->name, row->name,
			 types[row->type].name, row->size);
		return -EINVAL;
	}
	if (row->offset < sizeof(struct eun_event) || row->size > s->record_size ||
	    row->offset > s->record_size - row->size) {
		snprintf(why, why_size, "field %s.%s: bytes %u to %llu are outside the record's %zu to %u", s->name,
			 row->name, row->offset, (unsigned long long)row->offset + row->size, sizeof(struct eun_event),
			 s->record_size);
		return -EINVAL;
	}
	if (find_field(s->fields, i, row->name)) {
		snprintf(why, why_size, "field %s.%s is there twice", s->name, row->name);
		return -EINVAL;
	}
	if (find_field(header_fields, n_header_fields, row->name)) {
		snprintf(why, why_size, "field %s.%s: the header of every record has a field %s; name it otherwise",
			 s->name, row->name, row->name);
		return -EINVAL;
	}
	if (row->labels && row->type != EUN_ENUM && row->type != EUN_FLAGS) {
		snprintf(why, why_size, "field %s.%s: a %s has no labels, only enum and flags have", s->name, row->name,
			 types[row->type].name);
		return -EINVAL;
	}
	for (uint32_t j = 0; j < i; j++) {
		const struct field *o = &s->fields[j];
		if (row->offset < o->offset + o->size && o->offset < row->offset + row->size) {
			snprintf(why, why_size, "fields %s.%s and %s.%s overlap at byte %u", s->name, o->name, s->name,
				 row->name, row->offset > o->offset ? row->offset : o->offset);
			return -EINVAL;
		}
	}
	*f = (struct field){
		.type = row->type,
		.flags = row->flags,
		.offset = row->offset,
		.size = row->size,
		.index = i,
	};
	f->name = strdup(row->name);
	f->help = strdup(row->help ? row->help : "");
	int err = f->name && f->help ? 0 : -ENOMEM;
	if (!err && row->labels)
		err = labels_copy(f, row->labels);
	if (err == -E2BIG)
		snprintf(why, why_size, "field %s.%s: more than %u labels, or their end (name NULL) is missing",
			 s->name, row->name, LABELS_MAX);
	else if (err)
		snprintf(why, why_size, "field %s.%s: %s", s->name, row->name, strerror(-err));
	return err;
}

struct stream *stream_new(const struct eun_stream *row, char *why, size_t why_size)
{
	const char *dot = row->name ? strchr(row->name, '.') : NULL;
	if (!name_valid(row->name, NAME_CHARS "-") || !dot || dot == row->name || !dot[1]) {
		snprintf(why, why_size, "a stream's name must be plugin.noun, in [a-z0-9_.-], at most %u",
			 NAME_MAX_LEN);
		return NULL;
	}
	if (row->record_size < sizeof(struct eun_event) || row->record_size > EUN_RECORD_MAX) {
		snprintf(why, why_size, "stream %s: a record of %u bytes is not between %zu and %u", row->name,
			 row->record_size, sizeof(struct eun_event), EUN_RECORD_MAX);
		return NULL;
	}
	if (row->fields.count > FIELDS_MAX) {
		snprintf(why, why_size, "stream %s: %u fields, at most %u", row->name, row->fields.count, FIELDS_MAX);
		return NULL;
	}
	if (row->fields.count && !row->fields.rows) {
		snprintf(why, why_size, "stream %s: the table of its %u fields is missing", row->name,
			 row->fields.count);
		return NULL;
	}
	if (row->fields.count && row->fields.row_size < FIELD_ROW_MIN) {
		snprintf(why, why_size, "stream %s: a row of fields has %u bytes, at least %zu", row->name,
			 row->fields.row_size, FIELD_ROW_MIN);
		return NULL;
	}
	struct stream *s = calloc(1, sizeof(*s));
	if (!s)
		goto no_memory;
	s->version = row->version;
	s->record_size = row->record_size;
	s->flags = row->flags;
	s->name = strdup(row->name);
	s->plugin = strndup(row->name, (size_t)(dot - row->name));
	s->role = row->role ? strdup(row->role) : NULL;
	s->columns = strdup(row->columns ? row->columns : "");
	s->help = strdup(row->help ? row->help : "");
	s->fields = calloc(row->fields.count + 1, sizeof(*s->fields));
	if (!s->name || !s->plugin || (row->role && !s->role) || !s->columns || !s->help || !s->fields)
		goto no_memory;
	for (uint32_t i = 0; i < row->fields.count; i++) {
		struct eun_field f;
		table_row(&row->fields, i, &f, sizeof(f));
		s->n_fields = i + 1; /* so that destroy frees a half-made one */
		if (field_copy(s, i, &f, why, why_size)) {
			stream_destroy(s);
			return NULL;
		}
	}
	return s;
no_memory:
	snprintf(why, why_size, "no memory");
	stream_destroy(s);
	return NULL;
}

void stream_destroy(struct stream *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->n_fields; i++) {
		struct field *f = &s->fields[i];
		for (uint32_t j = 0; f->labels && f->labels[j].name; j++)
			free((char *)f->labels[j].name);
		free(f->labels);
		free((char *)f->name);
		free((char *)f->help);
	}
	free(s->fields);
	free(s->name);
	free(s->plugin);
	free(s->role);
	free(s->columns);
	free(s->help);
	free(s);
}

const struct field *stream_field(const struct stream *s, const char *name)
{
	const struct field *field = find_field(s->fields, s->n_fields, name);
	if (!field)
		field = find_field(header_fields, n_header_fields, name);
	if (!field && s->schema)
		field = find_field(s->schema->computed, s->schema->n_computed, name);
	return field;
}

static size_t add_names(const struct field *fields, uint32_t n_fields, const char **names, size_t at, size_t most)
{
	for (uint32_t i = 0; i < n_fields; i++, at++)
		if (at < most)
			names[at] = fields[i].name;
	return at;
}

size_t stream_names(const struct stream *const *streams, size_t n, const char **names, size_t most)
{
	size_t at = 0;
	for (size_t i = 0; i < n; i++)
		at = add_names(streams[i]->fields, streams[i]->n_fields, names, at, most);
	at = add_names(header_fields, n_header_fields, names, at, most);
	if (n && streams[0]->schema)
		at = add_names(streams[0]->schema->computed, streams[0]->schema->n_computed, names, at, most);
	return at;
}

int schema_add(struct schema *schema, struct stream *stream)
{
	uint32_t id = 0;
	while (id < schema->n_streams && schema->streams[id])
		id++;
	if (id > UINT16_MAX)
		return -E2BIG;
	if (id == schema->n_streams) {
		struct stream **grown = realloc(schema->streams, (id + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		schema->streams = grown;
		schema->n_streams = id + 1;
	}
	stream->id = (uint16_t)id;
	stream->serial = ++schema->n_added;
	stream->schema = schema;
	schema->streams[id] = stream;
	return 0;
}

void schema_remove(struct schema *schema, uint16_t id)
{
	if (id >= schema->n_streams)
		return;
	stream_destroy(schema->streams[id]);
	schema->streams[id] = NULL;
}

const struct stream *schema_stream(const struct schema *schema, uint16_t id)
{
	return id < schema->n_streams ? schema->streams[id] : NULL;
}

const struct stream *schema_find(const struct schema *schema, const char *name)
{
	for (uint32_t i = 0; i < schema->n_streams; i++)
		if (schema->streams[i] && !strcmp(schema->streams[i]->name, name))
			return schema->streams[i];
	return NULL;
}

void schema_destroy(struct schema *schema)
{
	for (uint32_t i = 0; i < schema->n_streams; i++)
		stream_destroy(schema->streams[i]);
	free(schema->streams);
	*schema = (struct schema){0};
}
