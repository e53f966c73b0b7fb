/* SPDX-License-Identifier: MIT */
#include "metric_row.h"

#include <errno.h>
#include <string.h>

#include "event/view.h"
#include "filter/filter.h"
#include "refuse.h"

#define NAME_MAX_BYTES 63
#define TYPE(type) (1u << (type))
#define INTEGERS                                                                                                       \
	(TYPE(EUN_U8) | TYPE(EUN_U16) | TYPE(EUN_U32) | TYPE(EUN_U64) | TYPE(EUN_S8) | TYPE(EUN_S16) | TYPE(EUN_S32) | \
	 TYPE(EUN_S64) | TYPE(EUN_ERRNO))
#define LABELS (TYPE(EUN_ENUM) | TYPE(EUN_ERRNO) | TYPE(EUN_BOOL) | TYPE(EUN_U8))

static const struct unit {
	const char *field, *metric; /* how the names end */
	double divisor;
	uint32_t n;
	double bounds[16];
} units[] = {
	{"_ns",
	 "_seconds",
	 1e9,
	 16,
	 {1e-4, 25e-5, 5e-4, 1e-3, 25e-4, 5e-3, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}},
	{"_us",
	 "_seconds",
	 1e6,
	 16,
	 {1e-4, 25e-5, 5e-4, 1e-3, 25e-4, 5e-3, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}},
	{"_ms",
	 "_seconds",
	 1e3,
	 16,
	 {1e-4, 25e-5, 5e-4, 1e-3, 25e-4, 5e-3, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}},
	{"bytes",
	 "_bytes",
	 1,
	 13,
	 {64, 256, 1024, 4096, 16384, 65536, 262144, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20, 1 << 30}},
	{"", "", 1, 10, {1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}},
};

static bool ends_in(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);
	return len >= n && !memcmp(text + len - n, end, n);
}

static const struct unit *unit_of(const struct field *field)
{
	const struct unit *u = units;
	while (!ends_in(field->name, strlen(field->name), u->field))
		u++;
	return u;
}

#define REFUSE(fmt, ...) refuse(why, why_size, "metric %s: " fmt, row->name, __VA_ARGS__)

static int check_name(const struct eun_metric *row, const struct unit *unit, char *why, size_t why_size)
{
	size_t len = strlen(row->name);
	if (len > NAME_MAX_BYTES || strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != len)
		return REFUSE("its name is not 1 to %d of [a-z0-9_]; rename it", NAME_MAX_BYTES);
	bool total = ends_in(row->name, len, "_total");
	if (total != (row->type == EUN_METRIC_COUNTER))
		return REFUSE("the names of counters end in %s, and no others; rename it", "_total");
	len -= total ? strlen("_total") : 0;
	if (unit && !ends_in(row->name, len, unit->metric))
		return REFUSE("its field is of a unit that is shown as %s; end the name with it", unit->metric);
	return 0;
}

static int read_labels(struct metric_row *out, const struct eun_metric *row, const struct stream *stream, char *why,
		       size_t why_size)
{
	for (const char *p = row->labels; p && *p;) {
		size_t len = strcspn(p, ",");
		struct metric_label *label = &out->labels[out->n_labels];
		if (out->n_labels == METRIC_LABELS_MAX)
			return REFUSE("it has more than %d labels; remove some", METRIC_LABELS_MAX);
		if (len >= sizeof(label->name))
			return REFUSE("the name of label %u is too long", out->n_labels + 1);
		memcpy(label->name, p, len);
		label->field = stream_field(stream, label->name);
		bool always = !strcmp(label->name, "container") || !strcmp(label->name, "comm");
		if (!always && !label->field)
			return REFUSE("stream %s has no field '%s' for a label; name one of its fields", stream->name,
				      label->name);
		if (!always && !(TYPE(label->field->type) & LABELS))
			return REFUSE("'%s' of type %s has too many values for a label; use container, comm, an enum, "
				      "an errno, a bool or a u8",
				      label->name, type_name(label->field->type));
		out->n_labels++;
		p += len + (p[len] == ',');
	}
	return 0;
}

