/* SPDX-License-Identifier: MIT */
/* Rows out of a BPF hash map whose values are records. */
#ifndef CORE_HOST_AGGREGATE_H
#define CORE_HOST_AGGREGATE_H

#include "instance_impl.h"

/* Delivers each value of aggregate `i` as a record of its stream and, unless it is cumulative, deletes it. */
int aggregate_drain(struct instance *in, uint32_t i);

#endif
