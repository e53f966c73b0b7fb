/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "record_format.h"
#include "record_stream.h"
#include "texts.h"

struct meta {
	struct meta *next;
	const char *value;
	char key[]; /* then the value */
};

struct recording {
	FILE *file;
	char *name;
	uint64_t at;   /* byte of the file that is read next */
	uint64_t from; /* where the chunk begins */
	struct buf payload;
	size_t head; /* bytes up to START */
	struct meta *metas;
	int64_t clock_offset;
	struct schema schema;
	uint32_t *ids; /* the schema's id + 1 by the recorded id; 0: no such stream */
	struct texts *texts;
	bool started, ended;
	uint64_t records, lost;
	int error;
	char reason[320];
};

__attribute__((format(printf, 3, 4))) static int fail(struct recording *r, int err, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(r->reason, sizeof(r->reason), fmt, args);
	va_end(args);
	return r->error = err;
}

static const char *what_is_left(const struct recording *r)
{
	return r->started ? "everything before it was delivered" : "it has no complete head: nothing can be read";
}

__attribute__((format(printf, 2, 3))) static int damaged(struct recording *r, const char *fmt, ...)
{
	char what[224];
	va_list args;
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return fail(r, -EBADMSG, "damaged at byte %llu: %s; %s", (unsigned long long)r->from, what, what_is_left(r));
}

static int no_memory(struct recording *r)
{
	return fail(r, -ENOMEM, "no memory at byte %llu; %s", (unsigned long long)r->from, what_is_left(r));
}

/* 0 and *n bytes, fewer at the end of the file; or an error. */
static int read_bytes(struct recording *r, void *to, size_t *n)
{
	errno = 0;
	*n = fread(to, 1, *n, r->file);
	r->at += *n;
	if (!ferror(r->file))
		return 0;
	return fail(r, errno ? -errno : -EIO, "read at byte %llu: %s; %s", (unsigned long long)r->at, strerror(errno),
		    what_is_left(r));
}

static int cut(struct recording *r, const char *where)
{
	return fail(r, -EBADMSG, "ends at byte %llu %s (the run that wrote it was killed, or the file was cut); %s",
		    (unsigned long long)r->at, where, what_is_left(r));
}

static const struct stream *stream_of(const struct recording *r, uint16_t recorded_id)
{
	return r->ids[recorded_id] ? schema_stream(&r->schema, (uint16_t)(r->ids[recorded_id] - 1)) : NULL;
}

/*
 * The functions of the chunks. They return 1: there is an item, 0: there is none, or an error. What they leave of the
 * payload is damage.
 */

static int meta_read(struct recording *r, struct wire *in, struct recording_item *item)
{
	const char *key = wire_get_some_text(in), *value = wire_get_some_text(in);
	(void)item;
	if (in->bad)
		return 0;
	size_t n = strlen(key) + 1, n_value = strlen(value) + 1;
	struct meta *m = malloc(sizeof(*m) + n + n_value);
	if (!m)
		return no_memory(r);
	memcpy(m->key, key, n);
	m->value = memcpy(m->key + n, value, n_value);
	m->next = r->metas;
	r->metas = m;
	return 0;
}

static int stream_read(struct recording *r, struct wire *in, struct recording_item *item)
{
	uint16_t id;
	char why[160];
	(void)item;
	struct stream *s = record_stream_get(in, &id, why, sizeof(why));
	if (!s)
		return damaged(r, "%s", why);
	in->at = in->end;
	if (r->ids[id] || schema_find(&r->schema, s->name)) {
		damaged(r, "stream %s, number %u, is there twice", s->name, id);
		stream_destroy(s);
	} else if (r->schema.n_streams == RECORD_STREAMS_MAX) {
		damaged(r, "more than %u streams", RECORD_STREAMS_MAX);
		stream_destroy(s);
	} else if (schema_add(&r->schema, s)) {
		no_memory(r);
		stream_destroy(s);
	} else {
		r->ids[id] = s->id + 1u;
	}
	return r->error;
}

