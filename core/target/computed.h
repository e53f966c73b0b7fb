/* SPDX-License-Identifier: MIT */
/*
 * The computed fields: what is known of an event's actor beside the record. They are of every stream of the schema that
 * they are offered to; a stream's own field of the same name goes first (process.exec says its exe and argv itself).
 * docs/filter.md lists them. One thread.
 */
#ifndef CORE_TARGET_COMPUTED_H
#define CORE_TARGET_COMPUTED_H

#include "target/container.h"
#include "target/proc.h"

struct computed {
	/* Borrowed; may be set at any time. NULL: their fields have no values. */
	const struct procs *procs;
	const struct containers *containers;

	struct field *fields;
	uint32_t n_fields;
	char *strings; /* the last value of a field of several texts */
};

/* -ENOMEM. */
int computed_init(struct computed *computed);
void computed_free(struct computed *computed);
void computed_offer(const struct computed *computed, struct schema *schema);

/*
 * True: the process runs a program that was executed in a container, as far as is known; of what ran before us it is
 * not: `found`.
 */
bool computed_inside(const struct computed *computed, uint32_t pid, uint64_t time, bool found);

/* True: the field is one of these and needs the process table. */
bool computed_of_process(const struct field *field);

#endif
