/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a recording; what it delivers is written in every format. The first byte of the input says how it is
 * read: as the file itself, or as chunks {u8 type, u8 length, payload} that get good checksums, after nothing, after
 * a good head, or after one whose stream is patched by {u8 count, count of {u16 place, u8 value}} at first. A length
 * over 128 counts eights. A type with the high bit is made to fit: what must agree with the head does.
 */
#include "event_fixture.h"

#include <stdio.h>

#include "pipeline/record_format.h"
#include "pipeline/record_stream.h"
#include "pipeline/recording.h"
#include "pipeline/wire.h"
#include "target/computed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum mode { RAW, BARE, HEADED, PATCHED, MODES };

#define STREAM 3
#define FITTING 0x80

static void put_start(struct buf *out)
{
	size_t begin = wire_chunk_begin(out, CHUNK_START);
	wire_put_u64(out, CLOCK_OFFSET);
	wire_put_u32(out, RECORD_BIG_ENDIAN);
	wire_chunk_end(out, begin);
}

static void put_stream(struct buf *out, struct wire *patches)
{
	char why[256];
	struct stream *stream = stream_new(&every_stream, why, sizeof(why));
	if (!stream)
		abort();
	stream->id = STREAM;
	size_t begin = wire_chunk_begin(out, CHUNK_STREAM);
	record_stream_put(out, stream);
	stream_destroy(stream);
	size_t from = begin + CHUNK_HEAD_LEN, n = out->len - from;
	const uint8_t *count = wire_get_bytes(patches, 1);
	for (unsigned i = 0; count && i < *count; i++) {
		size_t at = wire_get_u16(patches) % n;
		const char *value = wire_get_bytes(patches, 1);
		if (value)
			out->data[from + at] = *value;
	}
	wire_chunk_end(out, begin);
}

/* Makes a payload agree with what is before it, as far as it must for its chunk to be delivered. */
static void fit(struct buf *out, uint32_t type, size_t from, uint64_t *records)
{
	static const struct {
		size_t least, most;
	} sizes[CHUNK_TYPES] = {
		[CHUNK_RECORD] = {sizeof(struct every), EUN_RECORD_MAX},
		[CHUNK_TEXT] = {12, EUN_RECORD_MAX},
		[CHUNK_LOST] = {18, 18},
		[CHUNK_MARK] = {8, 8},
		[CHUNK_END] = {24, 24},
		[CHUNK_FORGOT] = {12, 12},
		[CHUNK_PROCESS] = {60, 4096},
		[CHUNK_CONTAINER] = {36, 4096},
	};
	size_t n = out->len - from, end = from - CHUNK_HEAD_LEN;
	uint16_t stream = STREAM;
	if (type >= CHUNK_TYPES || !sizes[type].least)
		return;
	if (n < sizes[type].least)
		buf_pad(out, 0, sizes[type].least - n);
	else if (n > sizes[type].most)
		out->len = from + sizes[type].most;
	char *payload = out->data + from;
	uint32_t len = (uint32_t)(out->len - from);
	switch (type) {
	case CHUNK_RECORD:
		memcpy(payload + offsetof(struct eun_event, stream), &stream, sizeof(stream));
		memcpy(payload + offsetof(struct eun_event, len), &len, sizeof(len));
		++*records;
		break;
	case CHUNK_TEXT: /* its field and its text's length are one byte long, and there is a text */
		memcpy(payload, &stream, sizeof(stream));
		memset(payload + 3, 0, 3);
		memset(payload + 7, 0, 3);
		break;
	case CHUNK_LOST: /* of nothing, so that the end's sum is simple */
		memcpy(payload, &stream, sizeof(stream));
		memset(payload + 10, 0, 8);
		break;
	case CHUNK_PROCESS: /* no exe; what is behind it is its argv */
		memset(payload + 52, 0, 4);
		len -= 59;
		memcpy(payload + 56, &len, 4);
		break;
	case CHUNK_CONTAINER: /* of the records' cgroup, with an id that is all that is behind */
		memset(payload, 0, 12);
		payload[8] = (char)(*records % 3);
		len -= 36;
		memset(payload + 12, 0, 24);
		if (len) {
			memmove(payload + 16, payload + 36, len);
			memset(payload + 16 + len, 0, 20);
			for (uint32_t i = 0; i + 1 < len; i++)
				payload[16 + i] |= 0x20;
			payload[16 + len - 1] = '\0';
			memcpy(payload + 12, &len, 4);
		}
		break;
	case CHUNK_END:
		memcpy(payload, records, 8);
		memset(payload + 8, 0, 8);
		memcpy(payload + 16, &end, 8);
		break;
	}
}

