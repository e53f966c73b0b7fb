/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/escape.h"
#include "sink/table.h"

#define DEFAULT_INTERVAL_MS 1000
#define WIDTH_MAX 1000 /* of a column in a recording */

/* The field of that name of the first stream that has it. */
static const struct field *find(const struct stream *const *streams, size_t n, const char *name)
{
	for (size_t s = 0; s < n; s++) {
		const struct field *f = stream_field(streams[s], name);
		if (f)
			return f;
	}
	return NULL;
}

static int unknown_field(const struct stream *const *streams, size_t n, const char *name, char *why, size_t why_size)
{
	const char *names[1024];
	const size_t most = sizeof(names) / sizeof(names[0]);
	size_t n_names = stream_names(streams, n, names, most);
	const char *near = nearest_name(name, names, n_names < most ? n_names : most);
	snprintf(why, why_size, "unknown field '%s'%s%s%s (see eunomia list fields)", name,
		 near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	return -EINVAL;
}

static int add_column(struct columns *columns, const struct eun_column *c, enum eun_type type)
{
	struct column *grown = realloc(columns->items, (columns->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	columns->items = grown;
	struct column *to = &grown[columns->n++];
	*to = (struct column){.header = strdup(c->header),
			      .field = strdup(c->field),
			      .type = type,
			      .width = c->width,
			      .decimals = c->decimals,
			      .divisor = c->divisor,
			      .flags = c->flags};
	return to->header && to->field ? 0 : -ENOMEM;
}

/* A column for a field as it is, headed by its name in capitals. */
static int add_field(struct columns *columns, const char *name, enum eun_type type)
{
	char header[64];
	size_t n = 0;
	for (; name[n] && n < sizeof(header) - 1; n++)
		header[n] = (char)toupper((unsigned char)name[n]);
	header[n] = '\0';
	const struct eun_column c = {.header = header, .field = name};
	return add_column(columns, &c, type);
}

static void columns_free(struct columns *columns)
{
	for (uint32_t i = 0; i < columns->n; i++) {
		free(columns->items[i].header);
		free(columns->items[i].field);
	}
	free(columns->items);
	*columns = (struct columns){0};
}

static int add_fields(struct columns *columns, const char *list, const struct stream *const *streams, size_t n,
		      char *why, size_t why_size)
{
	do {
		char name[64];
		size_t len = strcspn(list, ",");
		snprintf(name, sizeof(name), "%.*s", (int)len, list);
		const struct field *f = find(streams, n, name);
		if (!f)
			return unknown_field(streams, n, name, why, why_size);
		if (add_field(columns, name, f->type))
			return -ENOMEM;
		list += len + (list[len] == ',');
	} while (*list);
	return 0;
}

static bool has_column(const struct columns *columns, const char *field)
{
	for (uint32_t i = 0; i < columns->n; i++)
		if (!strcmp(columns->items[i].field, field))
			return true;
	return false;
}

/* The header's fields, each stream's own, and of the computed ones those that say which container it is. */
static int add_every_field(struct columns *columns, const struct stream *const *streams, size_t n)
{
	static const char *const container[] = {"container.id", "container.name"};
	int err = 0;
	for (uint32_t i = 0; i < n_header_fields && !err; i++)
		err = add_field(columns, header_fields[i].name, header_fields[i].type);
	for (size_t s = 0; s < n; s++)
		for (uint32_t i = 0; i < streams[s]->n_fields && !err; i++)
			if (!has_column(columns, streams[s]->fields[i].name))
				err = add_field(columns, streams[s]->fields[i].name, streams[s]->fields[i].type);
	for (size_t i = 0; i < sizeof(container) / sizeof(container[0]) && !err; i++) {
		const struct field *f = find(streams, n, container[i]);
		if (f && !has_column(columns, f->name))
			err = add_field(columns, f->name, f->type);
	}
	return err;
}

static int add_tool_columns(struct show *show, const struct request *r, const struct eun_tool *tool,
			    const struct stream *const *streams, size_t n, char *why, size_t why_size)
{
	const struct eun_table *columns = &tool->columns;
	int err = 0;
	for (size_t i = 0; i < r->n_given; i++)
		if (r->given[i].option.instead.count)
			columns = &r->given[i].option.instead;
	for (uint32_t i = 0; i < columns->count && !err; i++) {
		struct eun_column c;
		table_row(columns, i, &c, sizeof(c));
		const struct field *f = find(streams, n, c.field);
		err = add_column(&show->columns, &c, f ? f->type : EUN_NONE);
	}
	for (size_t i = 0; i < r->n_given && !err; i++)
		if (r->given[i].option.columns)
			err = add_fields(&show->columns, r->given[i].option.columns, streams, n, why, why_size);
	return err;
}

/* What the request says, whatever else there is. */
static int apply_request(struct show *show, const struct request *r, const struct stream *const *streams, size_t n,
			 char *why, size_t why_size)
{
	show->format = r->format;
	show->no_header = r->no_header;
	if (r->top)
		show->top = r->top;
	if (r->interval_ms)
		show->interval_ms = r->interval_ms;
	if (r->sort) {
		free(show->sort);
		show->sort = strdup(r->sort);
		if (!show->sort)
			return -ENOMEM;
	}
	show->table |= r->sort || r->top || r->interval_ms;
	if (r->fields) {
		columns_free(&show->columns);
		show->own_columns = true;
		int err = add_fields(&show->columns, r->fields, streams, n, why, why_size);
		if (err)
			return err;
	}
	if (show->format == FORMAT_CSV && !show->own_columns && add_every_field(&show->every, streams, n))
		return -ENOMEM;
	return table_check(streams, n, show->key, show->sort, why, why_size);
}

static int copy(char **to, const char *from)
{
	*to = from && *from ? strdup(from) : NULL;
	return from && *from && !*to ? -ENOMEM : 0;
}

int show_from_request(struct show *show, const struct request *r, const struct eun_tool *tool,
		      const struct stream *const *streams, size_t n, char *why, size_t why_size)
{
	*show = (struct show){0};
	snprintf(why, why_size, "no memory");
	show->title = strdup(tool ? tool->name : "");
	int err = show->title ? 0 : -ENOMEM;
	if (tool) {
		const char *key = tool->key, *sort = tool->sort;
		for (size_t i = 0; i < r->n_given; i++) {
			const struct eun_tool_option *o = &r->given[i].option;
			key = o->key ? o->key : key;
			sort = o->sort ? o->sort : sort;
		}
		show->interval_ms = tool->interval_ms;
		show->table = tool->interval_ms || key || sort;
		if (copy(&show->key, key) || copy(&show->sort, sort))
			err = -ENOMEM;
		if (!err)
			err = add_tool_columns(show, r, tool, streams, n, why, why_size);
	}
	if (!err)
		err = apply_request(show, r, streams, n, why, why_size);
	/* aggregates are drained in rounds, also where each row is printed as an event is */
	for (size_t s = 0; s < n; s++)
		if (streams[s]->flags & EUN_STREAM_AGGREGATE && !show->interval_ms)
			show->interval_ms = DEFAULT_INTERVAL_MS;
	return err;
}

/*
 * In a recording, a column is a line: header, field, width, decimals, divisor and (not in old ones) flags, with tabs
 * between. Whoever made the file chose them, so the header is escaped as an event's strings are.
 */
static int columns_from_text(struct columns *columns, const char *text, const struct stream *const *streams, size_t n)
{
	while (text && *text) {
		char header[64], name[64];
		unsigned width, decimals, flags = 0;
		unsigned long long divisor;
		struct buf shown = {0};
		if (sscanf(text, "%63[^\t\n]\t%63[^\t\n]\t%u\t%u\t%llu\t%u", header, name, &width, &decimals, &divisor,
			   &flags) < 5)
			return -EINVAL;
		const struct field *f = find(streams, n, name);
		if (!f || width > WIDTH_MAX)
			return -EINVAL;
		escape_text(&shown, header, strlen(header));
		buf_char(&shown, '\0');
		const struct eun_column c = {.header = shown.data,
					     .field = name,
					     .width = width,
					     .decimals = decimals,
					     .divisor = divisor,
					     .flags = flags};
		int err = shown.failed ? -ENOMEM : add_column(columns, &c, f->type);
		buf_free(&shown);
		if (err)
			return err;
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return 0;
}

static uint64_t meta_number(const struct recording *recording, const char *key)
{
	const char *text = recording_meta(recording, key);
	return text ? strtoull(text, NULL, 10) : 0;
}

int show_from_recording(struct show *show, const struct request *r, const struct recording *recording,
			const struct stream *const *streams, size_t n, char *why, size_t why_size)
{
	*show = (struct show){0};
	snprintf(why, why_size, "%s: how it is to be shown can't be read (view.columns)", r->operands.items[0]);
	const char *title = recording_meta(recording, "view.title");
	show->title = strdup(title ? title : "");
	show->top = meta_number(recording, "view.top");
	show->interval_ms = meta_number(recording, "view.interval_ms");
	show->table = meta_number(recording, "view.table");
	show->own_columns = meta_number(recording, "view.own_columns");
	show->container = meta_number(recording, "view.container");
	int err = show->title ? 0 : -ENOMEM;
	if (!err)
		err = copy(&show->key, recording_meta(recording, "view.key"));
	if (!err)
		err = copy(&show->sort, recording_meta(recording, "view.sort"));
	if (!err)
		err = columns_from_text(&show->columns, recording_meta(recording, "view.columns"), streams, n);
	return err ? err : apply_request(show, r, streams, n, why, why_size);
}

static void record_number(struct recorder *recorder, const char *key, uint64_t number)
{
	char text[32];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	recorder_meta(recorder, key, text);
}

void show_record(const struct show *show, struct recorder *recorder)
{
	struct buf columns = {0};
	recorder_meta(recorder, "view.title", show->title);
	recorder_meta(recorder, "view.key", show->key ? show->key : "");
	recorder_meta(recorder, "view.sort", show->sort ? show->sort : "");
	record_number(recorder, "view.top", show->top);
	record_number(recorder, "view.interval_ms", show->interval_ms);
	record_number(recorder, "view.table", show->table);
	record_number(recorder, "view.own_columns", show->own_columns);
	record_number(recorder, "view.container", show->container);
	for (uint32_t i = 0; i < show->columns.n; i++) {
		const struct column *c = &show->columns.items[i];
		buf_printf(&columns, "%s\t%s\t%u\t%u\t%llu\t%u\n", c->header, c->field, c->width, c->decimals,
			   (unsigned long long)c->divisor, c->flags);
	}
	buf_char(&columns, '\0');
	if (!columns.failed)
		recorder_meta(recorder, "view.columns", columns.data);
	buf_free(&columns);
}

/* Calls `is` for each of the comma-separated fields that there is. */
static bool list_reads(const char *list, const struct stream *const *streams, size_t n,
		       bool (*is)(const struct field *field))
{
	char name[64];
	while (list && *list) {
		list += *list == '-';
		size_t len = strcspn(list, ",");
		snprintf(name, sizeof(name), "%.*s", (int)len, list);
		const struct field *f = find(streams, n, name);
		if (f && is(f))
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

bool show_reads(const struct show *show, const struct stream *const *streams, size_t n,
		bool (*is)(const struct field *field))
{
	for (uint32_t i = 0; i < show->columns.n; i++)
		if (list_reads(show->columns.items[i].field, streams, n, is))
			return true;
	return list_reads(show->key, streams, n, is) || list_reads(show->sort, streams, n, is);
}

static bool in_list(const char *list, const char *name)
{
	while (list && *list) {
		list += *list == '-';
		size_t len = strcspn(list, ",");
		if (len == strlen(name) && !strncmp(list, name, len))
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

bool show_orders_by(const struct show *show, const char *field)
{
	return in_list(show->key, field) || in_list(show->sort, field);
}

/* True: what is added up in a row is of one process, so of one container. */
static bool of_one_process(const char *key)
{
	return !key || in_list(key, "pid") || in_list(key, "tid");
}

int show_container(struct show *show)
{
	static const struct eun_column column = {.header = "CONTAINER", .field = "container", .width = CONTAINER_WIDTH};
	struct columns *columns = &show->columns;
	if (show->own_columns || has_column(columns, column.field) || !of_one_process(show->key))
		return 0;
	uint32_t at = 0;
	for (uint32_t i = 0; i < columns->n; i++) {
		if (columns->items[i].type == EUN_HIST) /* no table: bars */
			return 0;
		if (!strcmp(columns->items[i].field, "comm"))
			at = i + 1;
	}
	show->container = true;
	if (!columns->n)
		return 0;
	int err = add_column(columns, &column, EUN_STRING);
	if (err || !at)
		return err;
	struct column last = columns->items[columns->n - 1];
	memmove(&columns->items[at + 1], &columns->items[at], (columns->n - 1 - at) * sizeof(last));
	columns->items[at] = last;
	return 0;
}

void show_free(struct show *show)
{
	columns_free(&show->columns);
	columns_free(&show->every);
	free(show->title);
	free(show->key);
	free(show->sort);
	*show = (struct show){0};
}

struct writer_options show_writer(const struct show *show, int64_t clock_offset)
{
	static const struct columns none = {0};
	const struct columns *columns = &show->columns;
	if (show->format == FORMAT_CSV && !show->own_columns)
		columns = &show->every;
	else if ((show->format == FORMAT_WIDE || show->format == FORMAT_JSON) && !show->own_columns)
		columns = &none;
	return (struct writer_options){
		/* --fields of wide are a table: text */
		.format = show->format == FORMAT_WIDE && columns->n ? FORMAT_TEXT : show->format,
		.columns = columns->items,
		.n_columns = columns->n,
		.clock_offset = clock_offset,
		.no_header = show->no_header,
		.container = show->container,
	};
}
