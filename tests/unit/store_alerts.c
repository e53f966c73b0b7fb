/* SPDX-License-Identifier: MIT */
/* Alerts and connections: as rows, and as the events that the history makes of them. */
#include "store_fixture.h"
#include "target_fixture.h"

#include <jansson.h>

/* ---- alerts ---- */

static void all_bytes(char *text)
{
	for (int i = 1; i < 256; i++)
		text[i - 1] = (char)i;
	text[255] = '\0';
}

static const char hostile[] = "</script>\x1b[31m\xff'; DROP TABLE alerts; --\n{}";

/* An alert about an event of pid 3, which 2 made, which 1 made. */
static void alert_of(struct life *l, struct alert *a, struct alert_field *field, const char *message)
{
	static const char *const tags[] = {"one", "two, \"three\""};
	life_fork(l, 10 * MS, 1, 2);
	life_exec(l, 11 * MS, 2, "/bin/two", "two\0-x\0");
	life_fork(l, 20 * MS, 2, 3);
	life_exec(l, 21 * MS, 3, "/bin/three", "three\0\xff\n\0");
	const struct view *view = life_event(l, OTHER, 30 * MS, 3, 2);
	l->r.h.uid = 1000;
	*field = (struct alert_field){.name = "evil", .text = hostile, .len = sizeof(hostile) - 1};
	*a = (struct alert){.time = 30 * MS,
			    .rule = "a rule",
			    .severity = SEVERITY_WARNING,
			    .source = "life.other",
			    .message = message,
			    .message_len = strlen(message),
			    .tags = tags,
			    .n_tags = COUNT(tags),
			    .view = view,
			    .fields = field,
			    .n_fields = 1,
			    .count = 3,
			    .dropped_before = 2};
}

struct seen {
	struct buf json, ancestors, text;
	int64_t id;
	unsigned n;
};

static int see(void *context, const struct history_item *item)
{
	static const struct column columns[] = {
		{.header = "A", .field = "rule"},  {.header = "B", .field = "severity"},
		{.header = "C", .field = "count"}, {.header = "D", .field = "parent.exe"},
		{.header = "E", .field = "uid"},   {.header = "F", .field = "acknowledged"},
		{.header = "G", .field = "tags"},  {.header = "H", .field = "acknowledged_by"},
	};
	struct seen *s = context;
	struct writer *w = writer_new(
		&(struct writer_options){.format = FORMAT_CSV, .columns = columns, .n_columns = COUNT(columns)});
	s->n++;
	s->id = item->id;
	s->text.len = s->json.len = s->ancestors.len = 0;
	writer_event(w, &item->view, &s->text);
	buf_char(&s->text, '\0');
	if (item->json)
		buf_add(&s->json, item->json, strlen(item->json) + 1);
	if (item->ancestors)
		buf_add(&s->ancestors, item->ancestors, strlen(item->ancestors) + 1);
	writer_destroy(w);
	return 0;
}

static void alerts(void **state)
{
	struct place *p = *state;
	struct life *l = malloc(sizeof(*l));
	struct store_config config = place_config(p);
	struct alert a;
	struct alert_field field;
	struct seen seen = {0};
	struct buf line = {0};
	char message[256];
	all_bytes(message);
	life_begin(l, 50, 1 << 20);
	p->computed.procs = config.procs = l->procs;
	computed_offer(&p->computed, &l->schema);
	struct store *s = store_make(&config);
	alert_of(l, &a, &field, message);
	store_alert(s, &a);
	assert_int_equal(alert_json(&a, &p->style, &line), 0);
	line.data[line.len - 1] = '\0';
	assert_int_equal(store_flush(s, SETTLE_MS), 0);

	struct history *h = history_make(p->path);
	history_all(h, &(struct history_query){.kind = HISTORY_ALERTS}, see, &seen);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.json.data, line.data);
	assert_string_equal(seen.text.data,
			    "a rule,warning,3,/bin/two,1000,false,\"one \"\"two, \\\"\"three\\\"\"\"\"\",\n");
	json_t *ancestors = json_loads(seen.ancestors.data, 0, NULL);
	assert_int_equal(json_array_size(ancestors), 3);
	json_t *actor = json_array_get(ancestors, 0);
	assert_int_equal(json_integer_value(json_object_get(actor, "pid")), 3);
	assert_string_equal(json_string_value(json_object_get(actor, "exe")), "/bin/three");
	assert_string_equal(json_string_value(json_array_get(json_object_get(actor, "argv"), 1)), "\xef\xbf\xbd\n");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(ancestors, 2), "pid")), 1);
	json_decref(ancestors);
	/* all of it as it came; and what is JSON is JSON */
	assert_int_equal(sql_number(p->path, "SELECT count(*) FROM alerts WHERE json_valid(tags) AND "
					     "json_extract(tags, '$[0]') = 'one' AND json_valid(ancestors) AND "
					     "json_extract(output_fields, '$.evil') LIKE '</script>%' AND "
					     "length(CAST(output AS BLOB)) = 255 AND priority = 'Warning' AND "
					     "pid = 3 AND exe = '/bin/three' AND comm = 'comm' AND uid = 1000"),
			 1);

	store_acknowledge(s, seen.id, "me <b>");
	store_finish(s);
	history_all(h, &(struct history_query){.kind = HISTORY_ALERTS}, see, &seen);
	assert_non_null(strstr(seen.text.data, ",true,"));
	assert_non_null(strstr(seen.text.data, ",me <b>\n"));
	history_close(h);
	buf_free(&seen.json);
	buf_free(&seen.text);
	buf_free(&seen.ancestors);
	buf_free(&line);
	life_end(l);
	free(l);
}

