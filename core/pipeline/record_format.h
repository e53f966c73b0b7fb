/* SPDX-License-Identifier: MIT */
/*
 * The file format of recordings, shared by writer and reader; docs/recording.md says it for others.
 *
 * MAGIC, then chunks: u32 type, u32 length, u32 sum, `length` bytes of payload. The sum is zlib's crc32 over the bytes
 * of type, length and payload. Integers are little-endian; a record is as the machine that wrote it had it in memory
 * (START says in which byte order). A text is u32 n and n bytes of which the last is its only NUL; n = 0 is no text.
 *
 * The head, META and STREAM in any order, ends with START. Events follow, each a chunk of its own, so that damage
 * costs nothing of what is before it. END is last.
 */
#ifndef CORE_PIPELINE_RECORD_FORMAT_H
#define CORE_PIPELINE_RECORD_FORMAT_H

#include <eunomia/event.h>

/* The digit is the version: another one for any change of this file or of eun_event. 1 had no facts. */
#define RECORD_MAGIC "EUNREC2\n"
#define RECORD_OLDEST '1'
#define RECORD_MAGIC_LEN 8
#define RECORD_VERSION_AT 6

#define CHUNK_HEAD_LEN 12

enum chunk_type {
	CHUNK_META = 1, /* text key, text value */
	CHUNK_STREAM,   /* record_stream.c */
	CHUNK_START,    /* s64 CLOCK_REALTIME - CLOCK_BOOTTIME in ns, u32 order of bytes: 0 little, 1 big */
	CHUNK_RECORD,   /* struct eun_event and what follows it; its stream is an id of a STREAM */
	CHUNK_TEXT, /* u16 stream, u32 field, text, bytes: what the plugin makes of these bytes of a record to come */
	CHUNK_LOST, /* u16 stream, u64 time, u64 count */
	CHUNK_MARK, /* u64 time: a round of tables ends */
	CHUNK_END,  /* u64 records, u64 lost, u64 bytes: what is before it */
	CHUNK_PROCESS, /* record_facts.c */
	CHUNK_FORGOT,
	CHUNK_CONTAINER,
	CHUNK_TYPES,
};

/* So that a damaged or hostile file can't make its reader take memory without end. */
#define RECORD_HEAD_MAX (16u << 20) /* bytes of META, STREAM and START together */
#define RECORD_STREAMS_MAX 4096

#define RECORD_BIG_ENDIAN (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/*
 * Bytes of CHUNK_TEXT that the writer and the reader remember (texts.h). The reader's must be at least twice the
 * writer's; it is more, as tables print late what came early.
 */
#define RECORD_TEXTS_WRITER (256u << 10)
#define RECORD_TEXTS_READER (4u << 20)

#endif
