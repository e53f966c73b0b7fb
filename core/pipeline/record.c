/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record_facts.h"
#include "record_format.h"
#include "record_stream.h"
#include "texts.h"

#define BUFFER (64u << 10)
#define TEXT_MAX 256 /* bytes that writers give a format callback for its text */

struct recorder {
	int fd;
	char *path;
	struct buf buf;   /* whole chunks, not yet written */
	uint64_t written; /* bytes in the file */
	uint64_t records, lost;
	size_t head;        /* bytes of META and STREAM */
	uint32_t *serials;  /* of the streams in the head, by id; 0: it isn't one */
	uint32_t n_serials; /* up to the highest id */
	uint32_t n_streams;
	bool started;
	struct texts *texts; /* that are in the file; made for the first one */
	struct facts *facts; /* NULL: none are written */
	int error;           /* the first one, -errno */
	bool unwritable;     /* it came from the file: what was not written yet is lost */
	char reason[256];
};

__attribute__((format(printf, 3, 4))) static int fail(struct recorder *r, int err, const char *fmt, ...)
{
	va_list args;
	if (r->error)
		return r->error;
	va_start(args, fmt);
	vsnprintf(r->reason, sizeof(r->reason), fmt, args);
	va_end(args);
	return r->error = err;
}

static int no_memory(struct recorder *r)
{
	return fail(r, -ENOMEM, "no memory after %llu records; the recording ends there",
		    (unsigned long long)r->records);
}

/*
 * Opened without waiting: a FIFO that nobody reads is an error, not a hang. Nothing is done to the file before its kind
 * is known.
 */
