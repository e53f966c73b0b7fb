/* SPDX-License-Identifier: MIT */
/* An instance that jobs share, and the threads that load it and take it down. Inside of the pool. One thread. */
#ifndef CORE_SERVER_SHARED_H
#define CORE_SERVER_SHARED_H

#include <stdatomic.h>

#include "host/loading.h"
#include "server/hotplug.h"

enum shared_state { SHARED_NEW, SHARED_LOADING, SHARED_UP, SHARED_DOWN };

struct shared {
	enum shared_state state;
	const struct shelf_plugin *plugin;
	char *options; /* one text: those of equal texts are equal */
	uint64_t streams;
	struct instance *instance;
	const struct host *host;
	struct loading thread;
	atomic_bool done; /* the thread's work */
	bool detaching;
	int wake;         /* eventfd, written when it is */
	size_t jobs;      /* that have it */
	uint64_t drained; /* boot clock, ns: aggregates, the last time */
	struct shared *next;
};

/* NULL: why. Nothing is loaded yet. */
struct shared *shared_new(const struct host *host, const struct shelf_plugin *plugin, char *const *options,
			  uint64_t streams, int wake, char *why, size_t why_size);
/* True: it can serve a job of these. */
bool shared_serves(const struct shared *object, const struct shelf_plugin *plugin, const char *options,
		   uint64_t streams);
/* The options as one text; NULL: no memory. */
char *shared_options(char *const *options);

/* In a thread; shared_loaded() once it is done: -errno, why. */
void shared_load(struct shared *object);
int shared_loaded(struct shared *object, char *why, size_t why_size);
/* Likewise: nothing flows and nobody has it any more. shared_free() once it is done. */
void shared_detach(struct shared *object);
void shared_free(struct shared *object);

#endif
