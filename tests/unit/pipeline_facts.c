/* SPDX-License-Identifier: MIT */
/* What is known of actors goes into a recording: a replay's tables answer as the run's did, for each event. */
#include "target_fixture.h"

#include <stdio.h>
#include <unistd.h>

#include "event/writer.h"
#include "pipeline/record.h"
#include "pipeline/record_format.h"
#include "pipeline/recording.h"
#include "pipeline/wire.h"
#include "target/computed.h"

#define CGROUPS 20

/* Two tables and who asks them: a run's or a replay's. */
struct side {
	struct procs *procs;
	struct containers *containers;
	struct computed computed;
	struct writer *json, *wide;
};

static const struct column columns[] = {
	{.header = "A", .field = "exe"},           {.header = "B", .field = "argv"},
	{.header = "C", .field = "parent.exe"},    {.header = "D", .field = "parent.argv"},
	{.header = "E", .field = "parent.comm"},   {.header = "F", .field = "parent.pid"},
	{.header = "G", .field = "ancestor.exe"},  {.header = "H", .field = "proc.start"},
	{.header = "I", .field = "container.pod"}, {.header = "J", .field = "proc.duration_ns"},
};

static void side_begin(struct side *s, struct procs *procs, struct schema *schema)
{
	s->procs = procs;
	s->containers = containers_new(NULL, NULL);
	assert_non_null(s->containers);
	assert_int_equal(computed_init(&s->computed), 0);
	s->computed.procs = procs;
	s->computed.containers = s->containers;
	computed_offer(&s->computed, schema);
	s->json = writer_new(&(struct writer_options){.format = FORMAT_JSON});
	s->wide = writer_new(
		&(struct writer_options){.format = FORMAT_CSV, .columns = columns, .n_columns = COUNT(columns)});
	assert_true(s->json && s->wide);
}

static void side_end(struct side *s)
{
	writer_destroy(s->json);
	writer_destroy(s->wide);
	computed_free(&s->computed);
	containers_destroy(s->containers);
}

static void side_write(struct side *s, const struct view *view, struct buf *out)
{
	assert_int_equal(writer_event(s->json, view, out), 0);
	assert_int_equal(writer_event(s->wide, view, out), 0);
}

/* A cgroup's container becomes known, changes, or is none after all. */
static void change_container(struct side *s)
{
	static const char *const texts[] = {NULL, "", "a", "web\n", "0123456789abcdef"};
	struct container c = {.cgroup = (uint64_t)(rand() % CGROUPS), .state = (enum container_state)(rand() % 3)};
	const char **info[] = {&c.info.id,      &c.info.name, &c.info.image,
			       &c.info.runtime, &c.info.pod,  &c.info.pod_namespace};
	for (size_t i = 0; i < COUNT(info); i++)
		*info[i] = texts[rand() % (int)COUNT(texts)];
	if (rand() % 4)
		assert_int_equal(containers_learn(s->containers, &c), 0);
	else
		containers_unlearn(s->containers, c.cgroup);
}

static void live(const char *path, unsigned seed, struct buf *out)
{
	struct life *l = malloc(sizeof(*l));
	struct side s;
	char why[256];
	life_begin(l, 50, 1 << 20);
	side_begin(&s, l->procs, &l->schema);
	struct recorder *r = recorder_new(path, why, sizeof(why));
	assert_non_null(r);
	assert_int_equal(recorder_stream(r, l->streams[OTHER]), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	assert_int_equal(recorder_facts(r, l->procs, s.containers), 0);
	uint64_t time = 1000 * MS;
	srand(seed);
	for (int i = 0; i < 5000; i++) {
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
			change_container(&s);
			break;
		default: {
			const struct view *view = life_event(l, OTHER, when, pid, other);
			l->r.h.cgroup = (uint64_t)(rand() % CGROUPS);
			l->r.h.flags = rand() % 2 ? EUN_CONTAINER : 0;
			assert_int_equal(recorder_event(r, view), 0);
			side_write(&s, view, out);
		}
		}
	}
	assert_int_equal(recorder_close(r, why, sizeof(why)), 0);
	life_fork(l, time, 1, 2); /* forgets one, maybe, and tells nobody any more */
	side_end(&s);
	life_end(l);
	free(l);
}

static void take(struct side *s, const struct recording_item *item)
{
	const struct fact_process *p = &item->process;
	if (item->kind == RECORDING_PROCESS)
		assert_int_equal(procs_learn(s->procs, &p->proc, p->parent_pid, p->parent), 0);
	else if (item->kind == RECORDING_FORGOT)
		procs_forget(s->procs, p->proc.pid, p->proc.serial);
	else {
		containers_unlearn(s->containers, item->container.container.cgroup);
		if (item->container.known)
			assert_int_equal(containers_learn(s->containers, &item->container.container), 0);
	}
}

static void replay(const char *path, struct buf *out, unsigned kinds[RECORDING_CONTAINER + 1])
{
	struct side s;
	struct recording_item item;
	char why[512];
	struct recording *rec = recording_open(path, why, sizeof(why));
	assert_non_null(rec);
	struct procs *procs = procs_new(50, 1 << 20);
	side_begin(&s, procs, recording_schema(rec));
	while (recording_next(rec, &item, why, sizeof(why)) > 0) {
		kinds[item.kind]++;
		if (item.kind == RECORDING_EVENT)
			side_write(&s, &item.view, out);
		else
			take(&s, &item);
	}
	assert_int_equal(recording_next(rec, &item, why, sizeof(why)), 0);
	side_end(&s);
	procs_destroy(procs);
	recording_close(rec);
}

