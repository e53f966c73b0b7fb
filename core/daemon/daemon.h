/* SPDX-License-Identifier: MIT */
/* `eunomia daemon`: runs by a configuration until SIGTERM or SIGINT. SIGHUP reads it anew, SIGUSR1 reopens files. */
#ifndef CORE_DAEMON_DAEMON_H
#define CORE_DAEMON_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DAEMON_CONFIG "/etc/eunomia/eunomia.ini" /* where none is given; it need not be there */

/* The command line, which goes before the configuration: a kind of target that is given replaces the file's. */
struct daemon_options {
	const char *config; /* NULL: DAEMON_CONFIG */
	const char *const *rules;
	size_t n_rules;
	const uint32_t *pids, *uids;
	size_t n_pids, n_uids;
	const char *const *comms, *const *containers;
	size_t n_comms, n_containers;
	bool follow;
	bool json;                     /* of the output that there is when no [output] is */
	char *const *plugin_paths;     /* where plugins are looked for; ends at NULL */
	void (*say)(const char *text); /* one line of diagnostics; escapes it */
};

/* The process's exit code: section 8 of the contract. */
enum daemon_status { DAEMON_FINE = 0, DAEMON_FAILED = 1, DAEMON_WRONG = 3, DAEMON_DENIED = 4 };

enum daemon_status daemon_run(const struct daemon_options *options);

#endif