/* A script's own, and what a window sums up, have no event. */
static void without_event(void **state)
{
	struct place *p = *state;
	struct store *s = place_store(p);
	struct seen seen = {0};
	store_alert(s, &(struct alert){.rule = "", .source = "script", .message = "", .count = 1});
	store_finish(s);
	struct history *h = history_make(p->path);
	history_all(h, &(struct history_query){.kind = HISTORY_ALERTS}, see, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.ancestors.len, 0);
	assert_int_equal(sql_number(p->path, "SELECT count(*) FROM alerts WHERE pid IS NULL AND comm IS NULL"), 1);
	history_close(h);
	buf_free(&seen.json);
	buf_free(&seen.text);
}

/* ---- connections ---- */

struct ends {
	struct eun_event h;
	__u64 sock;
	struct eun_ip saddr, daddr;
	__u16 sport, dport;
	__s32 ret;
	__u64 latency_ns, duration_ns, tx_bytes, rx_bytes, srtt_ns;
	__u32 retransmits, pad;
};

#define ENDS(member, type) EUN_FIELD(struct ends, member, type, 0, "")
#define WHICH ENDS(sock, EUN_U64), ENDS(saddr, EUN_IP), ENDS(daddr, EUN_IP), ENDS(sport, EUN_U16), ENDS(dport, EUN_U16)
static const struct eun_field open_fields[] = {WHICH, ENDS(ret, EUN_ERRNO), ENDS(latency_ns, EUN_U64)};
static const struct eun_field accept_fields[] = {WHICH};
static const struct eun_field close_fields[] = {WHICH,
						ENDS(ret, EUN_ERRNO),
						ENDS(duration_ns, EUN_U64),
						ENDS(tx_bytes, EUN_U64),
						ENDS(rx_bytes, EUN_U64),
						ENDS(srtt_ns, EUN_U64),
						ENDS(retransmits, EUN_U32)};

enum { OPEN, ACCEPT, CLOSE, OTHERS, ROLES };
#define ROLE(label, what, table)                                                                             \
	{                                                                                                    \
		.name = label, .version = 1, .record_size = sizeof(struct ends), .fields = EUN_TABLE(table), \
		.columns = "", .role = what, .help = ""                                                      \
	}
static const struct eun_stream roles[ROLES] = {
	[OPEN] = ROLE("net.open", "connection.open", open_fields),
	[ACCEPT] = ROLE("net.accept", "connection.accept", accept_fields),
	[CLOSE] = ROLE("net.close", "connection.close", close_fields),
	[OTHERS] = ROLE("net.other", NULL, close_fields),
};

struct net {
	struct stream *streams[ROLES];
	struct store *store;
	uint64_t time;
};

static void net_begin(struct net *n, struct place *p)
{
	char why[WHY];
	*n = (struct net){.time = BOOT_NS, .store = place_store(p)};
	for (int i = 0; i < ROLES; i++) {
		n->streams[i] = stream_new(&roles[i], why, sizeof(why));
		assert_non_null(n->streams[i]);
		assert_int_equal(schema_add(&p->schema, n->streams[i]), 0);
	}
}

