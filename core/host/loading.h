/* SPDX-License-Identifier: MIT */
/*
 * Loading several objects at once, each in a thread of its own. Between begin and end the caller may do other things,
 * but not with what the threads have in their hands.
 */
#ifndef CORE_HOST_LOADING_H
#define CORE_HOST_LOADING_H

#include <pthread.h>

#include "instance.h"

struct loading {
	int (*work)(struct loading *loading); /* 0 or -errno, with `why` filled */
	struct instance *instance;            /* of loading_instance() */
	uint64_t streams;
	void *context; /* of loading_begin() */
	pthread_t thread;
	bool threaded; /* false: no thread was to be had, it is done already */
	int err;
	char why[512];
};

void loading_begin(struct loading *loading, int (*work)(struct loading *loading), void *context);
/* instance_load() */
void loading_instance(struct loading *loading, struct instance *instance, uint64_t streams);
/* Waits for it; what the work returned. `why` may be NULL. */
int loading_end(struct loading *loading, char *why, size_t why_size);

#endif
