/* SPDX-License-Identifier: MIT */
/* What became of every event: losses while they happen, the summary and the law at the end. One thread. */
#ifndef CORE_CLI_ACCOUNT_H
#define CORE_CLI_ACCOUNT_H

#include "host/instance.h"

struct account {
	struct account_item {
		const struct instance *instance;
		uint32_t stream;
		uint64_t lost; /* as told so far */
	} * items;
	size_t n;
};

int account_add(struct account *account, const struct instance *instance, uint32_t stream);
void account_free(struct account *account);

/* Tells what was lost since the last call, stream by stream. */
void account_losses(struct account *account, void (*lost)(void *context, const struct stream *stream, uint64_t count),
		    void *context);

/*
 * After the run is stopped and drained: one line on stderr, one more for each stream that lost something, and with
 * `all` one for each stream. A law that does not hold is always told.
 */
void account_summary(const struct account *account, uint64_t events, uint64_t dropped_rows, bool all);

#endif
