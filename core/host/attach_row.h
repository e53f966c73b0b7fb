/* SPDX-License-Identifier: MIT */
/* A row of attach[], checked for what it says; its texts and those of options and streams were checked before. */
#ifndef CORE_HOST_ATTACH_ROW_H
#define CORE_HOST_ATTACH_ROW_H

#include "plugin.h"

/* 0, or -EINVAL with `why`: the probe, the reason, the remedy. */
int attach_row_check(const struct plugin *plugin, uint32_t row, char *why, size_t why_size);

#endif
