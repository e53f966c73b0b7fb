/* SPDX-License-Identifier: MIT */
/* What options of tools become: expressions and settings with a place for the value. */
#ifndef CORE_FILTER_TEMPLATE_H
#define CORE_FILTER_TEMPLATE_H

/*
 * The template with `value` in place of each '$' (escaped where the '$' stands in quotes); NULL: as it is. To be freed;
 * NULL: no memory.
 */
char *template_fill(const char *template, const char *value);

#endif
