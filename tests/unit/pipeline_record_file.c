/* SPDX-License-Identifier: MIT */
/* The file of a recording: what is in it when, and that all that can't be written is told. */
#include "pipeline_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

/* Everything is in the file once a flush returned, whatever becomes of the process. */
static void flushed(void **state)
{
	struct place *p = *state;
	struct schema schema = {0};
	struct stream *s = every_add(&schema);
	struct recorder *r = recorder_make(p->file);
	struct record x;
	char why[WHY];
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	for (unsigned i = 0; i < 3; i++) {
		record_vary(&x, i);
		assert_int_equal(record_event(r, &schema, s->id, &x), 0);
		assert_int_equal(recorder_flush(r), 0);
		struct recording *rec = recording_make(p->file);
		struct recording_item item;
		for (unsigned j = 0; j <= i; j++)
			assert_next(rec, &item, 1);
		assert_int_equal(recording_next(rec, &item, why, sizeof(why)), -EBADMSG);
		assert_non_null(strstr(why, "without the end of a recording (the run that wrote it was killed, or the "
					    "file was cut); everything before it was delivered"));
		recording_close(rec);
	}
	assert_int_equal(recorder_error(r, why, sizeof(why)), 0);
	recorder_finish(r);
	schema_destroy(&schema);
}

static void from_standard_input(void **state)
{
	struct place *p = *state;
	struct schema schema = {0};
	struct stream *s = every_add(&schema);
	struct recorder *r = recorder_make(p->file);
	struct record x;
	int pipe_fds[2];
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	record_vary(&x, 1);
	assert_int_equal(record_event(r, &schema, s->id, &x), 0);
	recorder_finish(r);
	/* through a pipe, which can't be sought */
	struct buf file = file_bytes(p->file);
	assert_true(file.len < 4096);
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(write(pipe_fds[1], file.data, file.len), file.len);
	close(pipe_fds[1]);
	assert_int_equal(dup2(pipe_fds[0], 0), 0);
	close(pipe_fds[0]);
	struct recording *rec = recording_make("-");
	struct recording_item item;
	assert_next(rec, &item, 1);
	assert_next(rec, &item, 0);
	recording_close(rec);
	buf_free(&file);
	schema_destroy(&schema);
}

/* A full disk: the error is told where it happens, kept, and told again at the end. */
static void disk_full(void **state)
{
	struct schema schema = {0};
	struct stream *s = every_add(&schema);
	struct recorder *r = recorder_make("/dev/full");
	struct record x;
	char why[WHY];
	unsigned taken = 0;
	(void)state;
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	record_vary(&x, 1);
	int err;
	while (!(err = record_event(r, &schema, s->id, &x)) && taken < 1000)
		taken++;
	assert_int_equal(err, -ENOSPC);
	assert_in_range(taken, 10, 100); /* 64 KiB of them */
	assert_int_equal(recorder_error(r, why, sizeof(why)), -ENOSPC);
	assert_string_equal(why, "/dev/full: write at byte 0: No space left on device; the recording ends there");
	assert_int_equal(record_event(r, &schema, s->id, &x), -ENOSPC);
	assert_int_equal(recorder_lost(r, s, 1, 1), -ENOSPC);
	assert_int_equal(recorder_mark(r, 1), -ENOSPC);
	assert_int_equal(recorder_flush(r), -ENOSPC);
	assert_int_equal(recorder_close(r, why, sizeof(why)), -ENOSPC);
	assert_non_null(strstr(why, "/dev/full: write at byte 0"));
	/* nothing but the last flush fails */
	r = recorder_make("/dev/full");
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	assert_int_equal(recorder_close(r, why, sizeof(why)), -ENOSPC);
	assert_non_null(strstr(why, "No space left on device"));
	assert_int_equal(recorder_close(NULL, why, sizeof(why)), 0);
	schema_destroy(&schema);
}

static void reader_gone(void **state)
{
	struct schema schema = {0};
	struct stream *s = every_add(&schema);
	char why[WHY], path[64];
	int fds[2];
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[1]);
	struct recorder *r = recorder_make(path);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	assert_int_equal(recorder_flush(r), -EPIPE);
	assert_int_equal(recorder_close(r, why, sizeof(why)), -EPIPE);
	schema_destroy(&schema);
}

