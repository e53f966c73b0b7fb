/* SPDX-License-Identifier: MIT */
/* Inside of core/daemon: the process that generations come and go in. */
#ifndef CORE_DAEMON_DAEMON_IMPL_H
#define CORE_DAEMON_DAEMON_IMPL_H

#include "config/config.h"
#include "daemon/daemon.h"
#include "daemon/notify.h"
#include "host/session.h"
#include "sink/alert.h"

struct generation;
struct measure;
struct metrics;
struct retired;

struct daemon {
	const struct daemon_options *options;
	const char *config; /* NULL: there is none */
	struct session session;
	struct alert_style style;
	char hostname[256];
	char *rules, *lib;       /* the folders that are shipped */
	struct generation *now;  /* NULL: not yet */
	struct retired *retired; /* what is being taken down */
	struct notify notify;
	int signals; /* signalfd of SIGHUP and SIGUSR1 */
	int log;     /* enum eun_log_level */
	uint64_t ticks;
	uint64_t events;          /* given to rules or printed */
	uint64_t lost;            /* of instances that are gone */
	uint64_t reloads, failed; /* those that were refused */
	uint64_t alerts_lost;     /* of outputs that are gone */
	struct metrics *metrics;  /* all there are: metrics_write() */
	struct measure *measure;  /* the daemon's own */
};

/* One line on stderr, if it is told at this level. */
void daemon_say(const struct daemon *d, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The place, if there is one, and what is wrong. */
void daemon_wrong(const struct daemon *d, const char *before, const struct config_error *error);

/* What SIGHUP does. As reload(), with all that is told about it. */
int daemon_reload(struct daemon *d, struct config_error *error);

#endif
