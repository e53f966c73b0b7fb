/* SPDX-License-Identifier: MIT */
/* The record of stream hello.exit, for both sides. */
#ifndef HELLO_H
#define HELLO_H

#include <eunomia/event.h>

enum { HELLO_EXIT };

struct hello_exit {
	struct eun_event h;
	__s32 code;
	__u32 reserved;
};

#endif