static void same_answers(void **state)
{
	char path[] = "/tmp/eunomia-facts-XXXXXX";
	(void)state;
	close(mkstemp(path));
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct buf out = {0}, again = {0};
		unsigned kinds[RECORDING_CONTAINER + 1] = {0};
		live(path, seed, &out);
		replay(path, &again, kinds);
		assert_int_equal(out.len, again.len);
		assert_memory_equal(out.data, again.data, out.len);
		/* each of them occurs; and facts that did not change are not written again */
		assert_true(kinds[RECORDING_PROCESS] > 100 && kinds[RECORDING_FORGOT] > 50);
		assert_in_range(kinds[RECORDING_CONTAINER], 300, kinds[RECORDING_EVENT] * 3 / 4);
		buf_free(&out);
		buf_free(&again);
	}
	unlink(path);
}

/* A container's texts are as long as its image says: cut, so that a reader accepts them. */
static void long_texts(void **state)
{
	char path[] = "/tmp/eunomia-facts-XXXXXX", why[512];
	static char text[100000];
	(void)state;
	close(mkstemp(path));
	memset(text, 'x', sizeof(text) - 1);
	struct life *l = malloc(sizeof(*l));
	struct side s;
	life_begin(l, 50, 1 << 20);
	side_begin(&s, NULL, &l->schema);
	struct container c = {.info = {text, text, text, text, text, text, NULL, 0}, .cgroup = 7};
	assert_int_equal(containers_learn(s.containers, &c), 0);
	struct recorder *r = recorder_new(path, why, sizeof(why));
	assert_int_equal(recorder_stream(r, l->streams[OTHER]), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	assert_int_equal(recorder_facts(r, NULL, s.containers), 0);
	life_event(l, OTHER, 1, 2, 3);
	l->r.h.cgroup = 7;
	assert_int_equal(recorder_event(r, &l->view), 0);
	assert_int_equal(recorder_close(r, why, sizeof(why)), 0);
	struct recording *rec = recording_open(path, why, sizeof(why));
	struct recording_item item;
	assert_int_equal(recording_next(rec, &item, why, sizeof(why)), 1);
	assert_int_equal(item.kind, RECORDING_CONTAINER);
	assert_int_equal(strlen(item.container.container.info.pod_namespace), 4095);
	assert_int_equal(recording_next(rec, &item, why, sizeof(why)), 1);
	assert_int_equal(recording_next(rec, &item, why, sizeof(why)), 0);
	recording_close(rec);
	side_end(&s);
	life_end(l);
	free(l);
	unlink(path);
}

/* More cgroups than are remembered: their facts are written with each event, and are right. */
static void many_cgroups(void **state)
{
	char path[] = "/tmp/eunomia-facts-XXXXXX", why[512];
	const uint32_t n = 66000;
	(void)state;
	close(mkstemp(path));
	struct life *l = malloc(sizeof(*l));
	struct side s;
	life_begin(l, 50, 1 << 20);
	side_begin(&s, NULL, &l->schema);
	struct recorder *r = recorder_new(path, why, sizeof(why));
	assert_int_equal(recorder_stream(r, l->streams[OTHER]), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	assert_int_equal(recorder_facts(r, NULL, s.containers), 0);
	for (uint32_t i = 0; i < 2 * n; i++) {
		life_event(l, OTHER, 1, 2, 3);
		l->r.h.cgroup = 1 + i % n;
		l->r.h.flags = i < n ? EUN_CONTAINER : 0; /* pending, then the host's */
		assert_int_equal(recorder_event(r, &l->view), 0);
	}
	assert_int_equal(recorder_close(r, why, sizeof(why)), 0);
	struct recording *rec = recording_open(path, why, sizeof(why));
	struct recording_item item;
	for (uint32_t i = 0; i < 2 * n; i++) {
		assert_int_equal(recording_next(rec, &item, why, sizeof(why)), 1);
		assert_int_equal(item.kind, RECORDING_CONTAINER);
		assert_int_equal(item.container.known, i < n);
		assert_int_equal(recording_next(rec, &item, why, sizeof(why)), 1);
		assert_int_equal(item.view.rec->cgroup, 1 + i % n);
	}
	assert_int_equal(recording_next(rec, &item, why, sizeof(why)), 0);
	recording_close(rec);
	side_end(&s);
	life_end(l);
	free(l);
	unlink(path);
}

/* Payloads that are not whole, and a state that there is not. */
static void damaged(void **state)
{
	static const char process[] = "\1\0\0\0\0\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				      "0123456789abcdef\2\0\0\0x\0\3\0\0\0ab";
	static const char container[] = "\7\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0x\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	struct fact_process p;
	struct fact_container c;
	(void)state;
	for (size_t n = 0; n < sizeof(process); n++) {
		struct wire in = {.at = (const unsigned char *)process, .end = (const unsigned char *)process + n};
		facts_get_process(&in, &p);
		assert_int_equal(in.bad, n < sizeof(process) - 1);
	}
	assert_int_equal(p.proc.pid, 2);
	assert_int_equal(p.proc.argv_len, 2);
	assert_string_equal(p.proc.exe, "x");
	for (size_t n = 0; n < sizeof(container); n++) {
		struct wire in = {.at = (const unsigned char *)container, .end = (const unsigned char *)container + n};
		facts_get_container(&in, &c);
		assert_int_equal(in.bad, n < sizeof(container) - 1);
	}
	assert_true(c.known);
	assert_string_equal(c.container.info.id, "x");
	char bad[sizeof(container)];
	memcpy(bad, container, sizeof(bad));
	bad[8] = 3;
	struct wire in = {.at = (unsigned char *)bad, .end = (unsigned char *)bad + sizeof(bad) - 1};
	facts_get_container(&in, &c);
	assert_true(in.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_answers),
		cmocka_unit_test(long_texts),
		cmocka_unit_test(many_cgroups),
		cmocka_unit_test(damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