static int start_read(struct recording *r, struct wire *in, struct recording_item *item)
{
	static const char *const orders[] = {"little", "big"};
	(void)item;
	r->clock_offset = (int64_t)wire_get_u64(in);
	uint32_t order = wire_get_u32(in);
	if (order > 1)
		return damaged(r, "an order of bytes %u", order);
	if (order != RECORD_BIG_ENDIAN)
		return fail(r, -ENOTSUP, "recorded on a %s-endian machine; replay it on such a one", orders[order]);
	r->started = true;
	return 0;
}

static int record_read(struct recording *r, struct wire *in, struct recording_item *item)
{
	uint32_t len = (uint32_t)wire_left(in);
	char *record = r->payload.data;
	struct eun_event *head = (struct eun_event *)record; /* as long, and aligned: a buffer of its own */
	const struct stream *s = stream_of(r, head->stream);
	if (!s)
		return damaged(r, "a record of stream %u, which is not in the head", head->stream);
	head->stream = s->id;
	if (!view_init(&item->view, record, len, &r->schema))
		return damaged(r, "a record of %s with %u bytes that says it has %u, at least %u", s->name, len,
			       head->len, s->record_size);
	in->at = in->end;
	item->kind = RECORDING_EVENT;
	r->records++;
	return 1;
}

static int text_of(void *self, uint32_t stream, uint32_t field, const void *bytes, uint32_t len, char *buf,
		   uint32_t size)
{
	const struct recording *r = self;
	const char *text = texts_find(r->texts, (uint16_t)stream, field, bytes, len);
	return text ? snprintf(buf, size, "%s", text) : -ENOENT;
}

static int text_read(struct recording *r, struct wire *in, struct recording_item *item)
{
	const struct stream *s = stream_of(r, wire_get_u16(in));
	uint32_t field = wire_get_u32(in);
	const char *text = wire_get_some_text(in);
	uint32_t len = (uint32_t)wire_left(in);
	const void *bytes = wire_get_bytes(in, len);
	(void)item;
	if (in->bad)
		return 0;
	if (!s || field >= s->n_fields)
		return damaged(r, "a text of a stream or a field that is not in the head");
	if (!r->texts && !(r->texts = texts_new(RECORD_TEXTS_READER)))
		return no_memory(r);
	if (texts_add(r->texts, s->id, field, bytes, len, text))
		return no_memory(r);
	/* from the first text on the stream looks as if its plugin were there */
	struct stream *own = r->schema.streams[s->id];
	own->format = text_of;
	own->format_self = r;
	own->format_stream = s->id;
	return 0;
}

static int lost_read(struct recording *r, struct wire *in, struct recording_item *item)
{
	item->kind = RECORDING_LOST;
	item->stream = stream_of(r, wire_get_u16(in));
	item->time = wire_get_u64(in);
	item->count = wire_get_u64(in);
	if (!item->stream)
		return damaged(r, "events lost of a stream that is not in the head");
	r->lost += item->count;
	return 1;
}

static int mark_read(struct recording *r, struct wire *in, struct recording_item *item)
{
	(void)r;
	item->kind = RECORDING_MARK;
	item->time = wire_get_u64(in);
	return 1;
}

static int process_read(struct recording *r, struct wire *in, struct recording_item *item)
{
	(void)r;
	item->kind = RECORDING_PROCESS;
	facts_get_process(in, &item->process);
	return 1;
}

static int forgot_read(struct recording *r, struct wire *in, struct recording_item *item)
{
	(void)r;
	item->kind = RECORDING_FORGOT;
	facts_get_forgot(in, &item->process);
	return 1;
}

static int container_read(struct recording *r, struct wire *in, struct recording_item *item)
{
	(void)r;
	item->kind = RECORDING_CONTAINER;
	facts_get_container(in, &item->container);
	return 1;
}

