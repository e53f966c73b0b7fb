/* SPDX-License-Identifier: MIT */
/*
 * What a filter that is not installed would have denied: rows of a stream with the role seccomp.canary, put together.
 * One thread.
 */
#ifndef CORE_SECCOMP_CANARY_H
#define CORE_SECCOMP_CANARY_H

#include "event/buf.h"
#include "event/view.h"
#include "profile.h"

#define CANARY_PROCESSES 8 /* named of a kind */
#define CANARY_VALUES 16
#define CANARY_KINDS 1024

struct canary_process {
	uint32_t pid;
	char comm[EUN_COMM_LEN]; /* hostile; ends in NUL if it is shorter */
};

/* Calls of one number with one fate. */
struct canary_kind {
	enum profile_arch arch;
	uint32_t nr;
	struct profile_action action;
	bool already; /* a filter that is there denies them, with another error */
	uint64_t count;
	uint64_t first, last; /* boot clock, ns */
	struct canary_process processes[CANARY_PROCESSES];
	size_t n_processes;
	bool more_processes;
	uint8_t tested; /* arguments that the filter looked at, a bit each */
	uint64_t values[CANARY_VALUES][6];
	size_t n_values;
	bool more_values;
};

struct canary {
	struct canary_kind *kinds; /* in the order in which they came */
	size_t n, cap;
	uint64_t denied, logged; /* calls, of all kinds */
	bool more_kinds;
	int err; /* 0, or why it is not all */
};

void canary_free(struct canary *canary);
/* A row; other events are ignored. */
void canary_event(struct canary *canary, const struct view *view);
/* The most frequent first. */
void canary_sort(struct canary *canary);
/* "mkdir: errno(EPERM), 12 times from 10:11:12 to 10:11:15, by sh (4711); ..." */
void canary_kind_text(const struct canary_kind *kind, int64_t clock_offset, struct buf *out);

#endif