static void put_chunks(struct buf *out, struct wire *in)
{
	const uint8_t *head;
	uint64_t records = 0;
	while ((head = wire_get_bytes(in, 2))) {
		size_t n = head[1] > 128 ? (head[1] - 128u) * 8 + 128 : head[1];
		uint32_t type = head[0] & ~FITTING;
		if (n > wire_left(in))
			n = wire_left(in);
		size_t begin = wire_chunk_begin(out, type);
		buf_add(out, wire_get_bytes(in, n), n);
		if (head[0] & FITTING)
			fit(out, type, begin + CHUNK_HEAD_LEN, &records);
		wire_chunk_end(out, begin);
	}
}

/* From a copy that ends where the record does, so that ASan sees who reads on. */
static void write_event(struct writer *const *writers, const struct schema *schema, const struct view *view)
{
	void *bytes = malloc(view->len);
	struct view copy;
	if (!bytes)
		abort();
	memcpy(bytes, view->rec, view->len);
	if (!view_init(&copy, bytes, view->len, schema) || copy.stream != view->stream)
		abort();
	for (int i = 0; i < 4; i++) {
		struct buf out = {0};
		if (writer_event(writers[i], &copy, &out))
			abort();
		buf_free(&out);
	}
	free(bytes);
}

/* What a replay does with them. */
static void learn(struct computed *computed, struct procs *procs, struct containers *containers,
		  const struct recording_item *item)
{
	const struct fact_process *p = &item->process;
	computed->procs = procs;
	computed->containers = containers;
	if (item->kind == RECORDING_PROCESS) {
		procs_learn(procs, &p->proc, p->parent_pid, p->parent);
	} else if (item->kind == RECORDING_FORGOT) {
		procs_forget(procs, p->proc.pid, p->proc.serial);
	} else if (item->kind == RECORDING_CONTAINER) {
		containers_unlearn(containers, item->container.container.cgroup);
		if (item->container.known)
			containers_learn(containers, &item->container.container);
	}
}

static void check_why(const char *why)
{
	if (strncmp(why, "file: ", 6))
		abort();
	for (const char *p = why; *p; p++)
		if (*p < ' ' || *p > '~')
			abort();
}

static void read_all(struct recording *rec)
{
	static const struct column columns[] = {{.header = "KIND", .field = "kind"},
						{.header = "PATH", .field = "path"},
						{.header = "EXE", .field = "ancestor.exe"},
						{.header = "ARGV", .field = "parent.argv"},
						{.header = "NAME", .field = "container"}};
	static const enum format formats[] = {FORMAT_TEXT, FORMAT_WIDE, FORMAT_JSON, FORMAT_CSV};
	struct writer *writers[4];
	struct recording_item item;
	struct computed computed;
	struct procs *procs = procs_new(8, 4096);
	struct containers *containers = containers_new(NULL, NULL);
	char why[512];
	int found;
	if (!procs || !containers || computed_init(&computed))
		abort();
	computed_offer(&computed, recording_schema(rec));
	for (int i = 0; i < 4; i++)
		writers[i] = writer_new(&(struct writer_options){.format = formats[i],
								 .columns = formats[i] == FORMAT_CSV ? columns : NULL,
								 .n_columns = 5,
								 .container = true,
								 .clock_offset = recording_clock(rec)});
	while ((found = recording_next(rec, &item, why, sizeof(why))) > 0) {
		struct buf out = {0};
		if (item.kind == RECORDING_EVENT)
			write_event(writers, recording_schema(rec), &item.view);
		else if (item.kind == RECORDING_LOST &&
			 writer_lost(writers[2], item.stream, item.count, item.time, &out))
			abort();
		learn(&computed, procs, containers, &item);
		buf_free(&out);
	}
	if (found < 0)
		check_why(why);
	if (recording_next(rec, &item, why, sizeof(why)) != found)
		abort();
	for (int i = 0; i < 4; i++)
		writer_destroy(writers[i]);
	computed_free(&computed);
	containers_destroy(containers);
	procs_destroy(procs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf file = {0};
	char why[512];
	if (!size)
		return 0;
	enum mode mode = *data % MODES;
	struct wire in = {.at = data + 1, .end = data + size}, none = {0};
	if (mode == RAW) {
		buf_add(&file, data + 1, size - 1);
	} else {
		buf_add(&file, RECORD_MAGIC, RECORD_MAGIC_LEN);
		if (mode != BARE) {
			put_stream(&file, mode == PATCHED ? &in : &none);
			put_start(&file);
		}
		put_chunks(&file, &in);
	}
	FILE *f = file.len ? fmemopen(file.data, file.len, "r") : NULL;
	struct recording *rec = f ? recording_from(f, "file", why, sizeof(why)) : NULL;
	if (rec)
		read_all(rec);
	else if (f)
		check_why(why);
	recording_close(rec);
	buf_free(&file);
	return 0;
}
