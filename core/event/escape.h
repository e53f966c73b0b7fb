/* SPDX-License-Identifier: MIT */
/*
 * Hostile bytes made harmless. What the traced world chose (paths, arguments, names) reaches an output only through
 * here.
 *
 * Text: for a terminal, one line, valid UTF-8, and reversible. Control bytes become \n, \t, \r or \xHH, a backslash
 * \\; so do DEL, the C1 controls (U+0080 to U+009F, byte by byte) and bytes that are not UTF-8. The characters that
 * turn the direction of writing (U+202A to U+202E, U+2066 to U+2069) become \u202e, so that a name can't show itself
 * backwards.
 */
#ifndef CORE_EVENT_ESCAPE_H
#define CORE_EVENT_ESCAPE_H

#include "buf.h"

void escape_text(struct buf *out, const char *bytes, size_t n);

/* The same as one word: as it is, or "in quotes" (with \" inside) when empty or when it holds a space or a quote. */
void escape_word(struct buf *out, const char *bytes, size_t n);
/* And always "in quotes". */
void escape_quoted(struct buf *out, const char *bytes, size_t n);

/*
 * A JSON string with its quotes. Bytes that are not UTF-8 become \ufffd, one for each maximal subpart, as Unicode
 * recommends and decoders do. Whatever text escapes, and U+2028 and U+2029 (line ends to JavaScript), is written as \u.
 */
void escape_json(struct buf *out, const char *bytes, size_t n);

/* Puts what was appended since `start` into "", each quote and each `escape` inside preceded by an `escape`. */
void escape_wrap(struct buf *out, size_t start, char escape);

#endif
