/* SPDX-License-Identifier: MIT */
/* The text of an option to its value: for the command line, INI, the API, and the defaults of the tables themselves. */
#ifndef CORE_HOST_OPTION_H
#define CORE_HOST_OPTION_H

#include <eunomia/plugin.h>

struct option_value {
	__u64 number;     /* bool: 0 or 1; time: nanoseconds; string: its length */
	const char *text; /* string: the text that was parsed, borrowed; else NULL */
};

/*
 * bool: true, false. uint: digits, with k, m or g for 1024, 1024^2, 1024^3. time: digits with ns, us, ms, s, m or h
 * (0 needs none). -EINVAL: no such value; -ERANGE: outside the option's bounds; -ENOTSUP: no
 * such type. `why`: what is wrong with which option
 * and what is right.
 */
int option_parse(const struct eun_option *option, const char *text, struct option_value *out, char *why,
		 size_t why_size);

/* A number as a user would write it for this option: "64k", "10ms", "true". For --help and messages. */
void option_number(const struct eun_option *option, __u64 number, char *buf, size_t size);

#endif
