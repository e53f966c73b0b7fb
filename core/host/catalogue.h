/* SPDX-License-Identifier: MIT */
/* Every stream that is installed, with the computed fields: what a text may name, before anything is loaded. */
#ifndef CORE_HOST_CATALOGUE_H
#define CORE_HOST_CATALOGUE_H

#include "host/choice.h"
#include "target/computed.h"

struct catalogue {
	struct schema schema;
	struct computed computed;
};

/* Plugin files that are refused have no streams here. -errno: why; to be freed all the same. */
int catalogue_init(struct catalogue *catalogue, char *const *paths, char *why, size_t why_size);
void catalogue_free(struct catalogue *catalogue);

/* Adds to a schema the streams that are installed and that it lacks: so a recording's. -errno: why. */
int catalogue_complete(struct schema *schema, char *const *paths, char *why, size_t why_size);

#endif
