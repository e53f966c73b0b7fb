/* SPDX-License-Identifier: MIT */
/* A recording, with what its run knew of processes and containers at each event. One thread. */
#ifndef CORE_CLI_PLAYER_H
#define CORE_CLI_PLAYER_H

#include "pipeline/recording.h"
#include "target/computed.h"

struct player {
	struct recording *recording;
	struct procs *procs;
	struct containers *containers;
	struct computed computed;
	const struct stream **streams; /* n_streams: those that were recorded */
	size_t n_streams;
};

/* -errno: why; to be closed all the same. */
int player_open(struct player *player, const char *path, char *why, size_t why_size);
void player_close(struct player *player);

/* The next event, loss or mark, as recording_next(); what is known between them is learned. */
int player_next(struct player *player, struct recording_item *item, char *why, size_t why_size);

#endif
