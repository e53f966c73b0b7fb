/* SPDX-License-Identifier: MIT */
/* What rules and scripts did and cost, as lines for people. */
#ifndef CORE_DAEMON_RULESET_STATS_H
#define CORE_DAEMON_RULESET_STATS_H

#include "daemon/ruleset.h"

/* A line for each rule that some event matched, then one for each script. `set` is bound. */
void ruleset_stats(const struct ruleset *set, void (*say)(void *context, const char *line), void *context);

#endif
