/* SPDX-License-Identifier: MIT */
/* Events come out of the history as they went in: every field, and all that was known of their actors then. */
#include "store_fixture.h"
#include "target_fixture.h"

#define CGROUPS 20

static const struct column columns[] = {
	{.header = "A", .field = "exe"},           {.header = "B", .field = "argv"},
	{.header = "C", .field = "parent.exe"},    {.header = "D", .field = "parent.argv"},
	{.header = "E", .field = "parent.comm"},   {.header = "F", .field = "parent.pid"},
	{.header = "G", .field = "ancestor.exe"},  {.header = "H", .field = "proc.start"},
	{.header = "I", .field = "container.pod"}, {.header = "J", .field = "proc.duration_ns"},
	{.header = "K", .field = "time"},          {.header = "L", .field = "container"},
};

struct pen {
	struct writer *json, *csv;
	struct buf out;
};

static void pen_begin(struct pen *p, int64_t clock_offset)
{
	p->json = writer_new(&(struct writer_options){.format = FORMAT_JSON, .clock_offset = clock_offset});
	p->csv = writer_new(&(struct writer_options){
		.format = FORMAT_CSV, .columns = columns, .n_columns = COUNT(columns), .clock_offset = clock_offset});
	p->out = (struct buf){0};
}

static void pen_end(struct pen *p)
{
	writer_destroy(p->json);
	writer_destroy(p->csv);
	buf_free(&p->out);
}

static void pen_write(struct pen *p, const struct view *view)
{
	assert_int_equal(writer_event(p->json, view, &p->out), 0);
	assert_int_equal(writer_event(p->csv, view, &p->out), 0);
}

static int pen_item(void *context, const struct history_item *item)
{
	pen_write(context, &item->view);
	return 0;
}

/* A run's lines, in the order of time. */
struct line {
	uint64_t time;
	size_t at, len;
	int n;
};

static int by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	return x->time != y->time ? (x->time < y->time ? -1 : 1) : x->n - y->n;
}

#define EVENTS 5000

static void change_container(struct containers *containers)
{
	static const char *const texts[] = {NULL, "", "a", "web\n", "0123456789abcdef"};
	struct container c = {.cgroup = (uint64_t)(rand() % CGROUPS), .state = (enum container_state)(rand() % 3)};
	const char **info[] = {&c.info.id, &c.info.name, &c.info.image, &c.info.runtime, &c.info.pod};
	for (size_t i = 0; i < COUNT(info); i++)
		*info[i] = texts[rand() % (int)COUNT(texts)];
	if (rand() % 4)
		assert_int_equal(containers_learn(containers, &c), 0);
	else
		containers_unlearn(containers, c.cgroup);
}

/* Processes come and go, containers change; returns the lines that a run had printed. */
static struct buf live(struct place *p, unsigned seed)
{
	static struct line lines[EVENTS];
	struct life *l = malloc(sizeof(*l));
	struct store_config config = place_config(p);
	struct pen pen;
	int n = 0;
	uint64_t time = 1000 * MS;
	life_begin(l, 50, 1 << 20);
	p->computed.procs = l->procs;
	p->computed.containers = containers_new(NULL, NULL);
	computed_offer(&p->computed, &l->schema);
	pen_begin(&pen, CLOCK_OFFSET);
	struct store *s = store_make(&config);
	srand(seed);
	for (int i = 0; i < EVENTS; i++) {
		uint32_t pid = 1 + (uint32_t)(rand() % 60), other = 1 + (uint32_t)(rand() % 60);
		time += (uint64_t)(rand() % 30) * MS;
		uint64_t when = rand() % 8 ? time : time - 40 * MS;
		char exe[32];
		snprintf(exe, sizeof(exe), "/bin/%d", i);
		switch (rand() % 8) {
		case 0:
			life_fork(l, when, pid, other);
			break;
		case 1:
			life_exec_n(l, when, pid, exe, exe + 4, (uint32_t)(rand() % 4));
			break;
		case 2:
			life_exit(l, when, pid);
			break;
		case 3:
			change_container((struct containers *)p->computed.containers);
			break;
		default: {
			const struct view *view = life_event(l, OTHER, when, pid, other);
			l->r.h.cgroup = (uint64_t)(rand() % CGROUPS);
			l->r.h.flags = rand() % 2 ? EUN_CONTAINER : 0;
			lines[n] = (struct line){.time = when, .at = pen.out.len, .n = n};
			pen_write(&pen, view);
			lines[n].len = pen.out.len - lines[n].at;
			n++;
			store_event(s, view);
		}
		}
	}
	assert_int_equal(store_finish(s), n);
	struct buf sorted = {0};
	qsort(lines, (size_t)n, sizeof(lines[0]), by_time);
	for (int i = 0; i < n; i++)
		buf_add(&sorted, pen.out.data + lines[i].at, lines[i].len);
	pen_end(&pen);
	containers_destroy((struct containers *)p->computed.containers);
	life_end(l);
	free(l);
	return sorted;
}

static void same_answers(void **state)
{
	struct place *p = *state;
	for (unsigned seed = 1; seed <= 5; seed++) {
		struct buf before = live(p, seed);
		struct pen pen;
		struct history *h = history_make(p->path);
		pen_begin(&pen, 0);
		history_all(h, &(struct history_query){.kind = HISTORY_EVENTS}, pen_item, &pen);
		assert_int_equal(pen.out.len, before.len);
		assert_memory_equal(pen.out.data, before.data, before.len);
		history_close(h);
		pen_end(&pen);
		buf_free(&before);
		unlink(p->path);
	}
}

