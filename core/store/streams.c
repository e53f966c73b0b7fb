/* SPDX-License-Identifier: MIT */
#include "streams.h"

#include <arpa/inet.h>
#include <jansson.h>

#include "event/view.h"
#include "sink/severity.h"

struct alert_row {
	struct eun_event h;
	__s64 id;
	__u64 count;
	__u64 dropped_before;
	eun_ref rule;
	eun_ref source;
	eun_ref output;
	eun_ref tags;
	eun_ref acknowledged_by;
	__u8 severity;
	__u8 acknowledged;
	__u8 pad[2];
};

enum direction { UNKNOWN, OUT, IN };

struct connection_row {
	struct eun_event h;
	__s64 id;
	__u64 latency_ns;
	__u64 duration_ns;
	__u64 tx_bytes;
	__u64 rx_bytes;
	__u64 srtt_ns;
	struct eun_ip saddr;
	struct eun_ip daddr;
	__u32 retransmits;
	__s32 ret;
	__u16 sport;
	__u16 dport;
	__u8 direction;
	__u8 open;
	__u8 pad[2];
};

/* RFC 5424's, as rules write them. */
static const struct eun_label severities[] = {
	{SEVERITY_EMERGENCY, "emergency"},
	{SEVERITY_ALERT, "alert"},
	{SEVERITY_CRITICAL, "critical"},
	{SEVERITY_ERROR, "error"},
	{SEVERITY_WARNING, "warning"},
	{SEVERITY_NOTICE, "notice"},
	{SEVERITY_INFORMATIONAL, "informational"},
	{SEVERITY_DEBUG, "debug"},
	{0, NULL},
};

static const struct eun_label directions[] = {{UNKNOWN, "unknown"}, {OUT, "out"}, {IN, "in"}, {0, NULL}};

#define ALERT(member, type, help) EUN_FIELD(struct alert_row, member, type, 0, help)
static const struct eun_field alert_fields[] = {
	ALERT(id, EUN_S64, "its number"),
	EUN_LABELLED(struct alert_row, severity, EUN_ENUM, 0, severities, "how severe"),
	ALERT(rule, EUN_STRING, "the rule that told it"),
	ALERT(source, EUN_STRING, "the stream that the rule looked at"),
	ALERT(output, EUN_STRING, "its message"),
	ALERT(tags, EUN_STRINGS, "of the rule"),
	ALERT(count, EUN_U64, "how many it stands for"),
	ALERT(dropped_before, EUN_U64, "how many of the rule were not told before it"),
	ALERT(acknowledged, EUN_BOOL, "somebody has seen it"),
	ALERT(acknowledged_by, EUN_STRING, "who"),
};

#define CONNECTION(member, type, help) EUN_FIELD(struct connection_row, member, type, 0, help)
static const struct eun_field connection_fields[] = {
	CONNECTION(id, EUN_S64, "its number"),
	EUN_LABELLED(struct connection_row, direction, EUN_ENUM, 0, directions, "out: this process connected"),
	CONNECTION(saddr, EUN_IP, "local address"),
	CONNECTION(sport, EUN_U16, "local port"),
	CONNECTION(daddr, EUN_IP, "the peer's address"),
	CONNECTION(dport, EUN_U16, "the peer's port"),
	CONNECTION(open, EUN_BOOL, "its end was not seen"),
	CONNECTION(latency_ns, EUN_U64, "from the first SYN to the outcome"),
	CONNECTION(duration_ns, EUN_U64, "how long it was connected"),
	CONNECTION(tx_bytes, EUN_U64, "payload sent"),
	CONNECTION(rx_bytes, EUN_U64, "payload received"),
	CONNECTION(srtt_ns, EUN_U64, "smoothed round-trip time at the end"),
	CONNECTION(retransmits, EUN_U32, "segments sent again"),
	EUN_FIELD(struct connection_row, ret, EUN_ERRNO, EUN_FIELD_ERROR, "why there was none, or what ended it"),
};

const struct eun_stream history_alert = {
	.name = "history.alert",
	.version = 1,
	.record_size = sizeof(struct alert_row),
	.fields = EUN_TABLE(alert_fields),
	.columns = "severity,rule,output",
	.help = "an alert that was told",
};

const struct eun_stream history_connection = {
	.name = "history.connection",
	.version = 1,
	.record_size = sizeof(struct connection_row),
	.fields = EUN_TABLE(connection_fields),
	.columns = "direction,saddr,sport,daddr,dport,tx_bytes,rx_bytes,duration_ns,ret",
	.help = "what became of a connection",
};

