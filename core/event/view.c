/* SPDX-License-Identifier: MIT */
#include "view.h"

bool view_init(struct view *view, const void *bytes, uint32_t len, const struct schema *schema)
{
	struct eun_event head;
	if (len < sizeof(head))
		return false;
	memcpy(&head, bytes, sizeof(head));
	const struct stream *stream = schema_stream(schema, head.stream);
	if (!stream || head.len != len || len < stream->record_size)
		return false;
	*view = (struct view){.rec = bytes, .len = len, .stream = stream};
	return true;
}

/* One load of a known size each: this is the hottest read of all. */
static uint64_t read_unsigned(const char *at, uint32_t size)
{
	uint16_t n16;
	uint32_t n32;
	uint64_t n64;
	switch (size) {
	case 1:
		return (uint8_t)*at;
	case 2:
		memcpy(&n16, at, sizeof(n16));
		return n16;
	case 4:
		memcpy(&n32, at, sizeof(n32));
		return n32;
	case 8:
		memcpy(&n64, at, sizeof(n64));
		return n64;
	default: /* stream_new() lets no other size pass */
		return 0;
	}
}

static int64_t read_signed(const char *at, uint32_t size)
{
	uint32_t shift = 64 - 8 * size;
	return (int64_t)(read_unsigned(at, size) << shift) >> shift;
}

static bool read_computed(const struct view *view, const struct field *f, struct value *out)
{
	for (uint32_t i = 0; view->kept && i < view->kept->n; i++) {
		const struct kept_value *k = &view->kept->values[i];
		if (k->field == f) {
			*out = k->value;
			return k->has;
		}
	}
	return f->get(view, f, out);
}

bool view_read(const struct view *view, const struct field *f, struct value *out)
{
	*out = (struct value){0};
	if (f->get)
		return read_computed(view, f, out);
	const char *at = (const char *)view->rec + f->offset;
	switch (f->type) {
	case EUN_S8:
	case EUN_S16:
	case EUN_S32:
	case EUN_S64:
	case EUN_ERRNO:
		out->s = read_signed(at, f->size);
		return true;
	case EUN_CHARS:
		out->ptr = at;
		out->len = (uint32_t)strnlen(at, f->size);
		return true;
	case EUN_STRING:
	case EUN_STRINGS:
	case EUN_PATH:
	case EUN_BYTES: {
		uint32_t ref = (uint32_t)read_unsigned(at, 4), off = EUN_REF_OFF(ref), len = EUN_REF_LEN(ref);
		if (!off || off > view->len || len > view->len - off)
			return false;
		out->ptr = (const char *)view->rec + off;
		if (f->type == EUN_STRINGS && len) {
			out->u = 1;
			len -= !out->ptr[len - 1];
		}
		out->len = len;
		return true;
	}
	case EUN_IP:
	case EUN_SOCKADDR:
	case EUN_U64S:
	case EUN_HIST:
	case EUN_STACK:
		out->ptr = at;
		out->len = f->size;
		return true;
	default:
		out->u = read_unsigned(at, f->size);
		return true;
	}
}

uint64_t view_number(const struct view *view, const char *name)
{
	struct value v = {0};
	const struct field *f = stream_field(view->stream, name);
	if (!f || !view_read(view, f, &v))
		return 0;
	return f->type == EUN_ERRNO ? (uint64_t)v.s : v.u;
}
