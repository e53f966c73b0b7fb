/* SPDX-License-Identifier: MIT */
/* A rules file of Falco to our INI, and what of it can't be carried over. */
#ifndef CORE_FALCO_FALCO_H
#define CORE_FALCO_FALCO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/buf.h"

struct falco_host {
	/* What is left out, or means something else, in the order of what it is about. `line` 0: of the whole file. */
	void (*tell)(void *context, uint32_t line, const char *text);
	/* Whether the stream's field has the label. NULL: every one. */
	bool (*has_label)(void *context, const char *stream, const char *field, const char *label);
	void *context;
};

struct falco_counts {
	size_t lists, macros, rules; /* there are */
	size_t carried;              /* rules that came over */
	size_t wider;                /* of these, ones that mean more, as exceptions are gone */
};

struct falco_error {
	uint32_t line, column; /* 0: of the whole file */
	char text[160];
};

/* `out` gets the INI. -EINVAL with `error`: the text is no rules file; -ENOMEM. */
int falco_import(const char *name, const char *text, size_t len, const struct falco_host *host, struct buf *out,
		 struct falco_counts *counts, struct falco_error *error);

#endif
