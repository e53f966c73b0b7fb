/* SPDX-License-Identifier: MIT */
/*
 * Events that have stacks, added up for --fmt folded, svg, pprof and speedscope. Addresses become names as the events
 * come, while their processes live. One thread.
 */
#ifndef CORE_CLI_STACKS_H
#define CORE_CLI_STACKS_H

#include "event/view.h"
#include "flame/flame.h"

struct stacks;

/* NULL with `why`: none of the streams has stacks, or they count different things. */
struct stacks *stacks_new(enum flame_format format, const char *title, const struct stream *const *streams, size_t n,
			  char *why, size_t why_size);
void stacks_free(struct stacks *stacks);

void stacks_event(struct stacks *stacks, const struct view *view);
/* Appends the profile. -ENOMEM. */
int stacks_write(struct stacks *stacks, uint64_t lost, struct buf *out);

#endif
