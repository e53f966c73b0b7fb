/* SPDX-License-Identifier: MIT */
#ifndef PROBED_H
#define PROBED_H

#include <eunomia/event.h>

enum { PROBED_HIT, PROBED_STREAMS };

struct probed_hit {
	struct eun_event h;
	__u64 cookie;
	__s64 a, b; /* arguments, or what the function returned */
};

#endif
