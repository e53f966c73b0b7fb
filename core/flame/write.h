/* SPDX-License-Identifier: MIT */
/* The forms of a profile, for flame_write(). */
#ifndef CORE_FLAME_WRITE_H
#define CORE_FLAME_WRITE_H

#include "flame.h"

int write_folded(const struct flame *p, const struct flame_about *about, struct buf *out);
int write_svg(const struct flame *p, const struct flame_about *about, struct buf *out);
int write_pprof(const struct flame *p, const struct flame_about *about, struct buf *out);
int write_speedscope(const struct flame *p, const struct flame_about *about, struct buf *out);

#endif