static int end_read(struct recording *r, struct wire *in, struct recording_item *item)
{
	uint64_t records = wire_get_u64(in), lost = wire_get_u64(in), bytes = wire_get_u64(in);
	(void)item;
	if (records != r->records || lost != r->lost || bytes != r->from)
		return damaged(r, "the end tells of %llu records, %llu lost, %llu bytes, there were %llu, %llu, %llu",
			       (unsigned long long)records, (unsigned long long)lost, (unsigned long long)bytes,
			       (unsigned long long)r->records, (unsigned long long)r->lost,
			       (unsigned long long)r->from);
	r->from = r->at;
	if (fgetc(r->file) != EOF)
		return damaged(r, "bytes follow the end of the recording");
	r->ended = true;
	return 0;
}

static const struct chunk {
	const char *name;
	bool head; /* it belongs before START */
	uint32_t least, most;
	int (*read)(struct recording *r, struct wire *in, struct recording_item *item);
} chunks[CHUNK_TYPES] = {
	[CHUNK_META] = {"META", true, 10, RECORD_HEAD_MAX, meta_read},
	[CHUNK_STREAM] = {"STREAM", true, 34, RECORD_HEAD_MAX, stream_read},
	[CHUNK_START] = {"START", true, 12, 12, start_read},
	[CHUNK_RECORD] = {"RECORD", false, sizeof(struct eun_event), EUN_RECORD_MAX, record_read},
	[CHUNK_TEXT] = {"TEXT", false, 11, EUN_RECORD_MAX + 512, text_read},
	[CHUNK_LOST] = {"LOST", false, 18, 18, lost_read},
	[CHUNK_MARK] = {"MARK", false, 8, 8, mark_read},
	[CHUNK_END] = {"END", false, 24, 24, end_read},
	[CHUNK_PROCESS] = {"PROCESS", false, 60, EUN_RECORD_MAX, process_read},
	[CHUNK_FORGOT] = {"FORGOT", false, 12, 12, forgot_read},
	[CHUNK_CONTAINER] = {"CONTAINER", false, 36, 6 * 4100 + 12, container_read},
};

/* The payload of the chunk, whole and with a good sum. */
static int payload_read(struct recording *r, const char *head, uint32_t length, uint32_t sum)
{
	size_t n = length;
	r->payload.len = 0;
	char *to = buf_room(&r->payload, length);
	if (!to)
		return no_memory(r);
	if (read_bytes(r, to, &n))
		return r->error;
	if (n < length)
		return cut(r, "inside a chunk");
	if (wire_chunk_sum(head, to, n) != sum)
		return damaged(r, "the checksum of a chunk of %u bytes is wrong", length);
	return 0;
}

/* Reads one chunk. 1: it is an item, 0: it is none, or an error. */
static int chunk_read(struct recording *r, struct recording_item *item)
{
	char head[CHUNK_HEAD_LEN];
	size_t n = sizeof(head);
	r->from = r->at;
	if (read_bytes(r, head, &n))
		return r->error;
	if (n < sizeof(head))
		return cut(r, n ? "inside a chunk" : "without the end of a recording");
	struct wire in = {.at = (unsigned char *)head, .end = (unsigned char *)head + n};
	uint32_t type = wire_get_u32(&in), length = wire_get_u32(&in), sum = wire_get_u32(&in);
	const struct chunk *chunk = type < CHUNK_TYPES ? &chunks[type] : NULL;
	if (!chunk || !chunk->read)
		return damaged(r, "a chunk of the unknown type %u", type);
	if (length < chunk->least || length > chunk->most)
		return damaged(r, "a chunk of type %s has %u bytes, not between %u and %u", chunk->name, length,
			       chunk->least, chunk->most);
	if (chunk->head == r->started)
		return damaged(r, "a chunk of type %s %s the start", chunk->name, r->started ? "after" : "before");
	if (chunk->head)
		r->head += sizeof(head) + length;
	if (r->head > RECORD_HEAD_MAX)
		return damaged(r, "a head of more than %u bytes", RECORD_HEAD_MAX);
	if (payload_read(r, head, length, sum))
		return r->error;
	in = (struct wire){.at = (unsigned char *)r->payload.data, .end = (unsigned char *)r->payload.data + length};
	int found = chunk->read(r, &in, item);
	if (found >= 0 && (in.bad || in.at != in.end))
		return damaged(r, "a chunk of type %s and %u bytes holds something else", chunk->name, length);
	return found;
}

