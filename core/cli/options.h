/* SPDX-License-Identifier: MIT */
/* The options and subcommands, as tables: parsing, --help and the check against tools' own options come from them. */
#ifndef CORE_CLI_OPTIONS_H
#define CORE_CLI_OPTIONS_H

#include "request.h"

struct command {
	const char *name;     /* NULL: no word, `eunomia --plugin ...` */
	const char *operands; /* for the usage line */
	size_t operands_min, operands_max;
	const char *help;
	const struct eun_tool *own; /* its own options, or NULL */
};
extern const struct eun_tool seccomp_own;
extern const struct command commands[COMMANDS];

struct option {
	const char *name;
	char letter;       /* or 0 */
	const char *value; /* NULL: takes none */
	const char *help;
	uint32_t commands; /* bit per command that has it */
	int (*take)(struct request *request, const char *value, char *why, size_t why_size);
};
extern const struct option options[];
extern const size_t n_options;

/*
 * The command word, each --plugin-path and, for `run`, the tool's name: what must be known to find the tool, whose
 * options are needed to parse the rest. Never fails; what is wrong is found by parse_request().
 */
void parse_command(struct request *request, int argc, char **argv, const char **tool);

/* Parses all; `tool` has its own options and may be NULL. -EINVAL: why. */
int parse_request(struct request *request, int argc, char **argv, const struct eun_tool *tool, char *why,
		  size_t why_size);
void request_free(struct request *request);

/* Help for all, or for one command (and its tool). */
void print_help(const struct request *request, const struct eun_tool *tool);

/* -ENOMEM. The text is borrowed. */
int add_text(struct texts *texts, const char *text);

/* "10", "500ms", "2m" to ms, seconds where no unit is given; "64k" to bytes. -EINVAL. */
int parse_ms(const char *text, uint64_t *ms);
int parse_bytes(const char *text, uint64_t *bytes);

#endif