/* ---- rows ---- */

static uint64_t number(sqlite3_stmt *row, int column)
{
	return (uint64_t)sqlite3_column_int64(row, column);
}

/* Appends to the record and refers to it; what does not fit is cut. */
static eun_ref refer(struct buf *out, const void *bytes, size_t len)
{
	size_t at = out->len, room = at < EUN_RECORD_MAX ? EUN_RECORD_MAX - at : 0;
	if (!bytes || !room)
		return 0;
	if (len > room)
		len = room;
	buf_add(out, bytes, len);
	return EUN_REF(at, len);
}

static eun_ref text(sqlite3_stmt *row, int column, struct buf *out)
{
	const void *bytes = sqlite3_column_text(row, column);
	return refer(out, bytes, (size_t)sqlite3_column_bytes(row, column));
}

/* A JSON array of texts. */
static eun_ref texts(sqlite3_stmt *row, int column, struct buf *out)
{
	const char *json = (const char *)sqlite3_column_text(row, column);
	json_t *array = json ? json_loads(json, 0, NULL) : NULL;
	size_t i;
	const json_t *item;
	struct buf all = {0};
	json_array_foreach(array, i, item)
	{
		if (json_is_string(item))
			buf_add(&all, json_string_value(item), json_string_length(item) + 1);
	}
	eun_ref ref = refer(out, all.data, all.len);
	buf_free(&all);
	json_decref(array);
	return ref;
}

/* The first columns of both. */
static void head(sqlite3_stmt *row, uint16_t stream, struct eun_event *h)
{
	const void *comm = sqlite3_column_text(row, 4);
	size_t len = (size_t)sqlite3_column_bytes(row, 4);
	h->stream = stream;
	h->time = number(row, 1);
	h->pid = h->tid = (uint32_t)number(row, 2);
	h->uid = (uint32_t)number(row, 3);
	if (comm)
		memcpy(h->comm, comm, len < sizeof(h->comm) ? len : sizeof(h->comm));
}

static void finish(struct buf *out, void *record, size_t size)
{
	((struct eun_event *)record)->len = (uint32_t)out->len;
	if (!out->failed)
		memcpy(out->data, record, size);
}

void alert_record(sqlite3_stmt *row, uint16_t stream, struct buf *out)
{
	struct alert_row r = {.id = sqlite3_column_int64(row, 0)};
	buf_pad(out, 0, sizeof(r));
	head(row, stream, &r.h);
	r.severity = (uint8_t)number(row, 6);
	r.rule = text(row, 5, out);
	r.source = text(row, 7, out);
	r.acknowledged_by = text(row, 12, out);
	r.tags = texts(row, 9, out);
	r.output = text(row, 8, out);
	r.count = number(row, 10);
	r.dropped_before = number(row, 11);
	r.acknowledged = number(row, 13) != 0;
	finish(out, &r, sizeof(r));
}

static void address(sqlite3_stmt *row, int column, struct eun_ip *ip)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	struct in_addr four;
	if (text && inet_pton(AF_INET, text, &four) == 1) {
		memset(ip->b + 10, 0xff, 2);
		memcpy(ip->b + 12, &four, sizeof(four));
	} else if (text) {
		inet_pton(AF_INET6, text, ip->b);
	}
}

void connection_record(sqlite3_stmt *row, uint16_t stream, struct buf *out)
{
	struct connection_row r = {.id = sqlite3_column_int64(row, 0)};
	const char *direction = (const char *)sqlite3_column_text(row, 5);
	buf_pad(out, 0, sizeof(r));
	head(row, stream, &r.h);
	for (size_t i = 0; direction && directions[i].name; i++)
		if (!strcmp(direction, directions[i].name))
			r.direction = (uint8_t)directions[i].value;
	address(row, 6, &r.saddr);
	r.sport = (uint16_t)number(row, 7);
	address(row, 8, &r.daddr);
	r.dport = (uint16_t)number(row, 9);
	r.open = !number(row, 10);
	r.latency_ns = number(row, 11);
	r.duration_ns = number(row, 12);
	r.tx_bytes = number(row, 13);
	r.rx_bytes = number(row, 14);
	r.srtt_ns = number(row, 15);
	r.retransmits = (uint32_t)number(row, 16);
	r.ret = (int32_t)number(row, 17);
	finish(out, &r, sizeof(r));
}
