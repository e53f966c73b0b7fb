/* SPDX-License-Identifier: MIT */
#include "event_fixture.h"

#include <errno.h>
#include <stdio.h>

#include "pipeline/routes.h"

struct routing {
	struct schema schema;
	struct stream *a, *b;
	struct routes *routes;
};

/* A consumer that notes what it got. */
struct seen {
	unsigned n;
	const struct stream *stream;
	const void *rec;
	uint32_t len;
	unsigned *clock, at; /* when it was called, counted over all consumers */
};

static void see(void *context, const struct view *view)
{
	struct seen *seen = context;
	seen->n++;
	seen->stream = view->stream;
	seen->rec = view->rec;
	seen->len = view->len;
	if (seen->clock)
		seen->at = ++*seen->clock;
}

static int routing_new(void **state)
{
	struct routing *f = calloc(1, sizeof(*f));
	f->a = every_add(&f->schema);
	f->b = every_add(&f->schema);
	f->routes = routes_new(&f->schema);
	assert_non_null(f->routes);
	*state = f;
	return 0;
}

static int routing_free(void **state)
{
	struct routing *f = *state;
	routes_destroy(f->routes);
	schema_destroy(&f->schema);
	free(f);
	return 0;
}

static void add(struct routing *f, const struct stream *stream, struct seen *seen, uint64_t sets,
		const struct filter *where)
{
	struct consumer c = {.sets = sets, .where = where, .event = see, .context = seen};
	assert_int_equal(routes_add(f->routes, stream->id, &c), 0);
}

static void send(struct routing *f, const struct stream *stream, uint32_t pid, uint64_t sets)
{
	struct record x;
	uint32_t len;
	record_init(&x);
	x.r.head.pid = pid;
	void *bytes = record_bytes(&x, stream->id, &len);
	routes_deliver(f->routes, bytes, len, sets);
	free(bytes);
}

/* A stream that nobody asked for, with an id above all that somebody did. */
static void of_no_one(void **state)
{
	struct routing *f = *state;
	struct seen a = {0};
	add(f, f->a, &a, ~0ull, NULL);
	send(f, f->b, 1, ~0ull);
	assert_int_equal(a.n, 0);
	assert_int_equal(routes_counts(f->routes, f->a->id).delivered, 0);
	assert_int_equal(routes_counts(f->routes, f->a->id).invalid, 0);
}

static void by_stream(void **state)
{
	struct routing *f = *state;
	struct seen a = {0}, b = {0}, both = {0};
	add(f, f->a, &a, ~0ull, NULL);
	add(f, f->b, &b, ~0ull, NULL);
	add(f, f->a, &both, ~0ull, NULL);
	add(f, f->b, &both, ~0ull, NULL);
	send(f, f->a, 1, 1);
	assert_ptr_equal(both.stream, f->a);
	send(f, f->b, 1, 1);
	assert_ptr_equal(both.stream, f->b);
	send(f, f->b, 1, 1);
	assert_int_equal(a.n, 1);
	assert_int_equal(b.n, 2);
	assert_int_equal(both.n, 3);
	assert_int_equal(routes_counts(f->routes, f->a->id).delivered, 1);
	assert_int_equal(routes_counts(f->routes, f->b->id).delivered, 2);
	assert_int_equal(routes_counts(f->routes, 999).delivered, 0);
	routes_destroy(NULL);
}

/* The record itself, not a copy, to each consumer in the order in which they came. */
static void in_place(void **state)
{
	struct routing *f = *state;
	unsigned clock = 0;
	struct seen seen[3] = {{.clock = &clock}, {.clock = &clock}, {.clock = &clock}};
	struct record x;
	uint32_t len;
	for (int i = 0; i < 3; i++)
		add(f, f->a, &seen[i], 1, NULL);
	record_init(&x);
	void *bytes = record_bytes(&x, f->a->id, &len);
	routes_deliver(f->routes, bytes, len, 1);
	for (unsigned i = 0; i < 3; i++) {
		assert_ptr_equal(seen[i].rec, bytes);
		assert_int_equal(seen[i].len, len);
		assert_int_equal(seen[i].at, i + 1);
	}
	free(bytes);
}

static void by_set(void **state)
{
	struct routing *f = *state;
	struct seen one = {0}, two = {0}, either = {0}, none = {0};
	add(f, f->a, &one, 1, NULL);
	add(f, f->a, &two, 1ull << 62, NULL);
	add(f, f->a, &either, 1 | 1ull << 62, NULL);
	add(f, f->a, &none, 0, NULL);
	send(f, f->a, 1, 1);
	send(f, f->a, 1, 1ull << 62);
	send(f, f->a, 1, 1ull << 62 | 1);
	send(f, f->a, 1, 2);
	send(f, f->a, 1, 0);
	assert_int_equal(one.n, 2);
	assert_int_equal(two.n, 2);
	assert_int_equal(either.n, 3);
	assert_int_equal(none.n, 0);
	/* delivered means that it passed the checks, whoever wanted it */
	assert_int_equal(routes_counts(f->routes, f->a->id).delivered, 5);
	assert_int_equal(routes_counts(f->routes, f->a->id).invalid, 0);
}

