/* SPDX-License-Identifier: MIT */
/* The inside of the table of containers, for the files that make it up: container.c, container_feed.c. */
#ifndef CORE_TARGET_CONTAINER_TABLE_H
#define CORE_TARGET_CONTAINER_TABLE_H

#include "target/container.h"

#define NODES_MAX 65536 /* cgroups known at once */
#define ENDED_MAX 1024  /* containers remembered after their end */

/* A cgroup: of a container, or in doubt. */
struct node {
	uint64_t id, parent, made;
	uint64_t sets;            /* of its container and those around */
	struct entry *of;         /* NULL: in doubt */
	char *path;               /* while in doubt */
	struct node *next;        /* in the same slot of the hash table */
	struct node *before, *by; /* of the same container, or in doubt: a list */
};

struct entry {
	struct container c;
	char *texts; /* all that c.info points to */
	int first;   /* pidfd of the first process, -1: none */
	uint64_t sets;
	struct node *nodes;
	struct entry *older, *newer;
};

struct containers {
	struct runtimes *runtimes;
	const struct hierarchy *hierarchy;
	struct container_watch watch;
	struct node **slots; /* NODES_MAX */
	size_t n_nodes;
	struct node *doubtful;
	struct entry *oldest, *newest;
	size_t n_ended;
	struct container unknown; /* what is pending without even an id */
	int epoll;
	bool scanning; /* what appears was there before us */
};

struct node *node_find(const struct containers *cs, uint64_t id);
/* NULL: no memory or too many. `of` NULL: in doubt. */
struct node *node_add(struct containers *cs, uint64_t id, uint64_t parent, struct entry *of);
void node_remove(struct containers *cs, struct node *node);
/* Gives a node in doubt to a container. */
void node_settle(struct containers *cs, struct node *node, struct entry *of);

struct entry *entry_add(struct containers *cs);
void entry_remove(struct containers *cs, struct entry *e);
/* Copies what is known; -ENOMEM: nothing changed. 1: it was the same already. */
int entry_describe(struct entry *e, const struct container_info *info);
/* Marks the end, and forgets the oldest of too many. Not the same as its removal. */
void entry_end(struct containers *cs, struct entry *e);

#endif