static int text_of(void *self, uint32_t stream, uint32_t field, const void *bytes, uint32_t len, char *buf,
		   uint32_t size)
{
	(void)self, (void)stream;
	return field == 1 || field == 11
		       ? snprintf(buf, size, "<%u:%u:%02x>", field, len, *(const unsigned char *)bytes)
		       : -1;
}

/* Every type, in every format, with what a plugin makes of its fields. */
static void every_type(void **state)
{
	static const enum format formats[] = {FORMAT_TEXT, FORMAT_WIDE, FORMAT_JSON};
	struct place *p = *state;
	struct store *s = place_store(p);
	struct buf out[COUNT(formats)] = {0};
	record_init(&p->x);
	p->x.r.when = BOOT_NS + 5;
	p->x.r.string = record_text(&p->x, "hostile \x1b[31m \"%s\" \xff </script>");
	p->x.r.blob = record_add(&p->x, "\0\1\2", 3);
	p->x.r.kind = 3;
	p->x.r.ret = -13;
	p->every->format = text_of;
	offer_event(p, s, 7);
	store_finish(s);
	for (size_t i = 0; i < COUNT(formats); i++) {
		const struct writer_options options = {.format = formats[i], .clock_offset = CLOCK_OFFSET};
		char *text = record_output(&options, &p->schema, p->every->id, &p->x);
		buf_str(&out[i], text);
		free(text);
	}
	for (size_t i = 0; i < COUNT(formats); i++) {
		struct history *h = history_make(p->path);
		struct pen pen = {.json = writer_new(&(struct writer_options){.format = formats[i]}),
				  .csv = writer_new(&(struct writer_options){
					  .format = FORMAT_CSV, .columns = columns, .n_columns = COUNT(columns)})};
		struct buf again = {0};
		writer_head(pen.json, &again);
		struct writer *w = pen.json;
		const struct stream *const *streams;
		size_t n;
		history_streams(h, HISTORY_EVENTS, &streams, &n);
		assert_int_equal(n, 1);
		history_all(h, &(struct history_query){.kind = HISTORY_EVENTS}, pen_item, &pen);
		/* the line before CSV's */
		assert_true(pen.out.len > out[i].len - again.len);
		buf_add(&again, pen.out.data, out[i].len - again.len);
		assert_int_equal(again.len, out[i].len);
		assert_memory_equal(again.data, out[i].data, again.len);
		(void)w;
		pen_end(&pen);
		buf_free(&again);
		buf_free(&out[i]);
		history_close(h);
	}
}

/* ---- what is asked for ---- */

struct found {
	unsigned n, first, last;
	int64_t id;
};

static int find(void *context, const struct history_item *item)
{
	struct found *f = context;
	unsigned u32 = ((const struct every *)item->view.rec)->u32;
	if (!f->n++)
		f->first = u32, f->id = item->id;
	else
		assert_int_equal(u32, f->last + 1);
	f->last = u32;
	return 0;
}

static void asked(void **state)
{
	struct place *p = *state;
	struct store *s = place_store(p);
	const struct stream *const *streams;
	size_t n;
	record_init(&p->x);
	for (unsigned i = 0; i < 2000; i++)
		offer_event(p, s, i);
	/* it is read while it is written */
	assert_int_equal(store_flush(s, SETTLE_MS), 0);
	/* what they have in common is there once */
	assert_int_equal(sql_number(p->path, "SELECT count(*) FROM actors"), 1);
	struct history *h = history_make(p->path);
	history_streams(h, HISTORY_EVENTS, &streams, &n);
	struct filter *where = NULL;
	assert_int_equal(filter_compile(&where, "u32 >= 100 and u32 < 200 and comm = cat", NULL, streams, (uint32_t)n,
					NULL, NULL),
			 0);
	const int64_t start = (int64_t)BOOT_NS + CLOCK_OFFSET;
	static const struct {
		struct history_query query;
		bool where;
		unsigned n, first;
	} cases[] = {
		{{0}, false, 2000, 0},
		{{.from = 500}, false, 1500, 500},
		{{.from = 500, .to = 509}, false, 10, 500},
		{{.limit = 3}, false, 3, 1997},
		{{.limit = 3000}, false, 2000, 0},
		{{0}, true, 100, 100},
		{{.limit = 10}, true, 10, 190},
		{{.limit = 10, .before = 151}, true, 10, 140},
		{{.from = 5000}, false, 0, 0},
		{{.limit = 10, .to = 5}, false, 6, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct history_query q = cases[i].query;
		struct found found = {0};
		q.from = q.from ? q.from + start : 0;
		q.to = q.to ? q.to + start : 0;
		q.where = cases[i].where ? where : NULL;
		q.streams = i % 2 ? streams : NULL;
		q.n_streams = n;
		history_all(h, &q, find, &found);
		if (found.n != cases[i].n || found.first != cases[i].first)
			fail_msg("case %zu: %u from %u", i, found.n, found.first);
	}
	filter_destroy(where);
	history_close(h);
	store_finish(s);
}

/* A stream that has other fields now is another one, and both are there. */
static void changed_stream(void **state)
{
	struct place *p = *state;
	for (uint32_t round = 0; round < 3; round++) {
		struct store *s = place_store(p);
		record_init(&p->x);
		p->every->version = round % 2;
		offer_event(p, s, round);
		store_finish(s);
	}
	const struct stream *const *streams;
	size_t n;
	struct history *h = history_make(p->path);
	history_streams(h, HISTORY_EVENTS, &streams, &n);
	assert_int_equal(n, 2);
	history_close(h);
	assert_int_equal(history_count(p->path, HISTORY_EVENTS), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE(same_answers),
		PLACE(every_type),
		PLACE(asked),
		PLACE(changed_stream),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
