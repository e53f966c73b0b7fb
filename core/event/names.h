/* SPDX-License-Identifier: MIT */
/* Names of numbers that the kernel gave. */
#ifndef CORE_EVENT_NAMES_H
#define CORE_EVENT_NAMES_H

/* "ENOENT" for 2; NULL: none. Knows the kernel's own ones that tracers see (ERESTARTSYS). */
const char *errno_name(int error);

/* "CAP_SYS_ADMIN" for 21; NULL: none. */
const char *cap_name(unsigned bit);

#endif
