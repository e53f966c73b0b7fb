/* SPDX-License-Identifier: MIT */
/* A program that runs on each CPU so many times a second. */
#ifndef CORE_HOST_SAMPLE_H
#define CORE_HOST_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

struct bpf_program;
struct samples;

/* NULL and errno with `why`. */
struct samples *samples_new(struct bpf_program *program, uint64_t hz, char *why, size_t why_size);
void samples_destroy(struct samples *samples);

#endif
