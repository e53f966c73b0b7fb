/* SPDX-License-Identifier: MIT */
/*
 * Loading and attaching an instance's object: options into its variables, the host's maps into its places, and of
 * alternatives the first that the kernel accepts. A failed load kills a bpf_object, so each try begins with a fresh
 * one from the embedded bytes.
 */
#ifndef CORE_HOST_LOAD_H
#define CORE_HOST_LOAD_H

#include "instance_impl.h"

/* Loads the object and attaches the rows that serve `streams`. -errno: why, and nothing is left behind. */
int load_object(struct instance *in, uint64_t streams, char *why, size_t why_size);
/* Detaches and closes. */
void load_undo(struct instance *in);
/* Runs the seed rows to their end. */
int load_seed(struct instance *in);

#endif
