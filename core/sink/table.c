/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/keep.h"

#define KEYS_MAX 16

struct order {
	char name[64];
	bool descending;
};

/* The fields of the orders in one of the streams. */
struct fields {
	const struct stream *stream;
	const struct field *key[KEYS_MAX], *sort[KEYS_MAX];
};

struct row {
	struct view view; /* of our copy */
	const struct fields *fields;
	uint64_t hash;
	size_t at; /* order of arrival */
};

struct table {
	struct order key[KEYS_MAX], sort[KEYS_MAX];
	size_t n_key, n_sort, top;
	struct fields *fields; /* by stream */
	size_t n_fields;
	struct row *rows;
	size_t n, cap, bytes;
	uint32_t *slots; /* row + 1 by hash; open addressing, a power of two and at least twice the rows */
	size_t n_slots;
	const struct field **keep;
	size_t n_keep;
	uint64_t dropped;
};

static int parse(struct order *orders, size_t *n, const char *text, char *why, size_t why_size)
{
	*n = 0;
	while (text && *text) {
		const char *comma = strchrnul(text, ',');
		struct order *o = &orders[*n];
		if (*n == KEYS_MAX) {
			snprintf(why, why_size, "more than %d fields to sort by", KEYS_MAX);
			return -E2BIG;
		}
		o->descending = *text == '-';
		text += o->descending;
		if (text == comma || (size_t)(comma - text) >= sizeof(o->name)) {
			snprintf(why, why_size, "no field named '%.*s'", (int)(comma - text), text);
			return -EINVAL;
		}
		snprintf(o->name, sizeof(o->name), "%.*s", (int)(comma - text), text);
		(*n)++;
		text = *comma ? comma + 1 : comma;
	}
	return 0;
}

static int not_there(const struct stream *s, const char *name, char *why, size_t why_size)
{
	const char *names[512];
	const size_t most = sizeof(names) / sizeof(names[0]);
	size_t n = stream_names(&s, 1, names, most);
	const char *near = nearest_name(name, names, n < most ? n : most);
	snprintf(why, why_size, "stream %s has no field '%s' to sort by%s%s%s", s->name, name,
		 near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	return -EINVAL;
}

/* The fields of the orders in a stream, which must have them all. */
static int resolve(const struct order *orders, size_t n, const struct stream *s, const struct field **fields, char *why,
		   size_t why_size)
{
	for (size_t i = 0; i < n; i++) {
		fields[i] = stream_field(s, orders[i].name);
		if (!fields[i])
			return not_there(s, orders[i].name, why, why_size);
	}
	return 0;
}

int table_new(struct table **out, const struct stream *const *streams, size_t n, const char *key, const char *sort,
	      size_t top, char *why, size_t why_size)
{
	struct table *t = calloc(1, sizeof(*t));
	if (t)
		t->fields = calloc(n + 1, sizeof(*t->fields));
	if (!t || !t->fields) {
		free(t);
		snprintf(why, why_size, "no memory");
		return -ENOMEM;
	}
	t->top = top;
	int err = parse(t->key, &t->n_key, key, why, why_size);
	if (!err)
		err = parse(t->sort, &t->n_sort, sort, why, why_size);
	for (size_t s = 0; s < n && !err; s++) {
		struct fields *f = &t->fields[t->n_fields++];
		f->stream = streams[s];
		err = resolve(t->key, t->n_key, streams[s], f->key, why, why_size);
		if (!err)
			err = resolve(t->sort, t->n_sort, streams[s], f->sort, why, why_size);
	}
	if (err) {
		table_destroy(t);
		return err;
	}
	*out = t;
	return 0;
}

int table_check(const struct stream *const *streams, size_t n, const char *key, const char *sort, char *why,
		size_t why_size)
{
	struct table *t;
	int err = table_new(&t, streams, n, key, sort, 0, why, why_size);
	if (!err)
		table_destroy(t);
	return err;
}

static void clear(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free((void *)t->rows[i].view.rec);
	t->n = t->bytes = 0;
	if (t->n_slots)
		memset(t->slots, 0, t->n_slots * sizeof(*t->slots));
}

void table_destroy(struct table *t)
{
	if (!t)
		return;
	clear(t);
	free(t->rows);
	free(t->slots);
	free(t->keep);
	free(t->fields);
	free(t);
}

static bool is_signed(const struct field *f)
{
	return (f->type >= EUN_S8 && f->type <= EUN_S64) || f->type == EUN_ERRNO;
}

/* Values of one field name in two events, which may be of different streams and types. */
static int compare(const struct view *a, const struct field *in_a, const struct view *b, const struct field *in_b)
{
	struct value x = {0}, y = {0};
	bool has_x = view_read(a, in_a, &x), has_y = view_read(b, in_b, &y);
	if (has_x != has_y || (x.ptr != NULL) != (y.ptr != NULL))
		return has_x != has_y ? has_x - has_y : (x.ptr != NULL) - (y.ptr != NULL);
	if (x.ptr) {
		int c = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);
		return c ? c : (x.len > y.len) - (x.len < y.len);
	}
	if (is_signed(in_a) && is_signed(in_b))
		return (x.s > y.s) - (x.s < y.s);
	return (x.u > y.u) - (x.u < y.u);
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * 0x100000001b3u; /* FNV-1a */
	return hash;
}