static int file_open(const char *path, char *why, size_t why_size)
{
	struct stat st;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (fd < 0 || fstat(fd, &st)) {
		int err = -errno;
		snprintf(why, why_size, "%s: open: %s%s", path, strerror(-err),
			 err == -ENXIO ? " (a socket, or nobody reads the FIFO)" : "");
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (S_ISBLK(st.st_mode) || (S_ISCHR(st.st_mode) && isatty(fd))) {
		snprintf(why, why_size, "%s: is a %s; give the name of a file to record into", path,
			 S_ISBLK(st.st_mode) ? "disk" : "terminal");
		close(fd);
		return -EINVAL;
	}
	if (fcntl(fd, F_SETFL, O_WRONLY) || (S_ISREG(st.st_mode) && ftruncate(fd, 0))) {
		int err = -errno;
		snprintf(why, why_size, "%s: empty it: %s", path, strerror(-err));
		close(fd);
		return err;
	}
	return fd;
}

struct recorder *recorder_new(const char *path, char *why, size_t why_size)
{
	int fd = file_open(path, why, why_size);
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	struct recorder *r = calloc(1, sizeof(*r));
	if (!r || !(r->path = strdup(path))) {
		snprintf(why, why_size, "%s: no memory to record", path);
		free(r);
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	r->fd = fd;
	buf_add(&r->buf, RECORD_MAGIC, RECORD_MAGIC_LEN);
	return r;
}

int recorder_flush(struct recorder *r)
{
	const char *at = r->buf.data, *end = at + r->buf.len;
	while (at < end && !r->unwritable) {
		ssize_t n = write(r->fd, at, (size_t)(end - at));
		if (n >= 0) {
			at += n;
			r->written += (uint64_t)n;
		} else if (errno != EINTR) {
			r->unwritable = true;
			fail(r, -errno, "write at byte %llu: %s; the recording ends there",
			     (unsigned long long)r->written, strerror(errno));
		}
	}
	r->buf.len = 0;
	return r->error;
}

/* Ends a chunk that begins at `begin`. */
static int chunk_done(struct recorder *r, size_t begin)
{
	wire_chunk_end(&r->buf, begin);
	if (buf_commit(&r->buf, begin))
		return no_memory(r);
	return r->buf.len < BUFFER ? 0 : recorder_flush(r);
}

/* True: a part of the head, or of what comes after it, may be written now. */
static bool in_order(struct recorder *r, bool started, const char *what)
{
	if (!r->error && r->started != started)
		fail(r, -EINVAL, "%s %s the start of the recording; the recording ends there", what,
		     started ? "before" : "after");
	return !r->error;
}

/* Ends a chunk of the head. */
static int head_done(struct recorder *r, size_t begin)
{
	size_t n = r->buf.len - begin;
	if (!r->buf.failed && n > RECORD_HEAD_MAX - r->head) {
		r->buf.len = begin;
		return fail(r, -E2BIG, "the streams' description is longer than %u bytes; record fewer streams",
			    RECORD_HEAD_MAX);
	}
	r->head += n;
	return chunk_done(r, begin);
}

int recorder_meta(struct recorder *r, const char *key, const char *value)
{
	if (!in_order(r, false, key))
		return r->error;
	size_t begin = wire_chunk_begin(&r->buf, CHUNK_META);
	wire_put_text(&r->buf, key);
	wire_put_text(&r->buf, value);
	return head_done(r, begin);
}

/* Notes that the stream is in the head. */
static int stream_note(struct recorder *r, const struct stream *s)
{
	if (s->id >= r->n_serials) {
		uint32_t *grown = realloc(r->serials, (s->id + 1u) * sizeof(*grown));
		if (!grown)
			return no_memory(r);
		memset(grown + r->n_serials, 0, (s->id + 1u - r->n_serials) * sizeof(*grown));
		r->serials = grown;
		r->n_serials = s->id + 1u;
	}
	if (r->serials[s->id])
		return fail(r, -EEXIST, "stream %s has the number %u, which is taken", s->name, s->id);
	if (r->n_streams == RECORD_STREAMS_MAX)
		return fail(r, -E2BIG, "more than %u streams; record fewer", RECORD_STREAMS_MAX);
	r->serials[s->id] = s->serial;
	r->n_streams++;
	return 0;
}

int recorder_stream(struct recorder *r, const struct stream *s)
{
	if (!in_order(r, false, s->name) || stream_note(r, s))
		return r->error;
	size_t begin = wire_chunk_begin(&r->buf, CHUNK_STREAM);
	record_stream_put(&r->buf, s);
	return head_done(r, begin);
}

int recorder_start(struct recorder *r, int64_t clock_offset)
{
	if (!in_order(r, false, "a start"))
		return r->error;
	r->started = true;
	size_t begin = wire_chunk_begin(&r->buf, CHUNK_START);
	wire_put_u64(&r->buf, (uint64_t)clock_offset);
	wire_put_u32(&r->buf, RECORD_BIG_ENDIAN);
	return head_done(r, begin);
}

/* True: the stream is in the head, and no other one that had its id. */
static bool is_recorded(struct recorder *r, const struct stream *s)
{
	if (s->id < r->n_serials && r->serials[s->id] == s->serial)
		return true;
	fail(r, -EINVAL, "stream %s is not in the head of the recording; the recording ends there", s->name);
	return false;
}

/* What the plugin makes of one field, unless the file has it. */
static int text_put(struct recorder *r, const struct view *view, const struct field *f)
{
	const struct stream *s = view->stream;
	char text[TEXT_MAX] = "";
	struct value v;
	if (!view_read(view, f, &v))
		return 0;
	bool ref = type_is_ref(f->type);
	const char *bytes = ref ? v.ptr : (const char *)view->rec + f->offset;
	uint32_t len = ref ? v.len : f->size;
	if (s->format(s->format_self, s->format_stream, f->index, bytes, len, text, sizeof(text)) < 0)
		return 0;
	text[sizeof(text) - 1] = '\0';
	if (!r->texts && !(r->texts = texts_new(RECORD_TEXTS_WRITER)))
		return no_memory(r);
	if (texts_find(r->texts, s->id, f->index, bytes, len))
		return 0;
	if (texts_add(r->texts, s->id, f->index, bytes, len, text))
		return no_memory(r);
	size_t begin = wire_chunk_begin(&r->buf, CHUNK_TEXT);
	wire_put_u16(&r->buf, s->id);
	wire_put_u32(&r->buf, f->index);
	wire_put_text(&r->buf, text);
	buf_add(&r->buf, bytes, len);
	return chunk_done(r, begin);
}

int recorder_facts(struct recorder *r, struct procs *procs, const struct containers *containers)
{
	facts_destroy(r->facts);
	r->facts = facts_new(procs, containers, &r->buf);
	return r->facts ? 0 : no_memory(r);
}

int recorder_event(struct recorder *r, const struct view *view)
{
	const struct stream *s = view->stream;
	if (!in_order(r, true, s->name) || !is_recorded(r, s))
		return r->error;
	if (view->len > EUN_RECORD_MAX)
		return fail(r, -E2BIG, "a record of %s has %u bytes, at most %u; the recording ends there", s->name,
			    view->len, EUN_RECORD_MAX);
	if (r->facts)
		facts_put(r->facts, view);
	for (uint32_t i = 0; s->format && i < s->n_fields; i++)
		if (text_put(r, view, &s->fields[i]))
			return r->error;
	size_t begin = wire_chunk_begin(&r->buf, CHUNK_RECORD);
	buf_add(&r->buf, view->rec, view->len);
	r->records++;
	return chunk_done(r, begin);
}

int recorder_lost(struct recorder *r, const struct stream *s, uint64_t count, uint64_t time)
{
	if (!in_order(r, true, s->name) || !is_recorded(r, s))
		return r->error;
	size_t begin = wire_chunk_begin(&r->buf, CHUNK_LOST);
	wire_put_u16(&r->buf, s->id);
	wire_put_u64(&r->buf, time);
	wire_put_u64(&r->buf, count);
	r->lost += count;
	return chunk_done(r, begin);
}

int recorder_mark(struct recorder *r, uint64_t time)
{
	if (!in_order(r, true, "a mark"))
		return r->error;
	size_t begin = wire_chunk_begin(&r->buf, CHUNK_MARK);
	wire_put_u64(&r->buf, time);
	return chunk_done(r, begin);
}

int recorder_error(const struct recorder *r, char *why, size_t why_size)
{
	if (r->error)
		snprintf(why, why_size, "%s: %s", r->path, r->reason);
	return r->error;
}

/* A recording that never started has no end either: its reader says that it was cut. */
static void put_end(struct recorder *r)
{
	size_t begin = wire_chunk_begin(&r->buf, CHUNK_END);
	wire_put_u64(&r->buf, r->records);
	wire_put_u64(&r->buf, r->lost);
	wire_put_u64(&r->buf, r->written + begin);
	chunk_done(r, begin);
}

int recorder_close(struct recorder *r, char *why, size_t why_size)
{
	if (!r)
		return 0;
	if (!r->error && r->started)
		put_end(r);
	recorder_flush(r);
	if (close(r->fd))
		fail(r, -errno, "close: %s", strerror(errno));
	int err = recorder_error(r, why, why_size);
	facts_destroy(r->facts);
	texts_destroy(r->texts);
	buf_free(&r->buf);
	free(r->serials);
	free(r->path);
	free(r);
	return err;
}
