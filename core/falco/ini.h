/* SPDX-License-Identifier: MIT */
/* INI as core/config reads it: lines of at most 190 bytes, long values going on in indented ones. */
#ifndef CORE_FALCO_INI_H
#define CORE_FALCO_INI_H

#include "event/buf.h"

/* key = text, with line breaks at blanks outside of "quotes". False, and nothing written: a piece has no blank. */
bool ini_expression(struct buf *out, const char *key, const char *text);
/* The same of a text for people, with breaks at any blank. */
void ini_text(struct buf *out, const char *key, const char *text);
/* A comment of some lines. */
void ini_comment(struct buf *out, const char *text);

#endif
