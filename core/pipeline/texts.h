/* SPDX-License-Identifier: MIT */
/*
 * What a plugin's format callback made of bytes, remembered: the writer of a recording so that it writes a text once,
 * the reader so that it can show it without the plugin. It forgets when it has more than `limit` bytes, the older half
 * first: what was added last, up to `limit` bytes of it, is always known. One thread.
 */
#ifndef CORE_PIPELINE_TEXTS_H
#define CORE_PIPELINE_TEXTS_H

#include <stddef.h>
#include <stdint.h>

struct texts;

/* Takes up to twice `limit`. NULL: no memory. */
struct texts *texts_new(size_t limit);
void texts_destroy(struct texts *texts);

/* NULL: not known. */
const char *texts_find(const struct texts *texts, uint16_t stream, uint32_t field, const void *bytes, uint32_t len);
/* What is known by these bytes is not changed. -ENOMEM. */
int texts_add(struct texts *texts, uint16_t stream, uint32_t field, const void *bytes, uint32_t len, const char *text);

#endif