static void misuse(void **state)
{
	struct place *p = *state;
	struct schema schema = {0};
	struct stream *s = every_add(&schema), *bare = stream_add(&schema, &bare_stream);
	struct record x;
	char why[WHY];
	static const struct {
		int err;
		const char *text;
	} cases[] = {
		{-EINVAL, "test.every before the start of the recording; the recording ends there"},
		{-EINVAL, "other.bare after the start of the recording"},
		{-EINVAL, "stream other.bare is not in the head of the recording"},
		{-EEXIST, "stream test.every has the number 0, which is taken"},
		{-EINVAL, "stream test.every is not in the head of the recording"},
		{-EINVAL, "a start after the start of the recording"},
		{-EINVAL, "key after the start of the recording"},
	};
	record_vary(&x, 2);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct recorder *r = recorder_make(p->file);
		int err = 0, events = 0;
		assert_int_equal(recorder_stream(r, s), 0);
		if (i == 0)
			err = record_event(r, &schema, s->id, &x);
		if (i == 3)
			err = recorder_stream(r, s);
		if (!err) {
			assert_int_equal(recorder_start(r, 0), 0);
			assert_int_equal(record_event(r, &schema, s->id, &x), 0);
			events = 1;
		}
		if (i == 1)
			err = recorder_stream(r, bare);
		if (i == 2)
			err = recorder_lost(r, bare, 1, 1);
		if (i == 4) { /* another stream has taken its id */
			schema_remove(&schema, s->id);
			s = every_add(&schema);
			err = record_event(r, &schema, s->id, &x);
		}
		if (i == 5)
			err = recorder_start(r, 1);
		if (i == 6)
			err = recorder_meta(r, "key", "value");
		assert_int_equal(err, cases[i].err);
		assert_int_equal(recorder_mark(r, 1), err);
		assert_int_equal(recorder_close(r, why, sizeof(why)), err);
		if (!strstr(why, cases[i].text))
			fail_msg("%u: %s", i, why);
		if (!events)
			continue;
		/* what came before is there, and that it is not all is told */
		struct recording *rec = recording_make(p->file);
		struct recording_item item;
		assert_next(rec, &item, 1);
		assert_next(rec, &item, -EBADMSG);
		recording_close(rec);
	}
	schema_destroy(&schema);
}

static void head_too_long(void **state)
{
	struct place *p = *state;
	struct recorder *r = recorder_make(p->file);
	char why[WHY], *value = calloc(1, (1 << 20) + 1);
	int err = 0;
	unsigned taken = 0;
	memset(value, 'x', 1 << 20);
	while (!err && taken < 100) {
		err = recorder_meta(r, "k", value);
		taken += !err;
	}
	assert_int_equal(err, -E2BIG);
	assert_int_equal(taken, 15);
	assert_int_equal(recorder_close(r, why, sizeof(why)), -E2BIG);
	assert_non_null(strstr(why, "longer than 16777216 bytes"));
	/* what the writer takes the reader takes */
	r = recorder_make(p->file);
	for (unsigned i = 0; i < 15; i++)
		assert_int_equal(recorder_meta(r, "k", value), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	recorder_finish(r);
	struct recording *rec = recording_make(p->file);
	assert_string_equal(recording_meta(rec, "k"), value);
	recording_close(rec);
	free(value);
}

static void files(void **state)
{
	struct place *p = *state;
	char why[WHY], path[160];
	struct stat st;
	umask(0);
	recorder_finish(recorder_make(p->file));
	assert_int_equal(stat(p->file, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	/* one that is there is emptied and keeps its mode */
	assert_int_equal(chmod(p->file, 0640), 0);
	assert_int_equal(truncate(p->file, 100000), 0);
	recorder_finish(recorder_make(p->file));
	assert_int_equal(stat(p->file, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(st.st_size, RECORD_MAGIC_LEN);
	assert_null(recorder_new(p->dir, why, sizeof(why)));
	assert_int_equal(errno, EISDIR);
	assert_non_null(strstr(why, "open: Is a directory"));
	snprintf(path, sizeof(path), "%s/no/such", p->dir);
	assert_null(recorder_new(path, why, sizeof(why)));
	assert_int_equal(errno, ENOENT);
	assert_non_null(strstr(why, path));
	/* a FIFO that nobody reads: no waiting */
	unlink(p->file);
	assert_int_equal(mkfifo(p->file, 0600), 0);
	assert_null(recorder_new(p->file, why, sizeof(why)));
	assert_int_equal(errno, ENXIO);
	assert_non_null(strstr(why, "nobody reads the FIFO"));
	int reader = open(p->file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	recorder_finish(recorder_make(p->file));
	char got[RECORD_MAGIC_LEN];
	assert_int_equal(read(reader, got, sizeof(got)), RECORD_MAGIC_LEN);
	assert_memory_equal(got, RECORD_MAGIC, RECORD_MAGIC_LEN);
	close(reader);
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal) || ptsname_r(terminal, path, sizeof(path)))
		skip(); /* a machine without pseudo-terminals */
	assert_null(recorder_new(path, why, sizeof(why)));
	assert_int_equal(errno, EINVAL);
	assert_non_null(strstr(why, "is a terminal; give the name of a file"));
	close(terminal);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_new, place_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(flushed),
		IN_PLACE(from_standard_input),
		cmocka_unit_test(disk_full),
		cmocka_unit_test(reader_gone),
		IN_PLACE(misuse),
		IN_PLACE(head_too_long),
		IN_PLACE(files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
