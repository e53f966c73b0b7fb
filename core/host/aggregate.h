/* SPDX-License-Identifier: MIT */
/* Rows out of a BPF hash map whose values are records. */
#ifndef CORE_HOST_AGGREGATE_H
#define CORE_HOST_AGGREGATE_H

#include "instance_impl.h"

#define AGGREGATE_ALL UINT32_MAX

/*
 * Delivers the rows of an epoch of aggregate `i` as records of its stream and deletes them; of a cumulative one all
 * rows, which stay. No program may add to that epoch any more.
 */
int aggregate_drain(struct instance *in, uint32_t i, uint32_t epoch);

#endif
