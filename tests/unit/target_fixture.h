/* SPDX-License-Identifier: MIT */
/* Streams with the roles that the process table looks for, of a plugin that is not the shipped one, and their events.
 */
#ifndef TESTS_UNIT_TARGET_FIXTURE_H
#define TESTS_UNIT_TARGET_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "target/proc.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MS 1000000ull

struct birth {
	struct eun_event h;
	__u32 child_pid;
	__u32 child_tid;
};

struct image {
	struct eun_event h;
	eun_ref argv;
	eun_ref exe;
	__s32 ret;
};

struct death {
	struct eun_event h;
	__u8 thread;
};

static const struct eun_field birth_fields[] = {
	EUN_FIELD(struct birth, child_pid, EUN_U32, 0, ""),
	EUN_FIELD(struct birth, child_tid, EUN_U32, 0, ""),
};
static const struct eun_field image_fields[] = {
	EUN_FIELD(struct image, argv, EUN_STRINGS, 0, ""),
	EUN_FIELD(struct image, exe, EUN_PATH, 0, ""),
	EUN_FIELD(struct image, ret, EUN_ERRNO, 0, ""),
};
static const struct eun_field death_fields[] = {EUN_FIELD(struct death, thread, EUN_BOOL, 0, "")};

#define STREAM(label, record, table, what)                                                                  \
	{                                                                                                   \
		.name = label, .version = 1, .record_size = sizeof(record), .fields = table, .columns = "", \
		.role = what, .help = ""                                                                    \
	}
static const struct eun_field no_fields[1];

/* The last one has no role. */
enum { BIRTH, IMAGE, DEATH, OTHER, STREAMS };
static const struct eun_stream target_streams[STREAMS] = {
	[BIRTH] = STREAM("life.birth", struct birth, EUN_TABLE(birth_fields), "process.fork"),
	[IMAGE] = STREAM("life.image", struct image, EUN_TABLE(image_fields), "process.exec"),
	[DEATH] = STREAM("life.death", struct death, EUN_TABLE(death_fields), "process.exit"),
	[OTHER] = {.name = "life.other",
		   .version = 1,
		   .record_size = sizeof(struct eun_event),
		   .fields = {no_fields, 0, sizeof(no_fields[0])},
		   .columns = "",
		   .help = ""},
};

struct life {
	struct schema schema;
	struct stream *streams[STREAMS];
	struct procs *procs;
	union {
		struct eun_event h;
		struct birth birth;
		struct image image;
		struct death death;
		char bytes[EUN_RECORD_MAX];
	} r;
	struct view view;
};

static inline void life_begin(struct life *l, uint32_t most, uint64_t text_bytes)
{
	memset(l, 0, sizeof(*l));
	for (int i = 0; i < STREAMS; i++) {
		char why[256];
		l->streams[i] = stream_new(&target_streams[i], why, sizeof(why));
		if (!l->streams[i])
			fail_msg("%s", why);
		assert_int_equal(schema_add(&l->schema, l->streams[i]), 0);
	}
	l->procs = procs_new(most, text_bytes);
	assert_non_null(l->procs);
}

static inline void life_end(struct life *l)
{
	procs_destroy(l->procs);
	schema_destroy(&l->schema);
}

/* An event of `pid` at `time`. */
static inline const struct view *life_event(struct life *l, int stream, uint64_t time, uint32_t pid, uint32_t ppid)
{
	memset(&l->r, 0, sizeof(struct image));
	l->r.h.stream = l->streams[stream]->id;
	l->r.h.len = l->streams[stream]->record_size;
	l->r.h.time = time;
	l->r.h.pid = l->r.h.tid = pid;
	l->r.h.ppid = ppid;
	memcpy(l->r.h.comm, "comm", 4);
	l->view = (struct view){.rec = &l->r.h, .len = l->r.h.len, .stream = l->streams[stream]};
	return &l->view;
}

static inline eun_ref life_text(struct life *l, const char *text, uint32_t len)
{
	uint32_t at = l->r.h.len;
	assert_true(at + len <= sizeof(l->r));
	memcpy(l->r.bytes + at, text, len);
	l->view.len = l->r.h.len += len;
	return EUN_REF(at, len);
}

static inline void life_fork(struct life *l, uint64_t time, uint32_t pid, uint32_t child)
{
	const struct view *view = life_event(l, BIRTH, time, pid, 1);
	l->r.birth.child_pid = l->r.birth.child_tid = child;
	procs_event(l->procs, view);
}

/* `argv`: as an array of char, with the NUL between its strings. */
#define life_exec(l, time, pid, exe, argv) life_exec_n(l, time, pid, exe, argv, sizeof(argv))
static inline void life_exec_n(struct life *l, uint64_t time, uint32_t pid, const char *exe, const char *argv,
			       uint32_t argv_len)
{
	const struct view *view = life_event(l, IMAGE, time, pid, 1);
	memset(l->r.h.comm, 0, sizeof(l->r.h.comm));
	strncpy(l->r.h.comm, strrchr(exe, '/') + 1, sizeof(l->r.h.comm) - 1);
	l->r.image.exe = life_text(l, exe, (uint32_t)strlen(exe));
	l->r.image.argv = life_text(l, argv, argv_len);
	procs_event(l->procs, view);
}

static inline void life_exit(struct life *l, uint64_t time, uint32_t pid)
{
	procs_event(l->procs, life_event(l, DEATH, time, pid, 1));
}

#endif
