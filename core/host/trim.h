/* SPDX-License-Identifier: MIT */
#ifndef CORE_HOST_TRIM_H
#define CORE_HOST_TRIM_H

/*
 * Gives back what the start needed and the run does not: free memory, and pages of constants, ours and of libraries.
 * These are files': what is used again is mapped again, from the page cache.
 */
void trim_memory(void);

#endif
