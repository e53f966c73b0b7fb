/* SPDX-License-Identifier: MIT */
/* The commands that trace: `eunomia --plugin` and `eunomia run`. Return the process's exit code. */
#ifndef CORE_CLI_RUN_H
#define CORE_CLI_RUN_H

#include "choose.h"

/* `paths`: where plugins are looked for that are needed beside the chosen ones, which are added to the choices. */
int command_run(const struct request *request, struct choices *choices, char *const *paths);

/* The same with one who hears of each event, too; such a run ends with its targets, also before its time is over. */
struct run_listener {
	void (*event)(void *context, const struct view *view);
	void *context;
};
int command_run_heard(const struct request *request, struct choices *choices, char *const *paths,
		      const struct run_listener *listener);

#endif