static void happens(struct net *n, int role, uint64_t sock, struct ends e)
{
	e.h = (struct eun_event){.time = n->time += 1000, .pid = 42, .tid = 42, .uid = 7, .comm = "client"};
	e.h.len = sizeof(e);
	e.h.stream = n->streams[role]->id;
	e.sock = sock;
	e.saddr = ip4(10, 0, 0, 1);
	e.daddr = sock % 2 ? ip4(10, 0, 0, 2) : (struct eun_ip){{0x20, 1, 0xd, 0xb8, [15] = 1}};
	e.sport = (__u16)(1000 + sock);
	e.dport = 80;
	store_connection(n->store, &(struct view){.rec = &e.h, .len = sizeof(e), .stream = n->streams[role]});
}

struct lines {
	struct buf out;
	struct writer *writer;
};

static int add_line(void *context, const struct history_item *item)
{
	struct lines *l = context;
	assert_int_equal(writer_event(l->writer, &item->view, &l->out), 0);
	return 0;
}

static void connections(void **state)
{
	static const struct column columns[] = {
		{.header = "A", .field = "direction"},   {.header = "B", .field = "saddr"},
		{.header = "C", .field = "sport"},       {.header = "D", .field = "daddr"},
		{.header = "E", .field = "dport"},       {.header = "F", .field = "open"},
		{.header = "G", .field = "latency_ns"},  {.header = "H", .field = "duration_ns"},
		{.header = "I", .field = "tx_bytes"},    {.header = "J", .field = "rx_bytes"},
		{.header = "K", .field = "retransmits"}, {.header = "L", .field = "ret"},
		{.header = "M", .field = "pid"},         {.header = "N", .field = "comm"},
	};
	struct place *p = *state;
	struct net n;
	struct lines l = {.writer = writer_new(&(struct writer_options){
				  .format = FORMAT_CSV, .columns = columns, .n_columns = COUNT(columns)})};
	const struct ends bytes = {
		.duration_ns = 500, .tx_bytes = 10, .rx_bytes = 20, .retransmits = 3, .srtt_ns = 9, .ret = -104};
	net_begin(&n, p);
	happens(&n, OPEN, 1, (struct ends){.latency_ns = 77}); /* then closed */
	happens(&n, ACCEPT, 2, (struct ends){0});              /* then closed */
	happens(&n, OPEN, 3, (struct ends){.ret = -111});      /* never open */
	happens(&n, OPEN, 5, (struct ends){.latency_ns = 5});  /* open to the end */
	happens(&n, OTHERS, 6, bytes);                         /* none */
	happens(&n, CLOSE, 1, bytes);
	happens(&n, CLOSE, 4, bytes); /* was there before */
	happens(&n, CLOSE, 2, (struct ends){.duration_ns = 1});
	happens(&n, CLOSE, 3, bytes); /* another one with the same address */
	assert_int_equal(store_finish(n.store), 8);

	static const char all[] = "out,10.0.0.1,1003,10.0.0.2,80,false,0,0,0,0,0,ECONNREFUSED,42,client\n"
				  "out,10.0.0.1,1005,10.0.0.2,80,true,5,0,0,0,0,0,42,client\n"
				  "out,10.0.0.1,1001,10.0.0.2,80,false,77,500,10,20,3,ECONNRESET,42,client\n"
				  "unknown,10.0.0.1,1004,2001:db8::1,80,false,0,500,10,20,3,ECONNRESET,42,client\n"
				  "in,10.0.0.1,1002,2001:db8::1,80,false,0,1,0,0,0,0,42,client\n"
				  "unknown,10.0.0.1,1003,10.0.0.2,80,false,0,500,10,20,3,ECONNRESET,42,client\n";
	struct history *h = history_make(p->path);
	history_all(h, &(struct history_query){.kind = HISTORY_CONNECTIONS}, add_line, &l);
	buf_char(&l.out, '\0');
	assert_string_equal(l.out.data, all);
	history_close(h);
	assert_int_equal(sql_number(p->path, "SELECT count(*) FROM connections WHERE started IS NOT NULL AND "
					     "ended - started = 500"),
			 2); /* of those that were not seen to begin */
	writer_destroy(l.writer);
	buf_free(&l.out);
}

/* A run's open connection is not closed by another run's that has its socket's address. */
static void two_runs(void **state)
{
	struct place *p = *state;
	struct net n;
	net_begin(&n, p);
	happens(&n, OPEN, 1, (struct ends){.latency_ns = 1});
	store_finish(n.store);
	n.store = place_store(p);
	happens(&n, CLOSE, 1, (struct ends){.duration_ns = 5});
	store_finish(n.store);
	assert_int_equal(sql_number(p->path, "SELECT count(*) FROM connections WHERE ended IS NULL"), 1);
	assert_int_equal(sql_number(p->path, "SELECT count(*) FROM connections"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE(alerts),
		PLACE(without_event),
		PLACE(connections),
		PLACE(two_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
