/* SPDX-License-Identifier: MIT */
/*
 * What is known of the actors of events, in a recording: the chunks PROCESS, FORGOT and CONTAINER, each before the
 * first event that it matters for. So a replay's tables answer as the run's did.
 */
#ifndef CORE_PIPELINE_RECORD_FACTS_H
#define CORE_PIPELINE_RECORD_FACTS_H

#include "event/view.h"
#include "target/container.h"
#include "target/proc.h"
#include "wire.h"

struct facts;

/* Both tables are borrowed and may be NULL; chunks are appended to `out`. NULL: no memory. */
struct facts *facts_new(struct procs *procs, const struct containers *containers, struct buf *out);
void facts_destroy(struct facts *facts);

/* What of the event's actor was not written yet, or is otherwise than it was. */
void facts_put(struct facts *facts, const struct view *view);

/*
 * The payloads of the chunks, read. Texts lie in `in`. What a table is to be told: procs_learn(), procs_forget();
 * containers_learn(), or containers_unlearn() where `known` is false.
 */
struct fact_process {
	struct proc proc;
	uint32_t parent_pid;
	uint64_t parent; /* serial; 0: not known */
};
struct fact_container {
	struct container container;
	bool known;
};
void facts_get_process(struct wire *in, struct fact_process *out);
void facts_get_forgot(struct wire *in, struct fact_process *out); /* pid and serial */
void facts_get_container(struct wire *in, struct fact_container *out);

#endif
