/* SPDX-License-Identifier: MIT */
/*
 * What a run knows of the actors of its events: the computed fields, and the process table, which is fed only where
 * something asks for it: then the plugins that have the streams' roles join the run, for everyone and beside what the
 * user chose. One thread.
 */
#ifndef CORE_CLI_WHO_H
#define CORE_CLI_WHO_H

#include "choose.h"
#include "filter/filter.h"
#include "host/instance.h"
#include "target/computed.h"
#include "view.h"

#define WHO_ROLES 3

struct who {
	struct computed computed;
	struct procs *procs; /* NULL: nobody asks */
	struct {
		const struct instance *instance;
		uint32_t stream;
	} feeds[WHO_ROLES];
	size_t n_feeds;
};

/* Offers the computed fields to the schema. -ENOMEM. */
int who_init(struct who *who, const struct containers *containers, struct schema *schema);
void who_free(struct who *who);

/*
 * Makes the process table if the filter (may be NULL) or the view reads what it knows, and adds to the choices what
 * feeds it: at most WHO_ROLES plugins more. -errno: why.
 */
int who_prepare(struct who *who, const struct filter *where, const struct show *show,
		const struct stream *const *streams, size_t n, struct choices *choices, char *const *paths, char *why,
		size_t why_size);

/*
 * The table is fed from here on, before any consumer that is added later sees the same event; and it knows who is
 * there. `instances` are those of the choices. Without a table nothing. -errno: why.
 */
int who_start(struct who *who, const struct host *host, const struct choices *choices,
	      struct instance *const *instances, char *why, size_t why_size);

/* Events of processes that did not arrive: the table may be wrong. */
uint64_t who_lost(const struct who *who);

#endif
