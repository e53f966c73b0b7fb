/* SPDX-License-Identifier: MIT */
/*
 * What a run knows of the actors of its events: the computed fields, and the process table, which is fed only where
 * something asks for it: then the plugins that have the streams' roles join the run, for everyone and beside what the
 * user chose. One thread.
 */
#ifndef CORE_HOST_WHO_H
#define CORE_HOST_WHO_H

#include "host/choice.h"
#include "target/computed.h"

#define WHO_ROLES 3

struct who {
	struct computed computed;
	struct procs *procs; /* NULL: nobody asks */
	struct {
		struct instance *instance;
		uint32_t stream;
	} feeds[WHO_ROLES];
	size_t n_feeds;
	int set; /* everyone */
};

/* Offers the computed fields to the schema. -ENOMEM. */
int who_init(struct who *who, const struct containers *containers, struct schema *schema);
void who_free(struct who *who);

/*
 * Makes the process table (unless there is one) and adds to the choices what feeds it: at most WHO_ROLES plugins more.
 * To be called where something asks for a field of which computed_of_process() is true. -errno: why.
 */
int who_prepare(struct who *who, struct choices *choices, char *const *paths, char *why, size_t why_size);

/*
 * The table is fed from here on, before any consumer that is added later sees the same event; and it knows who is
 * there. Without a table nothing. -errno: why.
 */
int who_start(struct who *who, const struct host *host, const struct choices *choices, char *why, size_t why_size);

/*
 * The same of other choices, in place of the ones before: for a run whose instances are replaced. -ENOMEM: it goes on
 * as it was.
 */
int who_move(struct who *who, const struct host *host, const struct choices *choices);

/* Events of processes that did not arrive: the table may be wrong. */
uint64_t who_lost(const struct who *who);

#endif