static int read_field(struct metric_row *out, const struct eun_metric *row, const struct stream *stream, char *why,
		      size_t why_size)
{
	const char *name = row->field ? row->field : stream->flags & EUN_STREAM_AGGREGATE ? "count" : NULL;
	if (!name && row->type != EUN_METRIC_COUNTER)
		return REFUSE("a %s has a field; name one", "gauge or histogram");
	if (!name)
		return 0;
	out->field = stream_field(stream, name);
	out->sum = row->sum ? stream_field(stream, row->sum) : NULL;
	if (!out->field || (row->sum && !out->sum))
		return REFUSE("stream %s has no field '%s'; name one of its fields", stream->name,
			      out->field ? row->sum : name);
	bool slots = out->field->type == EUN_HIST && row->type == EUN_METRIC_HISTOGRAM;
	if (!(TYPE(out->field->type) & INTEGERS) && !slots)
		return REFUSE("'%s' of type %s is no number; name another field", name, type_name(out->field->type));
	if (slots != (out->sum != NULL) || (out->sum && !(TYPE(out->sum->type) & INTEGERS)))
		return REFUSE("a histogram of '%s', and no other, has a sum, which is a number; correct it", name);
	return 0;
}

static int read_bounds(struct metric_row *out, const struct eun_metric *row, const struct unit *unit, char *why,
		       size_t why_size)
{
	if (row->bounds.count > METRIC_BOUNDS_MAX || (row->bounds.count && row->type != EUN_METRIC_HISTOGRAM))
		return REFUSE("it has %u bounds; give a histogram, and no other, up to %d", row->bounds.count,
			      METRIC_BOUNDS_MAX);
	if (row->type != EUN_METRIC_HISTOGRAM)
		return 0;
	if (row->bounds.count) {
		for (uint32_t i = 0; i < row->bounds.count; i++) {
			__u64 bound;
			memcpy(&bound, (const char *)row->bounds.rows + i * sizeof(bound), sizeof(bound));
			out->bounds[out->n_bounds++] = (double)bound / out->divisor;
		}
	} else if (out->field->type == EUN_HIST) {
		/* bounds of slots, so that none is split: 15 to 2^30 - 1 */
		for (uint32_t i = 3; i < 30; i += 2)
			out->bounds[out->n_bounds++] = (double)hist_high(i) / out->divisor;
	} else {
		out->n_bounds = unit->n;
		memcpy(out->bounds, unit->bounds, sizeof(unit->bounds));
	}
	for (uint32_t i = 1; i < out->n_bounds; i++)
		if (out->bounds[i] <= out->bounds[i - 1])
			return REFUSE("bound %u is not over the one before it; sort them", i + 1);
	return 0;
}

static int check_where(const struct eun_metric *row, const struct stream *stream, char *why, size_t why_size)
{
	struct filter *filter = NULL;
	struct filter_error error;
	int err = row->where ? filter_compile(&filter, row->where, NULL, &stream, 1, NULL, &error) : 0;
	filter_destroy(filter);
	return err ? REFUSE("its filter: %s; correct it", err == -EINVAL ? error.text : "no memory") : 0;
}

int metric_row_read(struct metric_row *out, const struct eun_metric *row, const struct stream *stream, char *why,
		    size_t why_size)
{
	static const enum metric_type types[] = {[EUN_METRIC_COUNTER] = METRIC_COUNTER,
						 [EUN_METRIC_GAUGE] = METRIC_GAUGE,
						 [EUN_METRIC_HISTOGRAM] = METRIC_HISTOGRAM};
	*out = (struct metric_row){.divisor = 1};
	if (row->type < EUN_METRIC_COUNTER || row->type > EUN_METRIC_HISTOGRAM)
		return REFUSE("its type is %u; use EUN_METRIC_COUNTER, _GAUGE or _HISTOGRAM", row->type);
	out->type = types[row->type];
	int err = read_field(out, row, stream, why, why_size);
	if (err)
		return err;
	const struct unit *unit = out->field ? unit_of(out->field) : NULL;
	if (unit)
		out->divisor = unit->divisor;
	err = check_name(row, unit, why, why_size);
	if (!err)
		err = read_labels(out, row, stream, why, why_size);
	if (!err)
		err = read_bounds(out, row, unit, why, why_size);
	return err ? err : check_where(row, stream, why, why_size);
}