static int magic_read(struct recording *r)
{
	char magic[RECORD_MAGIC_LEN];
	size_t n = sizeof(magic);
	if (read_bytes(r, magic, &n))
		return r->error;
	char version = n == sizeof(magic) ? magic[RECORD_VERSION_AT] : '\0', newest = RECORD_MAGIC[RECORD_VERSION_AT];
	magic[RECORD_VERSION_AT] = newest;
	bool is_ours = version >= '0' && version <= '9' && !memcmp(magic, RECORD_MAGIC, n);
	if (is_ours && version >= RECORD_OLDEST && version <= newest)
		return 0;
	if (is_ours)
		return fail(r, -ENOTSUP, "recording format %c, this host reads %c to %c", version, RECORD_OLDEST,
			    newest);
	return fail(r, -EINVAL, n ? "not a recording" : "not a recording: it is empty");
}

struct recording *recording_from(FILE *file, const char *name, char *why, size_t why_size)
{
	struct recording_item none;
	struct recording *r = calloc(1, sizeof(*r));
	if (!r || !(r->name = strdup(name)) || !(r->ids = calloc(UINT16_MAX + 1, sizeof(*r->ids)))) {
		snprintf(why, why_size, "%s: no memory", name);
		if (r)
			free(r->name);
		free(r);
		fclose(file);
		errno = ENOMEM;
		return NULL;
	}
	r->file = file;
	r->payload.limit = RECORD_HEAD_MAX;
	if (!magic_read(r))
		while (!r->started && !r->error)
			chunk_read(r, &none);
	if (r->error) {
		int err = -r->error;
		snprintf(why, why_size, "%s: %s", r->name, r->reason);
		recording_close(r);
		errno = err;
		return NULL;
	}
	return r;
}

struct recording *recording_open(const char *path, char *why, size_t why_size)
{
	bool standard = !strcmp(path, "-");
	FILE *file = standard ? stdin : fopen(path, "re");
	if (!file) {
		int err = errno;
		snprintf(why, why_size, "%s: open: %s", path, strerror(err));
		errno = err;
		return NULL;
	}
	return recording_from(file, standard ? "standard input" : path, why, why_size);
}

void recording_close(struct recording *r)
{
	if (!r)
		return;
	for (struct meta *m = r->metas, *next; m; m = next) {
		next = m->next;
		free(m);
	}
	fclose(r->file);
	schema_destroy(&r->schema);
	texts_destroy(r->texts);
	buf_free(&r->payload);
	free(r->ids);
	free(r->name);
	free(r);
}

const char *recording_meta(const struct recording *r, const char *key)
{
	for (const struct meta *m = r->metas; m; m = m->next)
		if (!strcmp(m->key, key))
			return m->value;
	return NULL;
}

int64_t recording_clock(const struct recording *r)
{
	return r->clock_offset;
}

struct schema *recording_schema(struct recording *r)
{
	return &r->schema;
}

int recording_next(struct recording *r, struct recording_item *item, char *why, size_t why_size)
{
	int found = 0;
	*item = (struct recording_item){0};
	while (!found && !r->ended && !r->error)
		found = chunk_read(r, item);
	if (r->error)
		snprintf(why, why_size, "%s: %s", r->name, r->reason);
	return r->error ? r->error : found;
}
