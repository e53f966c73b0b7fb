/* SPDX-License-Identifier: MIT */
#include "event_fixture.h"

#include <errno.h>

struct rtt {
	struct eun_event h;
	__u64 count;
	__u64 srtt_us[27];
};

static const struct eun_field rtt_fields[] = {
	EUN_FIELD(struct rtt, count, EUN_U64, EUN_FIELD_SUM, "how many"),
	EUN_FIELD(struct rtt, srtt_us, EUN_HIST, EUN_FIELD_SUM, "round trips"),
};

static const struct eun_stream rtt_row = {
	.name = "tcp.rtt",
	.record_size = sizeof(struct rtt),
	.fields = EUN_TABLE(rtt_fields),
	.columns = "count",
	.help = "",
};

static struct column columns[] = {
	{.header = "PID", .field = "pid", .type = EUN_U32},
	{.header = "N", .field = "count", .type = EUN_U64},
	{.header = "SRTT", .field = "srtt_us", .type = EUN_HIST},
};

static void assert_text(const struct writer_options *options, const struct rtt *rec, const char *want)
{
	char why[128];
	struct stream *stream = stream_new(&rtt_row, why, sizeof(why));
	struct view view = {.rec = &rec->h, .len = sizeof(*rec), .stream = stream};
	struct writer *w = writer_new(options);
	struct buf out = {0};
	assert_non_null(stream);
	assert_non_null(w);
	assert_int_equal(writer_head(w, &out), 0);
	assert_int_equal(writer_event(w, &view, &out), 0);
	buf_char(&out, '\0');
	assert_string_equal(out.data, want);
	buf_free(&out);
	writer_destroy(w);
	stream_destroy(stream);
}

/* A histogram among the columns: no head, the others as HEADER = value, bars. */
static void among_columns(void **state)
{
	struct rtt rec = {.h = {.len = sizeof(rec), .pid = 7}, .count = 3, .srtt_us = {[5] = 2, [6] = 1}};
	const struct writer_options options = {.format = FORMAT_TEXT, .columns = columns, .n_columns = 3};
	(void)state;
	assert_text(&options, &rec,
		    "PID = 7, N = 3\n"
		    "     usecs               : count    distribution\n"
		    "         0 -> 1          : 0        |                                        |\n"
		    "         2 -> 3          : 0        |                                        |\n"
		    "         4 -> 7          : 0        |                                        |\n"
		    "         8 -> 15         : 0        |                                        |\n"
		    "        16 -> 31         : 0        |                                        |\n"
		    "        32 -> 63         : 2        |****************************************|\n"
		    "        64 -> 127        : 1        |********************                    |\n"
		    "\n");
}

static void alone_and_empty(void **state)
{
	struct rtt rec = {.h = {.len = sizeof(rec)}};
	const struct writer_options options = {.format = FORMAT_TEXT, .columns = columns + 2, .n_columns = 1};
	(void)state;
	assert_text(&options, &rec, "\n");
}

/* Everything else shows slots in a line. */
static void json_has_slots(void **state)
{
	struct rtt rec = {.h = {.len = sizeof(rec), .pid = 7}, .count = 3, .srtt_us = {[5] = 2}};
	const struct writer_options options = {.format = FORMAT_JSON, .columns = columns, .n_columns = 3};
	(void)state;
	assert_text(&options, &rec,
		    "{\"pid\":7,\"count\":3,\"srtt_us\":{\"slots\":[{\"lo\":32,\"hi\":63,\"count\":2}]}}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(among_columns),
		cmocka_unit_test(alone_and_empty),
		cmocka_unit_test(json_has_slots),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
