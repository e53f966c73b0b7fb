/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * What the BPF program (skeleton.bpf.c) writes and the tables (skeleton.c) describe. Both include it, so that they
 * can't disagree.
 */
#ifndef EUNOMIA_SKELETON_H
#define EUNOMIA_SKELETON_H

#include <eunomia/event.h>

/* The plugin's streams, numbered in the order of its table. */
enum skeleton_stream { SKELETON_NICE, SKELETON_BEAT };

/*
 * One struct a stream. It begins with the header, which eun_begin() fills: time, pid, comm and so on. Put the larger
 * members first and the compiler has no gaps to leave.
 */
struct skeleton_nice {
	struct eun_event h;
	__s32 nice;
	__s32 ret;
	__u32 who;
	__u8 which;
	__u8 pad[3];
};

struct skeleton_beat {
	struct eun_event h;
	__u64 beats;
};

#endif
