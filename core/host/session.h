/* SPDX-License-Identifier: MIT */
/*
 * What every run is put together from, for the command line and the daemon alike: the schema and what is known of
 * actors (no privileges), then targets, rings and loaded objects (the kernel), then the loop. The steps stand in the
 * order in which they are called. One thread.
 */
#ifndef CORE_HOST_SESSION_H
#define CORE_HOST_SESSION_H

#include "host/census.h"
#include "host/choice.h"
#include "host/probing.h"
#include "host/who.h"
#include "pipeline/loop.h"

struct session {
	struct host host; /* its log may be set by the owner */
	struct schema schema;
	struct census *census;
	struct probing *probing;
	struct who who;
	struct loop *loop;
	void (*drained)(void *context); /* after what came or went in the census; the loop's too */
	void *context;
};

/* `btf` as kernel_new(). -ENOMEM: to be freed all the same. */
int session_init(struct session *session, const char *btf);
/* The instances are the caller's and must be gone. */
void session_free(struct session *session);

/*
 * The kernel: privileges, targets, rings of `ring_bytes` (0: the usual) and, with `filters`, room for filters.
 * -errno: why.
 */
int session_open(struct session *session, uint64_t ring_bytes, bool filters, char *why, size_t why_size);

/* Something to be done in a thread of its own while objects load: who is meant. -errno: why. */
typedef int (*session_beside)(void *context, char *why, size_t why_size);

/*
 * Loads and opens the instances of the choices that have one, each with its streams, what rules watch and feeds, and
 * puts the rings in their place, side by side: loading takes most of the time until the first event. -errno: why.
 */
int session_load(struct session *session, const struct choices *choices, session_beside beside, void *context,
		 char *why, size_t why_size);

/*
 * The kernel's types are searched for what the objects of these choices ask, and no more; session_load() does it. Until
 * kernel_forget().
 */
void session_prepare(const struct session *session, const struct choices *choices);

/* Makes the loop: rings, census, signals. `drained` is called after each round that delivered something. -errno. */
int session_loop(struct session *session, void (*drained)(void *context), void *context);

/* True: what failed with this is not allowed, or not there, on this kernel or with these privileges. */
bool session_denied(int err);

/* Off, a grace period, and everything that is still on its way; aggregates are not drained. */
void session_stop(struct session *session, const struct choices *choices);

#endif
