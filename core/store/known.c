/* SPDX-License-Identifier: MIT */
#include "known.h"

#include "pipeline/wire.h"

#define AGE "proc.duration_ns"
#define START "proc.start"

enum { NUMBER, TEXT };

void known_names(struct buf *out, const struct field *computed, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		buf_printf(out, "%s%s:%s", i ? "," : "", computed[i].name, type_name(computed[i].type));
}

uint32_t known_place(const struct field *computed, uint32_t n, const char *name)
{
	uint32_t i = 0;
	while (i < n && strcmp(computed[i].name, name) != 0)
		i++;
	return i;
}

void known_put(struct buf *out, const struct view *view, const struct field *computed, uint32_t n)
{
	struct value v;
	for (uint32_t i = 0; i < n && i < KEPT_MAX; i++) {
		if (!strcmp(computed[i].name, AGE) || !view_read(view, &computed[i], &v))
			continue;
		buf_char(out, (char)i);
		buf_char(out, v.ptr ? TEXT : NUMBER);
		wire_put_u64(out, v.u);
		if (!v.ptr)
			continue;
		wire_put_u32(out, v.len);
		buf_add(out, v.ptr, v.len);
	}
}

static bool next(struct wire *in, uint32_t *place, struct value *v)
{
	const unsigned char *head = wire_left(in) ? wire_get_bytes(in, 2) : NULL;
	if (!head)
		return false;
	*place = head[0];
	*v = (struct value){.u = wire_get_u64(in)};
	if (head[1] == TEXT) {
		v->len = wire_get_u32(in);
		v->ptr = wire_get_bytes(in, v->len);
	}
	return !in->bad;
}

static struct wire wire_of(const void *bytes, size_t len)
{
	return (struct wire){.at = bytes, .end = (const unsigned char *)bytes + len};
}

bool known_text(const void *bytes, size_t len, uint32_t place, const char **text, size_t *text_len)
{
	struct wire in = wire_of(bytes, len);
	struct value v;
	for (uint32_t at; next(&in, &at, &v);)
		if (at == place && v.ptr) {
			*text = v.ptr;
			*text_len = v.len;
			return true;
		}
	return false;
}

size_t known_fields(const char *names, const struct field *computed, uint32_t n, const struct field **fields)
{
	size_t count = 0;
	while (*names && count < KEPT_MAX) {
		size_t len = strcspn(names, ",");
		fields[count] = NULL;
		for (uint32_t i = 0; i < n; i++) {
			size_t name = strlen(computed[i].name);
			const char *type = type_name(computed[i].type);
			if (name < len && !strncmp(names, computed[i].name, name) && names[name] == ':' &&
			    strlen(type) == len - name - 1 && !strncmp(names + name + 1, type, len - name - 1))
				fields[count] = &computed[i];
		}
		count++;
		names += len + (names[len] == ',');
	}
	return count;
}

static void keep(struct kept *kept, const struct field *field, const struct value *v, bool has)
{
	kept->values[kept->n++] = (struct kept_value){.field = field, .has = has, .value = *v};
}

void known_get(const void *bytes, size_t len, const struct field *const *fields, size_t n, int64_t shift, uint64_t time,
	       union known *out)
{
	struct wire in = wire_of(bytes, len);
	struct value v, start = {0};
	bool there[KEPT_MAX] = {false};
	out->kept.n = 0;
	for (uint32_t at; next(&in, &at, &v);) {
		if (at >= n || there[at] || !fields[at] || !v.ptr != !type_is_text(fields[at]->type))
			continue;
		there[at] = true;
		if (fields[at]->type == EUN_TIME && v.u)
			v.u += (uint64_t)shift;
		if (!strcmp(fields[at]->name, START))
			start = v;
		keep(&out->kept, fields[at], &v, true);
	}
	for (size_t i = 0; i < n; i++) {
		if (there[i] || !fields[i])
			continue;
		v = (struct value){.u = time - start.u};
		keep(&out->kept, fields[i], &v, start.u && !strcmp(fields[i]->name, AGE));
	}
}