static uint64_t hash_of(const struct table *t, const struct view *view, const struct fields *f)
{
	uint64_t hash = mix(0xcbf29ce484222325u, &view->stream->id, sizeof(view->stream->id));
	for (size_t i = 0; i < t->n_key; i++) {
		struct value v = {0};
		view_read(view, f->key[i], &v);
		if (v.ptr)
			hash = mix(hash, v.ptr, v.len);
		else
			hash = mix(hash, is_signed(f->key[i]) ? (const void *)&v.s : (const void *)&v.u, 8);
	}
	return hash;
}

static void place(struct table *t, uint32_t row)
{
	size_t at = t->rows[row].hash & (t->n_slots - 1);
	while (t->slots[at])
		at = (at + 1) & (t->n_slots - 1);
	t->slots[at] = row + 1;
}

static bool same_key(const struct table *t, const struct row *row, const struct view *view)
{
	for (size_t i = 0; i < t->n_key; i++)
		if (compare(&row->view, row->fields->key[i], view, row->fields->key[i]))
			return false;
	return true;
}

static struct row *find(struct table *t, const struct view *view, uint64_t hash)
{
	if (!t->n_slots)
		return NULL;
	for (size_t at = hash & (t->n_slots - 1); t->slots[at]; at = (at + 1) & (t->n_slots - 1)) {
		struct row *row = &t->rows[t->slots[at] - 1];
		if (row->hash == hash && row->view.stream == view->stream && same_key(t, row, view))
			return row;
	}
	return NULL;
}

static void add_up(struct row *row, const struct view *view)
{
	char *to = (char *)row->view.rec;
	const char *from = (const char *)view->rec;
	for (uint32_t i = 0; i < view->stream->n_fields; i++) {
		const struct field *f = &view->stream->fields[i];
		if (!(f->flags & EUN_FIELD_SUM))
			continue;
		uint32_t step = f->type == EUN_HIST || f->type == EUN_U64S ? 8 : f->size;
		for (uint32_t at = f->offset; at + step <= f->offset + f->size; at += step) {
			uint64_t a = 0, b = 0;
			memcpy(&a, to + at, step);
			memcpy(&b, from + at, step);
			a += b;
			memcpy(to + at, &a, step);
		}
	}
}

static int grow(struct table *t)
{
	size_t cap = t->cap ? 2 * t->cap : 256;
	struct row *rows = realloc(t->rows, cap * sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	t->rows = rows;
	uint32_t *slots = calloc(2 * cap, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(t->slots);
	t->slots = slots;
	t->n_slots = 2 * cap;
	t->cap = cap; /* last: there may be no more rows than the slots are made for */
	for (uint32_t i = 0; i < t->n; i++)
		place(t, i);
	return 0;
}

static const struct fields *fields_of(const struct table *t, const struct stream *stream)
{
	for (size_t i = 0; i < t->n_fields; i++)
		if (t->fields[i].stream == stream)
			return &t->fields[i];
	return NULL;
}

int table_keep(struct table *t, const struct field *const *fields, size_t n)
{
	const struct field **keep = n <= KEPT_MAX ? calloc(n + 1, sizeof(*keep)) : NULL;
	if (!keep)
		return -ENOMEM;
	memcpy(keep, fields, n * sizeof(*keep));
	free(t->keep);
	t->keep = keep;
	t->n_keep = n;
	return 0;
}

int table_add(struct table *t, const struct view *view)
{
	const struct fields *f = fields_of(t, view->stream);
	if (!f)
		return -EINVAL;
	uint64_t hash = t->n_key ? hash_of(t, view, f) : t->n;
	struct row *same = t->n_key ? find(t, view, hash) : NULL;
	if (same) {
		add_up(same, view);
		return 0;
	}
	if (t->n == TABLE_ROWS_MAX || t->bytes + view->len > TABLE_BYTES_MAX) {
		t->dropped++;
		return 0;
	}
	if (t->n == t->cap && grow(t))
		return -ENOMEM;
	struct view copy;
	size_t bytes;
	if (!view_copy(view, t->keep, t->n_keep, &copy, &bytes))
		return -ENOMEM;
	t->bytes += bytes;
	t->rows[t->n] = (struct row){copy, f, hash, t->n};
	place(t, (uint32_t)t->n++);
	return 0;
}

size_t table_rows(const struct table *t)
{
	return t->n;
}

static int by_order(const void *a, const void *b, void *context)
{
	const struct table *t = context;
	const struct row *x = a, *y = b;
	for (size_t i = 0; i < t->n_sort; i++) {
		int c = compare(&x->view, x->fields->sort[i], &y->view, y->fields->sort[i]);
		if (c)
			return t->sort[i].descending ? -c : c;
	}
	return (x->at > y->at) - (x->at < y->at);
}

int table_print(struct table *t, struct writer *writer, struct buf *out)
{
	int err = 0;
	if (t->n_sort && t->n > 1)
		qsort_r(t->rows, t->n, sizeof(*t->rows), by_order, t);
	size_t n = t->top && t->top < t->n ? t->top : t->n;
	for (size_t i = 0; i < n && !err; i++)
		err = writer_event(writer, &t->rows[i].view, out);
	clear(t);
	return err;
}

uint64_t table_dropped(const struct table *t)
{
	return t->dropped;
}