static void by_filter(void **state)
{
	struct routing *f = *state;
	struct seen seven = {0}, all = {0}, both = {0};
	struct filter *where;
	struct filter_error error;
	const struct stream *streams[] = {f->a};
	struct filter_source source = {.name = "test", .line = 1, .column = 1};
	if (filter_compile(&where, "pid = 7", &source, streams, 1, NULL, &error))
		fail_msg("%s", error.text);
	add(f, f->a, &seven, 1, where);
	add(f, f->a, &all, 1, NULL);
	add(f, f->a, &both, 2, where);
	send(f, f->a, 7, 1);
	send(f, f->a, 8, 1);
	send(f, f->a, 7, 2);
	send(f, f->a, 8, 2);
	send(f, f->a, 7, 3);
	assert_int_equal(seven.n, 2);
	assert_int_equal(all.n, 3);
	assert_int_equal(both.n, 2);
	filter_destroy(where);
}

static void invalid(void **state)
{
	struct routing *f = *state;
	struct seen a = {0}, b = {0};
	struct record x;
	uint32_t len;
	struct route_counts counts;
	add(f, f->a, &a, ~0ull, NULL);
	add(f, f->b, &b, ~0ull, NULL);
	record_init(&x);
	char *bytes = record_bytes(&x, f->b->id, &len);
	struct eun_event *head = (struct eun_event *)bytes;
	/* another length than it says, shorter than its stream */
	routes_deliver(f->routes, bytes, len - 1, 1);
	head->len = sizeof(struct every) - 1;
	routes_deliver(f->routes, bytes, head->len, 1);
	counts = routes_counts(f->routes, f->b->id);
	assert_int_equal(counts.invalid, 2);
	assert_int_equal(counts.delivered, 0);
	assert_int_equal(routes_counts(f->routes, 0).invalid, 0);
	/* malformed in the ring, shorter than a header, of a stream that isn't there: in stream 0's */
	routes_deliver(f->routes, bytes, 0, 1);
	char *cut = malloc(sizeof(*head) - 1);
	memcpy(cut, bytes, sizeof(*head) - 1);
	routes_deliver(f->routes, cut, sizeof(*head) - 1, 1);
	free(cut);
	head->len = len;
	head->stream = 77;
	routes_deliver(f->routes, bytes, len, 1);
	assert_int_equal(routes_counts(f->routes, 0).invalid, 3);
	assert_int_equal(routes_counts(f->routes, f->b->id).invalid, 2);
	assert_int_equal(routes_counts(f->routes, 77).invalid, 0);
	assert_int_equal(a.n, 0);
	assert_int_equal(b.n, 0);
	free(bytes);
}

/* Rows of aggregates reach the same consumers, and are counted apart. */
static void rows(void **state)
{
	struct routing *f = *state;
	struct seen one = {0}, two = {0};
	struct record x;
	uint32_t len;
	add(f, f->a, &one, 1, NULL);
	add(f, f->a, &two, 2, NULL);
	record_init(&x);
	void *bytes = record_bytes(&x, f->a->id, &len);
	assert_int_equal(routes_deliver_row(f->routes, bytes, len, 2), 0);
	assert_int_equal(routes_deliver_row(f->routes, bytes, len, 3), 0);
	assert_int_equal(routes_deliver_row(f->routes, bytes, len - 1, 3), -EINVAL);
	free(bytes);
	struct route_counts counts = routes_counts(f->routes, f->a->id);
	assert_int_equal(one.n, 1);
	assert_int_equal(two.n, 2);
	assert_int_equal(counts.rows, 2);
	assert_int_equal(counts.delivered, 0);
	assert_int_equal(counts.invalid, 0);
}

static void removal(void **state)
{
	struct routing *f = *state;
	struct seen one = {0}, two = {0}, three = {0};
	add(f, f->a, &one, 1, NULL);
	add(f, f->a, &two, 1, NULL);
	add(f, f->a, &one, 1, NULL);
	add(f, f->a, &three, 1, NULL);
	add(f, f->b, &one, 1, NULL);
	send(f, f->a, 1, 1);
	assert_int_equal(one.n, 2);
	/* all of its consumers of the stream, and no others */
	routes_remove(f->routes, f->a->id, &one);
	send(f, f->a, 1, 1);
	assert_int_equal(one.n, 2);
	assert_int_equal(two.n, 2);
	assert_int_equal(three.n, 2);
	send(f, f->b, 1, 1);
	assert_int_equal(one.n, 3);
	/* of what isn't there: nothing happens */
	routes_remove(f->routes, f->a->id, &one);
	routes_remove(f->routes, 4000, &one);
	routes_remove(f->routes, f->a->id, &two);
	routes_remove(f->routes, f->a->id, &three);
	send(f, f->a, 1, 1);
	assert_int_equal(two.n, 2);
	/* the stream is still counted, and may have consumers again */
	assert_int_equal(routes_counts(f->routes, f->a->id).delivered, 3);
	add(f, f->a, &two, 1, NULL);
	send(f, f->a, 1, 1);
	assert_int_equal(two.n, 3);
}

/* Nobody ever asked for anything: records are dropped, and it holds. */
static void nobody(void **state)
{
	struct routing *f = *state;
	send(f, f->a, 1, 1);
	send(f, f->b, 1, 1);
	routes_deliver(f->routes, "", 0, 1);
	routes_deliver_row(f->routes, "", 0, 1);
	assert_int_equal(routes_counts(f->routes, f->a->id).delivered, 0);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, routing_new, routing_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(by_stream), WITH_FIXTURE(of_no_one), WITH_FIXTURE(in_place),
		WITH_FIXTURE(by_set),    WITH_FIXTURE(by_filter), WITH_FIXTURE(invalid),
		WITH_FIXTURE(rows),      WITH_FIXTURE(removal),   WITH_FIXTURE(nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
