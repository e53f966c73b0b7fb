/* SPDX-License-Identifier: MIT */
/* Option values into a BPF object that is open and not yet loaded: its constants and the size of its maps. */
#ifndef CORE_HOST_VARIABLES_H
#define CORE_HOST_VARIABLES_H

#include <bpf/libbpf.h>

#include "option.h"

/* Parses `text` and puts it where the option says. -errno: why. */
int option_apply(const struct eun_option *option, const char *text, struct bpf_object *obj, char *why, size_t why_size);

#endif
