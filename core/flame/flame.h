/* SPDX-License-Identifier: MIT */
/*
 * A profile: stacks with a weight, kept as a tree whose nodes are frames. Bounded: a stack that finds no room is kept
 * up to where there is some, so no weight is lost. One thread.
 */
#ifndef CORE_FLAME_FLAME_H
#define CORE_FLAME_FLAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/buf.h"

enum frame_kind { FRAME_USER, FRAME_KERNEL, FRAME_JIT, FRAME_THREAD, FRAME_KINDS };

struct flame_frame {
	char *name;
	enum frame_kind kind;
	uint32_t next; /* in its slot of the hash */
};

struct flame_node {
	uint32_t frame, parent, child, sibling; /* node 0 is the root, and nobody's child: 0 is none */
	uint32_t next;
	uint64_t self, before; /* weight of stacks that end here; in the profile that it is compared with */
};

struct flame {
	struct flame_frame *frames;
	struct flame_node *nodes;
	uint32_t n_frames, n_nodes, frames_room, nodes_room;
	uint32_t *frame_slots, *node_slots;
	uint32_t frame_mask, node_mask;
	uint64_t cut; /* stacks that were not kept whole */
	bool failed;  /* no memory */
};

/* What is said about it. */
struct flame_about {
	const char *title;
	const char *unit; /* "samples", "nanoseconds" */
	const char *note; /* one line, or NULL */
	uint64_t time, duration_ns;
	uint64_t period_ns; /* between samples; 0: does not apply */
	bool compared;      /* nodes have `before` */
};

/* NULL: no memory. */
struct flame *flame_new(void);
void flame_free(struct flame *profile);

/* The number of the frame, copied if it is new; 0: no room. */
uint32_t flame_frame(struct flame *profile, const char *name, enum frame_kind kind);
/* Frames from the outermost inwards. `before`: of the profile to compare with. */
void flame_add(struct flame *profile, const uint32_t *frames, size_t n, uint64_t weight, bool before);

/* Weight of a node and all below it, by node; NULL: no memory. The caller frees it. */
uint64_t *flame_totals(const struct flame *profile, bool before);

enum flame_format { FLAME_NONE, FLAME_FOLDED, FLAME_SVG, FLAME_PPROF, FLAME_SPEEDSCOPE, FLAME_FORMATS };
/* "folded", "svg", "pprof", "speedscope"; [FLAME_NONE] is NULL. */
extern const char *const flame_format_names[FLAME_FORMATS];

/* Appends the whole profile. -ENOMEM. */
int flame_write(const struct flame *profile, enum flame_format format, const struct flame_about *about,
		struct buf *out);

/* Adds folded lines ("a;b;c 12"). -EINVAL: the number of the line that is none. */
int flame_read_folded(struct flame *profile, const char *text, size_t bytes, bool before, size_t *line);

#endif
