/* SPDX-License-Identifier: MIT */
#include "player.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* As a run has it, and texts four times: those that processes share are told for each. */
#define PROCESSES_MAX 65536
#define PROCESS_TEXT_MAX (64u << 20)

int player_open(struct player *p, const char *path, char *why, size_t why_size)
{
	*p = (struct player){0};
	p->recording = recording_open(path, why, why_size);
	if (!p->recording)
		return -errno;
	struct schema *schema = recording_schema(p->recording);
	p->streams = calloc(schema->n_streams + 1, sizeof(*p->streams));
	p->procs = procs_new(PROCESSES_MAX, PROCESS_TEXT_MAX);
	p->containers = containers_new(NULL, NULL);
	if (!p->streams || !p->procs || !p->containers || computed_init(&p->computed)) {
		snprintf(why, why_size, "no memory");
		return -ENOMEM;
	}
	p->computed.procs = p->procs;
	p->computed.containers = p->containers;
	computed_offer(&p->computed, schema);
	for (uint32_t i = 0; i < schema->n_streams; i++)
		if (schema->streams[i])
			p->streams[p->n_streams++] = schema->streams[i];
	return 0;
}

void player_close(struct player *p)
{
	free(p->streams);
	recording_close(p->recording);
	computed_free(&p->computed);
	containers_destroy(p->containers);
	procs_destroy(p->procs);
}

/* What finds no memory, or no room in a table, is not known: as in a run. */
static void learn_container(struct player *p, const struct fact_container *fact)
{
	containers_unlearn(p->containers, fact->container.cgroup);
	if (fact->known)
		containers_learn(p->containers, &fact->container);
}

static bool learn(struct player *p, const struct recording_item *item)
{
	const struct fact_process *process = &item->process;
	switch (item->kind) {
	case RECORDING_PROCESS:
		procs_learn(p->procs, &process->proc, process->parent_pid, process->parent);
		return true;
	case RECORDING_FORGOT:
		procs_forget(p->procs, process->proc.pid, process->proc.serial);
		return true;
	case RECORDING_CONTAINER:
		learn_container(p, &item->container);
		return true;
	default:
		return false;
	}
}

int player_next(struct player *p, struct recording_item *item, char *why, size_t why_size)
{
	int more = recording_next(p->recording, item, why, why_size);
	while (more > 0 && learn(p, item))
		more = recording_next(p->recording, item, why, why_size);
	return more;
}
