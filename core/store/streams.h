/* SPDX-License-Identifier: MIT */
/* The streams that exist in the history alone: rows of its tables as records. */
#ifndef CORE_STORE_STREAMS_H
#define CORE_STORE_STREAMS_H

#include <sqlite3.h>

#include "event/buf.h"
#include "event/schema.h"

extern const struct eun_stream history_alert, history_connection;

/* The columns that make a record: what follows them is the caller's. */
#define ALERT_COLUMNS                                                                                             \
	"id, time, pid, uid, comm, rule, severity, source, output, tags, count, dropped_before, acknowledged_by," \
	" acknowledged"
#define ALERT_COLUMNS_N 14
#define CONNECTION_COLUMNS                                                                              \
	"t.id, t.time, t.pid, t.uid, t.comm, t.direction, t.saddr, t.sport, t.daddr, t.dport, t.ended," \
	" t.latency_ns, t.duration_ns, t.tx_bytes, t.rx_bytes, t.srtt_ns, t.retransmits, t.ret"
#define CONNECTION_COLUMNS_N 18

/* A row as a record, appended to `out`, which is empty; failures are the buffer's. */
void alert_record(sqlite3_stmt *row, uint16_t stream, struct buf *out);
void connection_record(sqlite3_stmt *row, uint16_t stream, struct buf *out);

#endif
