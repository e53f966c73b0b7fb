/* SPDX-License-Identifier: MIT */
#include "event/keep.h"

#include <stdlib.h>

/* The values. Returns how many bytes they and the texts that they point to have; 0: nothing is kept. */
static size_t read_kept(const struct view *view, const struct field *const *fields, size_t n, struct kept *kept)
{
	size_t size = n ? sizeof(*kept) + n * sizeof(kept->values[0]) : 0;
	kept->n = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		struct kept_value *k = &kept->values[i];
		k->field = fields[i];
		k->has = view_read(view, k->field, &k->value);
		size += k->has && k->value.ptr ? k->value.len : 0;
	}
	return size;
}

void *view_copy(const struct view *view, const struct field *const *fields, size_t n, struct view *out, size_t *bytes)
{
	union {
		struct kept kept;
		char room[sizeof(struct kept) + KEPT_MAX * sizeof(struct kept_value)];
	} u;
	size_t at = (view->len + 7u) & ~7u, size = read_kept(view, fields, n, &u.kept);
	char *copy = malloc(at + size);
	*bytes = at + size;
	if (!copy)
		return NULL;
	memcpy(copy, view->rec, view->len);
	*out = (struct view){.rec = (void *)copy, .len = view->len, .stream = view->stream};
	if (!size)
		return copy;
	struct kept *kept = (struct kept *)(copy + at);
	char *texts = (char *)&kept->values[n];
	memcpy(kept, &u.kept, (size_t)(texts - (char *)kept));
	for (uint32_t i = 0; i < kept->n; i++) {
		struct value *v = &kept->values[i].value;
		if (!kept->values[i].has || !v->ptr)
			continue;
		v->ptr = memcpy(texts, v->ptr, v->len);
		texts += v->len;
	}
	out->kept = kept;
	return copy;
}
