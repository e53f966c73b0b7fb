/* SPDX-License-Identifier: MIT */
/*
 * Loading several instances at once, each in a thread. Between begin and end the caller may do other things, but not
 * with these instances.
 */
#ifndef CORE_HOST_LOADING_H
#define CORE_HOST_LOADING_H

#include <pthread.h>

#include "instance.h"

struct loading {
	struct instance *instance;
	uint64_t streams;
	pthread_t thread;
	bool threaded; /* false: no thread was to be had, it is done already */
	int err;
	char why[512];
};

void loading_begin(struct loading *loading, struct instance *instance, uint64_t streams);
/* Waits for it; what instance_load() returned. */
int loading_end(struct loading *loading, char *why, size_t why_size);

#endif
