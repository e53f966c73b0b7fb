/* SPDX-License-Identifier: MIT */
/*
 * The schema as the host knows it: streams with ids, fields with types. Made from a plugin's tables or read from a
 * recording; both give the same, so everything behind it works without the plugin.
 *
 * A schema owns its streams, a stream its fields; all live until schema_destroy(). One thread.
 */
#ifndef CORE_EVENT_SCHEMA_H
#define CORE_EVENT_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <eunomia/schema.h>

struct view;
struct value;
struct schema;

/* Of struct field, beside the ABI's flags: strings that are compared one by one, not as one text (a computed field). */
#define FIELD_EACH (1u << 31)

struct field {
	const char *name;
	const char *help;
	enum eun_type type;
	uint32_t flags; /* enum eun_field_flags, FIELD_EACH */
	uint32_t offset, size;
	struct eun_label *labels; /* ends at name NULL; NULL for other types than enum and flags */
	uint32_t index;           /* of a stream's own field: its row in the plugin's table */
	/* A computed field: not in the record. False: it has no value for this event. */
	bool (*get)(const struct view *view, const struct field *field, struct value *out);
	void *context; /* for get */
};

struct stream {
	uint16_t id;                 /* eun_event.stream */
	const struct schema *schema; /* that it is in, or NULL */
	uint32_t serial; /* no other stream of its schema has or had it, though ids (and addresses) are used again */
	uint32_t version;
	uint32_t record_size;
	uint32_t flags; /* enum eun_stream_flags */
	char *name;     /* tcp.connect */
	char *plugin;   /* tcp */
	char *role;     /* or NULL */
	char *columns;
	char *help;
	struct field *fields; /* the stream's own, in the order of the plugin's table */
	uint32_t n_fields;
	/* A plugin's format callback, bound to its instance, or NULL. */
	int (*format)(void *self, uint32_t stream, uint32_t field, const void *bytes, uint32_t len, char *buf,
		      uint32_t size);
	void *format_self;
	uint32_t format_stream;
};

struct schema {
	struct stream **streams; /* by id; NULL where none */
	uint32_t n_streams;
	uint32_t n_added; /* ever */
	/* Fields that every stream has beside its own and the header's: computed by who knows more, who outlives it. */
	const struct field *computed;
	uint32_t n_computed;
};

/* The header's fields, the same for every stream. `time` is the first. Static. */
extern const struct field header_fields[];
extern const uint32_t n_header_fields;

/*
 * Checks a stream's row with all its fields and copies them. NULL: `why` says which and what is wrong (it names
 * field and numbers). The plugin's name is the part of the stream's name before the dot.
 */
struct stream *stream_new(const struct eun_stream *row, char *why, size_t why_size);
void stream_destroy(struct stream *stream);

/* Own field, or header field, or computed one of its schema; NULL: none of that name. */
const struct field *stream_field(const struct stream *stream, const char *name);

/*
 * The names of all fields of the streams, which are of one schema: as many as `most` into `names`. Returns how many
 * there are.
 */
size_t stream_names(const struct stream *const *streams, size_t n, const char **names, size_t most);

/* Gives the stream an id (its place in the table) and takes ownership. -E2BIG: all ids are taken. */
int schema_add(struct schema *schema, struct stream *stream);
/* Takes a stream out again and destroys it. */
void schema_remove(struct schema *schema, uint16_t id);
const struct stream *schema_stream(const struct schema *schema, uint16_t id);
const struct stream *schema_find(const struct schema *schema, const char *name);
void schema_destroy(struct schema *schema);

/* What a type is called in `list fields`, in messages and in a recording: "u16", "path"... */
const char *type_name(enum eun_type type);
bool type_is_ref(enum eun_type type);  /* an eun_ref to the tail */
bool type_is_text(enum eun_type type); /* chars, string, strings, path */

/* A row of one of a plugin's tables, zero beyond what the plugin knew. `out` has `size` bytes. */
void table_row(const struct eun_table *table, uint32_t i, void *out, size_t size);

/* Of `names`, the one most like `name` (edit distance at most a third of its length, plus 1); NULL: none is near. */
const char *nearest_name(const char *name, const char *const *names, size_t n);

#endif
