/* SPDX-License-Identifier: MIT */
/* What the host's own object sends it. */
#ifndef BPF_CORE_TARGET_H
#define BPF_CORE_TARGET_H

#include <eunomia/event.h>

/* A cgroup was made or removed in the hierarchy that tells containers apart; its id is the header's `cgroup`. */
struct target_cgroup {
	struct eun_event h; /* of the actor's fields none is filled */
	__u64 parent;       /* id; 0: it was removed */
	eun_ref path;       /* in the hierarchy; where it was made */
};

#endif
