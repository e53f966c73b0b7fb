/* SPDX-License-Identifier: MIT */
/* Memory: when there is none, a recording has an error, and what comes before it is right. */
#include "pipeline_fixture.h"

#include "alloc.h"

#define EVENTS 8

struct run {
	struct place *place;
	struct schema schema;
	struct stream *stream;
	void *bytes;
	struct view view;
};

static int word(void *self, uint32_t stream, uint32_t field, const void *bytes, uint32_t len, char *buf, uint32_t size)
{
	(void)self;
	(void)stream;
	(void)len;
	return field ? -ENOENT : snprintf(buf, size, "<%u>", *(const unsigned char *)bytes);
}

static int counted_new(void **state)
{
	struct run *run = calloc(1, sizeof(*run));
	struct record x;
	uint32_t len;
	place_new((void **)&run->place);
	run->stream = every_add(&run->schema);
	run->stream->format = word;
	record_init(&x);
	run->bytes = record_bytes(&x, run->stream->id, &len);
	assert_true(view_init(&run->view, run->bytes, len, &run->schema));
	*state = run;
	return 0;
}

static int counted_free(void **state)
{
	struct run *run = *state;
	place_remove((void **)&run->place);
	schema_destroy(&run->schema);
	free(run->bytes);
	free(run);
	return 0;
}

/* Records EVENTS events, each with a text of its own. 0 or the error. */
static int write_all(struct run *run)
{
	char why[WHY] = "";
	struct recorder *r = recorder_new(run->place->file, why, sizeof(why));
	int err = r ? 0 : -errno;
	if (r) {
		recorder_meta(r, "key", "value");
		recorder_stream(r, run->stream);
		recorder_start(r, 1);
		for (unsigned i = 0; i < EVENTS; i++) {
			((struct every *)run->bytes)->u8 = (__u8)i;
			recorder_event(r, &run->view);
		}
		err = recorder_close(r, why, sizeof(why));
	}
	if (err) {
		assert_int_equal(err, -ENOMEM);
		assert_non_null(strstr(why, "no memory"));
	}
	return err;
}

/* Reads it: how many events there are, all of them right, and the error in *err. */
static unsigned read_all(struct run *run, int *err)
{
	char why[WHY] = "";
	struct recording_item item;
	unsigned n = 0;
	int found = 1;
	struct recording *r = recording_open(run->place->file, why, sizeof(why));
	*err = r ? 0 : -errno;
	while (r && (found = recording_next(r, &item, why, sizeof(why))) > 0) {
		const struct every *e = (const struct every *)item.view.rec;
		char text[16] = "";
		assert_int_equal(e->u8, n);
		assert_true(item.view.stream->format(item.view.stream->format_self, item.view.stream->format_stream, 0,
						     &e->u8, 1, text, sizeof(text)) > 0);
		assert_int_equal(text[1], '0' + n);
		n++;
	}
	if (r)
		*err = found;
	if (*err)
		assert_true(*why);
	recording_close(r);
	return n;
}

static void writing(void **state)
{
	struct run *run = *state;
	unsigned most = 0, least = EVENTS;
	int err, read_err;
	for (uint32_t n = 1;; n++) {
		assert_true(n < 10000);
		unlink(run->place->file);
		allocations = 0;
		fail_at = n;
		err = write_all(run);
		fail_at = 0;
		unsigned got = access(run->place->file, F_OK) ? 0 : read_all(run, &read_err);
		if (!err)
			break;
		assert_int_not_equal(read_err, 0);
		least = got < least ? got : least;
		most = got > most ? got : most;
	}
	assert_int_equal(read_all(run, &read_err), EVENTS);
	assert_int_equal(read_err, 0);
	assert_int_equal(least, 0);
	assert_in_range(most, 1, EVENTS - 1);
}

static void reading(void **state)
{
	struct run *run = *state;
	unsigned got = 0, most = 0;
	int err;
	fail_at = 0;
	assert_int_equal(write_all(run), 0);
	for (uint32_t n = 1;; n++) {
		assert_true(n < 10000);
		allocations = 0;
		fail_at = n;
		got = read_all(run, &err);
		fail_at = 0;
		if (!err)
			break;
		/* a stream that has no memory for its parts can't be told from a bad one */
		assert_true(err == -ENOMEM || err == -EBADMSG);
		most = got > most ? got : most;
	}
	assert_int_equal(got, EVENTS);
	assert_int_equal(most, EVENTS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writing, counted_new, counted_free),
		cmocka_unit_test_setup_teardown(reading, counted_new, counted_free),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
