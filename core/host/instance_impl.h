/* SPDX-License-Identifier: MIT */
/* The inside of an instance, for the files that make it up: instance.c, load.c, aggregate.c. */
#ifndef CORE_HOST_INSTANCE_IMPL_H
#define CORE_HOST_INSTANCE_IMPL_H

#include "instance.h"

struct instance {
	const struct host *host;
	const struct plugin *plugin;
	char **options; /* text of each option, by its row */
	struct stream *streams[EUN_STREAMS_MAX];

	struct bpf_object *object;
	struct eun_stream_ctl *ctl; /* eun_streams, mapped */
	size_t ctl_bytes;           /* 0: not mapped, a built-in plugin's */
	int counts_fd;
	struct row {
		struct bpf_link *link;
		struct samples *samples; /* in place of `link`, of a row with a rate */
		bool struck;             /* did not load or attach in this try */
		struct program_status status;
	} * rows; /* by row of programs[] */
	struct {
		bool used;
		uint64_t drained; /* sum of `count` */
	} * aggregates;

	struct probes *probes; /* NULL: no probe of attach[] is wanted */

	void *self;
	bool opened;
	uint64_t next_tick;
	char failure[256]; /* what the plugin said with fail() */
};

#endif
