/* SPDX-License-Identifier: MIT */
/* A request in JSON to what the pool starts. docs/server.md describes it; `Start` of the OpenAPI document, too. */
#ifndef CORE_SERVER_START_H
#define CORE_SERVER_START_H

#include <jansson.h>

#include "config/config.h"
#include "server/hotplug.h"

/* How rows of a tool are put together. */
struct start_view {
	char *key, *sort; /* or NULL */
};

/*
 * Fills `spec` but for its callbacks, and `view`. -EINVAL with `error` (its file is the member that is wrong), -ENOMEM;
 * both are to be freed in any case.
 */
int start_parse(const struct shelf *shelf, const json_t *body, struct job_spec *spec, struct start_view *view,
		struct config_error *error);
void start_view_free(struct start_view *view);

/* A list of streams by name, as "tcp.connect,process.*", as bools by the shelf's ids. NULL text: all. -EINVAL: why. */
int start_wants(const struct shelf *shelf, const char *text, bool **wants, char *why, size_t why_size);
/* A filter of the shelf's streams. *out NULL: text is NULL. -EINVAL with `error`. */
int start_filter(const struct shelf *shelf, const bool *wants, const char *text, struct filter **out,
		 struct config_error *error);

#endif
