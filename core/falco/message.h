/* SPDX-License-Identifier: MIT */
/* Falco's outputs as our messages. */
#ifndef CORE_FALCO_MESSAGE_H
#define CORE_FALCO_MESSAGE_H

#include "event/buf.h"

/*
 * A rule's output, for events of the streams, in one line. Words that show what no event has
 * ("loginuid=%user.loginuid") are left out, each told to `lost`.
 */
void message_translate(const char *output, uint64_t streams, struct buf *out,
		       void (*lost)(void *context, const char *field), void *context);

#endif
