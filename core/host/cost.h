/* SPDX-License-Identifier: MIT */
/*
 * What running hosts cost: the CPU time of each process that runs this executable, and of each BPF program that it
 * holds. The kernel counts the programs' time only while somebody asks (BPF_ENABLE_STATS, Linux 5.8; some 20 ns a run),
 * which a struct costs does. One thread.
 */
#ifndef CORE_HOST_COST_H
#define CORE_HOST_COST_H

#include <stddef.h>
#include <stdint.h>

enum cost_kind { COST_HOST, COST_PROGRAM };

struct cost {
	enum cost_kind kind;
	uint32_t host; /* process id */
	uint32_t id;   /* of the program; 0: the host itself */
	char name[32];
	/* since the call of costs_read() before this one; the first call's are 0 */
	uint64_t runs;    /* of a program */
	uint64_t time_ns; /* on a CPU */
};

struct costs;

/* `pids`: these processes alone; n 0: all that run this executable. NULL: why; errno is EPERM without privileges. */
struct costs *costs_new(const uint32_t *pids, size_t n, char *why, size_t why_size);
void costs_destroy(struct costs *costs);

/* Calls `each` for every host and program there is now. Returns how many hosts, or -errno. */
int costs_read(struct costs *costs, void (*each)(void *context, const struct cost *cost), void *context);

#endif
