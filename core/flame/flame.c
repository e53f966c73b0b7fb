/* SPDX-License-Identifier: MIT */
#include "flame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "write.h"

#define FRAMES_MAX (1u << 18)
#define NODES_MAX (1u << 20)
#define NAME_MAX_BYTES 1024

struct flame *flame_new(void)
{
	struct flame *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->frame_mask = 4095;
	p->node_mask = 8191;
	p->frames_room = p->nodes_room = 1024;
	p->frames = calloc(p->frames_room, sizeof(*p->frames));
	p->nodes = calloc(p->nodes_room, sizeof(*p->nodes));
	p->frame_slots = calloc(p->frame_mask + 1, sizeof(uint32_t));
	p->node_slots = calloc(p->node_mask + 1, sizeof(uint32_t));
	p->n_frames = p->n_nodes = 1;
	if (p->frames && p->nodes && p->frame_slots && p->node_slots)
		return p;
	flame_free(p);
	return NULL;
}

void flame_free(struct flame *p)
{
	if (!p)
		return;
	for (uint32_t i = 1; p->frames && i < p->n_frames; i++)
		free(p->frames[i].name);
	free(p->frames);
	free(p->nodes);
	free(p->frame_slots);
	free(p->node_slots);
	free(p);
}

static uint64_t hash_bytes(const char *bytes, size_t n, uint64_t seed)
{
	uint64_t h = seed ^ 0xcbf29ce484222325ull;
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3ull;
	return h ^ h >> 29;
}

static uint64_t hash_node(uint32_t parent, uint32_t frame)
{
	uint64_t h = ((uint64_t)parent << 32 | frame) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 31;
}

static int grow(void **at, uint32_t *room, size_t unit)
{
	void *grown = realloc(*at, (size_t)*room * 2 * unit);
	if (!grown)
		return -ENOMEM;
	*at = grown;
	*room *= 2;
	return 0;
}

static uint64_t frame_hash(const struct flame *p, uint32_t i)
{
	return hash_bytes(p->frames[i].name, strlen(p->frames[i].name), p->frames[i].kind);
}

static uint64_t node_hash(const struct flame *p, uint32_t i)
{
	return hash_node(p->nodes[i].parent, p->nodes[i].frame);
}

uint32_t flame_frame(struct flame *p, const char *name, enum frame_kind kind)
{
	size_t n = strnlen(name, NAME_MAX_BYTES);
	uint64_t h = hash_bytes(name, n, kind);
	for (uint32_t i = p->frame_slots[h & p->frame_mask]; i; i = p->frames[i].next)
		if (p->frames[i].kind == kind && !strncmp(p->frames[i].name, name, n) && !p->frames[i].name[n])
			return i;
	if (p->n_frames >= FRAMES_MAX)
		return 0;
	if (p->n_frames == p->frames_room && grow((void **)&p->frames, &p->frames_room, sizeof(*p->frames)))
		return 0;
	if (p->n_frames > p->frame_mask) {
		uint32_t mask = p->frame_mask * 4 + 3;
		uint32_t *slots = calloc(mask + 1, sizeof(*slots));
		if (!slots)
			return 0;
		for (uint32_t i = 1; i < p->n_frames; i++) {
			uint32_t *slot = &slots[frame_hash(p, i) & mask];
			p->frames[i].next = *slot;
			*slot = i;
		}
		free(p->frame_slots);
		p->frame_slots = slots;
		p->frame_mask = mask;
	}
	uint32_t *slot = &p->frame_slots[h & p->frame_mask];
	char *copy = strndup(name, n);
	if (!copy)
		return 0;
	p->frames[p->n_frames] = (struct flame_frame){copy, kind, *slot};
	*slot = p->n_frames;
	return p->n_frames++;
}

static uint32_t node_of(struct flame *p, uint32_t parent, uint32_t frame)
{
	uint64_t h = hash_node(parent, frame);
	for (uint32_t i = p->node_slots[h & p->node_mask]; i; i = p->nodes[i].next)
		if (p->nodes[i].parent == parent && p->nodes[i].frame == frame)
			return i;
	if (p->n_nodes >= NODES_MAX)
		return 0;
	if (p->n_nodes == p->nodes_room && grow((void **)&p->nodes, &p->nodes_room, sizeof(*p->nodes)))
		return 0;
	if (p->n_nodes > p->node_mask) {
		uint32_t mask = p->node_mask * 4 + 3;
		uint32_t *slots = calloc(mask + 1, sizeof(*slots));
		if (!slots)
			return 0;
		for (uint32_t i = 1; i < p->n_nodes; i++) {
			uint32_t *slot = &slots[node_hash(p, i) & mask];
			p->nodes[i].next = *slot;
			*slot = i;
		}
		free(p->node_slots);
		p->node_slots = slots;
		p->node_mask = mask;
	}
	uint32_t *slot = &p->node_slots[h & p->node_mask];
	p->nodes[p->n_nodes] =
		(struct flame_node){.frame = frame, .parent = parent, .sibling = p->nodes[parent].child, .next = *slot};
	p->nodes[parent].child = p->n_nodes;
	*slot = p->n_nodes;
	return p->n_nodes++;
}

void flame_add(struct flame *p, const uint32_t *frames, size_t n, uint64_t weight, bool before)
{
	uint32_t at = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t next = frames[i] ? node_of(p, at, frames[i]) : 0;
		if (!next) {
			p->cut++;
			break;
		}
		at = next;
	}
	if (before)
		p->nodes[at].before += weight;
	else
		p->nodes[at].self += weight;
}

uint64_t *flame_totals(const struct flame *p, bool before)
{
	uint64_t *totals = calloc(p->n_nodes, sizeof(*totals));
	/* a child is always made after its parent */
	for (uint32_t i = p->n_nodes; totals && i-- > 0;) {
		totals[i] += before ? p->nodes[i].before : p->nodes[i].self;
		if (i)
			totals[p->nodes[i].parent] += totals[i];
	}
	return totals;
}

const char *const flame_format_names[FLAME_FORMATS] = {
	[FLAME_FOLDED] = "folded",
	[FLAME_SVG] = "svg",
	[FLAME_PPROF] = "pprof",
	[FLAME_SPEEDSCOPE] = "speedscope",
};

int flame_write(const struct flame *p, enum flame_format format, const struct flame_about *about, struct buf *out)
{
	static int (*const writers[FLAME_FORMATS])(const struct flame *, const struct flame_about *, struct buf *) = {
		[FLAME_FOLDED] = write_folded,
		[FLAME_SVG] = write_svg,
		[FLAME_PPROF] = write_pprof,
		[FLAME_SPEEDSCOPE] = write_speedscope,
	};
	int err = writers[format](p, about, out);
	return err ? err : out->failed ? -ENOMEM : 0;
}
