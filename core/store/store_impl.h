/* SPDX-License-Identifier: MIT */
/* Inside of the store: what its two threads have, and what they tell each other. Everything else uses store.h. */
#ifndef CORE_STORE_STORE_IMPL_H
#define CORE_STORE_STORE_IMPL_H

#include <stdatomic.h>

#include "store/actors.h"
#include "store/base.h"
#include "store/queue.h"
#include "store/store.h"

/* Of the queue's entries. What they hold: a structure, then texts and bytes of the lengths in it. */
enum entry_kind { ENTRY_STREAM, ENTRY_EVENT, ENTRY_CONNECTION, ENTRY_ALERT, ENTRY_ACKNOWLEDGE, ENTRY_KINDS };

struct stream_entry {
	uint32_t number; /* what events call it */
	uint32_t name, schema;
};

struct event_entry {
	uint64_t time; /* wall clock, as everywhere in entries */
	uint32_t number;
	uint32_t pid;
	char comm[EUN_COMM_LEN];
	uint32_t record, texts, known;
};

enum connection_role { CONNECTION_OPEN, CONNECTION_ACCEPT, CONNECTION_CLOSE, CONNECTION_ROLES };
enum connection_number {
	CONNECTION_LATENCY,
	CONNECTION_DURATION,
	CONNECTION_TX,
	CONNECTION_RX,
	CONNECTION_SRTT,
	CONNECTION_RETRANSMITS,
	CONNECTION_RET,
	CONNECTION_NUMBERS
};

struct connection_entry {
	enum connection_role role;
	uint64_t time, sock;
	uint32_t pid, uid;
	char comm[EUN_COMM_LEN];
	struct eun_ip saddr, daddr;
	uint16_t sport, dport;
	int64_t numbers[CONNECTION_NUMBERS];
	uint32_t has; /* bit per number */
	uint32_t known;
};

struct alert_entry {
	uint64_t time, count, dropped_before;
	uint32_t severity, pid, uid;
	char comm[EUN_COMM_LEN];
	bool has_actor;
	uint32_t rule, source, output, tags, fields, json, ancestors, known;
};

struct acknowledge_entry {
	int64_t alert;
	uint64_t time;
	uint32_t who;
};

/* A stream that the thread was told of. */
struct told {
	uint32_t serial; /* 0: none of that id */
	uint32_t number;
	const struct field *ends[5], *numbers[CONNECTION_NUMBERS]; /* of one with a role */
	int role;                                                  /* -1: not looked at */
};

/* A stream as the thread knows it, by number. */
struct written_stream {
	char *name, *schema;
	uint32_t name_len, schema_len;
	int64_t id; /* in the file; 0: not looked for */
};

struct store {
	struct store_config config; /* a copy; config.style is `style` */
	struct alert_style style;
	char *hostname;
	char *path;
	int lock; /* of PATH-lock: one process writes */
	struct queue queue;

	/* of who offers */
	struct buf scratch;
	struct told *told; /* by id */
	uint32_t n_told, n_numbers;

	/* of the thread */
	pthread_t thread;
	struct base base;
	struct actors actors;
	struct written_stream *streams;
	uint32_t n_streams;
	uint32_t exe, container; /* places of these, see known.h */
	int64_t run, run_done;   /* 0: to be begun; the one that is in the file for good */
	int64_t segment;         /* 0: to be begun */
	int64_t last_event, last_connection, last_actor;
	uint64_t wal_bytes; /* its log may have so many */
	struct {
		uint64_t noting, noted;
	} lost;             /* that the open transaction tells of, and the file */
	uint64_t limit_now; /* the cap that holds */
	uint64_t trim_at;   /* monotonic ns: when age is looked at */
	bool failing;       /* as told */

	atomic_uint_fast64_t max_bytes, max_age_ms;
	atomic_uint_fast64_t deadline; /* monotonic ns: when closing is over; UINT64_MAX: not closing */
	pthread_mutex_t counts_lock;
	uint64_t written, errors, bytes;
	char last_error[200];
	bool finished;
};

uint64_t store_now(void);  /* monotonic, ns */
uint64_t store_wall(void); /* since 1970, ns */
void store_say(struct store *store, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* write.c: one entry into the transaction that is open. An SQLite code. */
int store_write(struct store *store, const struct entry *entry);
/* Before the first entry of a transaction: what rows refer to is there. */
int store_begin(struct store *store);
/* The transaction is in the file; it came to nothing. */
void store_done(struct store *store);
void store_undone(struct store *store);

/* trim.c: keeps the file under its caps, in transactions of its own. An SQLite code. */
int store_trim(struct store *store);
/* Room is short: something goes at once. */
int store_make_room(struct store *store);

#endif
