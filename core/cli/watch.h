/* SPDX-License-Identifier: MIT */
/*
 * Rules in a run, --rules: read and checked before anything is loaded, bound when the streams are there, then given
 * the events beside the output, in which their alerts are lines. One thread.
 */
#ifndef CORE_CLI_WATCH_H
#define CORE_CLI_WATCH_H

#include "daemon/ruleset.h"
#include "host/choice.h"
#include "outputs.h"
#include "request.h"

struct watch;

/*
 * Reads --rules and adds to the choices the plugins whose streams they name. *out: NULL where there are none. Returns
 * the exit code, having said what is wrong.
 */
int watch_open(struct watch **out, const struct request *request, struct choices *choices, char *const *paths,
	       struct outputs *outputs);
void watch_free(struct watch *watch);

/* To the streams of the instances. Returns the exit code. */
int watch_bind(struct watch *watch, const struct schema *schema);
/* True: of actors it is to be known which programs they run. */
bool watch_reads_processes(const struct watch *watch, const struct schema *schema);

/* A stream of one of the choices: rules get its events. `printed`: those of this filter are to be printed, too.
 * -ENOMEM. */
int watch_stream(struct watch *watch, const struct host *host, const struct choice *choice, uint32_t stream, int set);
/* What is to be asked in the kernel for a stream that rules want. */
void watch_where(const struct watch *watch, const struct choice *choice, uint32_t stream, bool printed,
		 const struct filter *where);

void watch_tick(struct watch *watch, uint64_t now);
/* The end: what windows hold. Says how many alerts there were. */
void watch_end(struct watch *watch);

#endif
