/* SPDX-License-Identifier: MIT */
/* What the command line asks for, typed. Made by parse_request(), read by the commands. Strings point into argv. */
#ifndef CORE_CLI_REQUEST_H
#define CORE_CLI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <eunomia/plugin.h>

#include "event/writer.h"
#include "flame/flame.h"

/* Exit codes: section 8 of the contract. */
enum { EXIT_OK = 0, EXIT_RUN = 1, EXIT_USAGE = 2, EXIT_CONFIG = 3, EXIT_KERNEL = 4 };

struct texts {
	const char **items;
	size_t n;
};

struct ids {
	uint32_t *items;
	size_t n;
};

/* An option of a tool that was given, with its value (NULL: it takes none). */
struct given {
	struct eun_tool_option option;
	const char *value;
};

enum command_id {
	COMMAND_PLUGIN,
	COMMAND_RUN,
	COMMAND_REPLAY,
	COMMAND_LIST,
	COMMAND_INSPECT,
	COMMAND_DOCTOR,
	COMMAND_TOP,
	COMMAND_RULES,
	COMMAND_EXPLAIN,
	COMMAND_DAEMON,
	COMMAND_SERVER,
	COMMAND_SELFTEST,
	COMMAND_SECCOMP,
	COMMAND_QUERY,
	COMMAND_FLAME,
	COMMANDS
};

/* Whether calls through the 32-bit entry are looked at. */
enum ia32 { IA32_AUTO, IA32_ON, IA32_OFF };

struct request {
	enum command_id command;
	bool help, version;
	bool dashes;           /* the operands stand behind -- */
	struct texts operands; /* run: the tool; replay, inspect: the file; list: what */

	struct texts plugins, plugin_paths, streams, set;
	struct ids pids, uids, mntns, pidns;
	struct texts comms, containers;
	bool follow, failed;
	const char *filter;
	struct texts rules;        /* files and folders */
	const char *rule, *replay; /* explain, rules bench: one rule's name, a recording */

	enum format format;
	enum flame_format stacks; /* in place of `format`: stacks are added up */
	bool wide, no_header, stats;
	const char *fields, *sort;
	uint64_t top, count;
	uint64_t interval_ms; /* 0: not given */
	uint64_t duration_ms; /* 0: until stopped */

	const char *seccomp; /* daemon: a profile */
	const char *output, *record, *btf, *config;
	struct texts listen; /* of the server */
	bool insecure, prometheus;
	const char *db, *sql; /* query */
	int64_t from, to;     /* wall clock, ns; 0: not given */
	uint64_t limit;
	uint64_t ring_bytes;
	enum ia32 ia32;

	const char *given_names[64]; /* long names of the options given, for tools' `unless` */
	size_t n_given_names;
	struct given given[32]; /* the tool's own */
	size_t n_given;
};

#endif
